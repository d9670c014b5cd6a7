import { createHash } from 'node:crypto'
import type { Config } from '../../config'
import type { AuditLog } from '../../platform/audit'
import type { CounterStore } from '../../platform/cache'
import type { Database, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { addressKey } from '../../platform/http/address'
import { rateLimited } from '../../platform/http/rate-limit'
import type { PasswordHasher } from './passwords'
import type { LoginInput } from './schemas'
import type { RequestOrigin } from './session-tokens'

type User = Prisma.UserGetPayload<object>

const windowMs = 15 * 60_000

export interface LoginOptions {
  database: Database
  config: Pick<Config, 'LOGIN_ATTEMPTS_PER_15_MINUTES'>
  counters: CounterStore
  hasher: PasswordHasher
  audit: AuditLog
}

/**
 * Checks a user name or e-mail address and a password. Unknown accounts cost the same work and get the same answer as
 * wrong passwords. Failures are limited per account and per address.
 * @throws AppError `invalid_credentials`, `rate_limited`, `account_suspended` (only to who knows the password).
 */
export type CheckCredentials = (input: LoginInput, origin: RequestOrigin) => Promise<User>

export function createCredentialCheck(options: LoginOptions): CheckCredentials {
  const { database, config, counters, hasher, audit } = options
  const limit = config.LOGIN_ATTEMPTS_PER_15_MINUTES

  /** Counts an attempt before it is made, so that attempts at the same time cannot pass the limit together. */
  async function takeAttempt(keys: string[], user: User | null, origin: RequestOrigin): Promise<void> {
    const counts = await Promise.all(keys.map((key) => counters.add(key, windowMs)))
    const exceeded = counts.filter(({ count }) => count > limit)
    if (exceeded.length === 0) return
    if (exceeded.some(({ count }) => count === limit + 1)) {
      await audit.record({ action: 'login.limited', userId: user?.id ?? null, ipAddress: origin.ipAddress })
    }
    // An attempt that is refused by one limit does not use up the other.
    await Promise.all(
      keys.map((key, index) => (counts[index]!.count <= limit ? counters.add(key, windowMs, -1) : undefined)),
    )
    const resetMs = Math.max(...exceeded.map((count) => count.resetMs))
    throw rateLimited(resetMs, 'Too many failed log-ins. Wait, then try again')
  }

  return async ({ identifier, password }, origin) => {
    const name = identifier.trim().toLowerCase()
    const user = await database.user.findFirst({
      where: name.includes('@') ? { email: name } : { username: name },
    })
    const accountKey = `login:account:${user?.id ?? digest(name)}`
    const addressLimitKey = `login:${addressKey(origin.ipAddress ?? 'unknown')}`

    return hasher.inTurn(async () => {
      await takeAttempt([accountKey, addressLimitKey], user, origin)
      const matches = await hasher.verify(user?.passwordHash ?? null, password)
      if (!user || !matches) {
        await audit.record({ action: 'login.failed', userId: user?.id ?? null, ipAddress: origin.ipAddress })
        throw new AppError('invalid_credentials')
      }
      await Promise.all([counters.reset(accountKey), counters.add(addressLimitKey, windowMs, -1)])
      if (user.status === 'suspended') throw new AppError('account_suspended')
      if (hasher.isOutdated(user.passwordHash)) {
        const passwordHash = await hasher.hash(password)
        await database.user.update({ where: { id: user.id }, data: { passwordHash } })
      }
      await audit.record({ action: 'login.succeeded', userId: user.id, ipAddress: origin.ipAddress })
      return user
    })
  }
}

/** Keys of unknown names have one length, and what people type into the wrong field is not kept. */
function digest(name: string): string {
  return createHash('sha256').update(name).digest('base64url')
}
