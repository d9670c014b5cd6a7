import { AppError } from '../../platform/errors'
import type { Grant, Principal } from '../../platform/http'
import { keyLimitReached } from '../keys'

export interface QuotaOptions {
  /** Seconds that an account has. */
  balanceOf(userId: string): Promise<number>
  /** Seconds that a key may still spend this month; null for no limit. */
  left(grant: Grant): Promise<number | null>
}

export type Quota = ReturnType<typeof createQuota>

/** Tells before any work is done that the minutes will not suffice for it. */
export function createQuota({ balanceOf, left }: QuotaOptions) {
  return {
    balanceOf,
    /** @throws AppError `insufficient_minutes`, `key_limit_reached`. */
    async require({ userId, grant }: Principal, seconds: number): Promise<void> {
      const balance = await balanceOf(userId)
      if (balance < seconds) {
        throw new AppError('insufficient_minutes', {
          message: `You exceeded your current quota: this needs ${seconds} seconds and your balance is ${balance} seconds.`,
          details: { seconds_needed: seconds, seconds_remaining: balance },
        })
      }
      const remaining = grant ? await left(grant) : null
      if (remaining !== null && remaining < seconds) throw keyLimitReached(seconds, remaining)
    },
  }
}
