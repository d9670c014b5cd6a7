import type { Database } from '../../platform/database'
import { AppError } from '../../platform/errors'
import type { Grant } from '../../platform/http'
import type { Logger } from '../../platform/logger'

const flushEveryMs = 5000
/** Of `last_used_at`: often enough to see that a key is in use. */
const lastUsedStepMs = 60_000

export type KeyUsage = ReturnType<typeof createKeyUsage>

/** What keys are used for: requests are counted here and written now and then, seconds at once, because they are limited. */
export function createKeyUsage({ database, logger }: { database: Database; logger: Logger }) {
  const requests = new Map<string, number>()
  const lastUsedMs = new Map<string, number>()

  async function write(): Promise<void> {
    for (const [keyId, count] of [...requests]) {
      await addUsage(keyId, count, 0)
      const later = (requests.get(keyId) ?? 0) - count
      if (later > 0) requests.set(keyId, later)
      else requests.delete(keyId)
      if (Date.now() - (lastUsedMs.get(keyId) ?? 0) < lastUsedStepMs) continue
      lastUsedMs.set(keyId, Date.now())
      await database.apiKey.updateMany({ where: { id: keyId }, data: { lastUsedAt: new Date() } })
    }
  }
  let writing: Promise<void> = Promise.resolve()
  /** One after the other: whoever asks for it sees all that was counted before. */
  const flush = () => (writing = writing.catch(() => undefined).then(write))
  /** A key that was deleted meanwhile leaves nothing to count for. */
  const addUsage = (keyId: string, count: number, seconds: number) => database.$executeRaw`
    INSERT INTO api_key_usage (key_id, day, requests, seconds)
    SELECT id, (now() AT TIME ZONE 'UTC')::date, ${count}, ${seconds} FROM api_keys WHERE id = ${keyId}::uuid
    ON CONFLICT (key_id, day) DO UPDATE
    SET requests = api_key_usage.requests + excluded.requests,
        seconds = greatest(0, api_key_usage.seconds + excluded.seconds)`

  const timer = setInterval(() => {
    flush().catch((error: unknown) => logger.warn({ err: error }, 'use of keys not written'))
  }, flushEveryMs)
  timer.unref()

  /** One statement, so that requests at the same time cannot pass the limit together. */
  const takeSeconds = (keyId: string, seconds: number) => database.$executeRaw`
    UPDATE api_keys SET
      month_seconds = seconds + ${seconds}, month = now_month
    FROM (SELECT id AS known_id, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') AS now_month,
            CASE WHEN month = to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') THEN month_seconds ELSE 0 END AS seconds
          FROM api_keys WHERE id = ${keyId}::uuid FOR UPDATE) AS spent
    WHERE id = known_id AND (seconds_per_month IS NULL OR seconds + ${seconds} <= seconds_per_month)`

  const giveBack = (keyId: string, seconds: number) => database.$executeRaw`
    UPDATE api_keys SET month_seconds = greatest(0, month_seconds - ${seconds}) WHERE id = ${keyId}::uuid`

  /** Seconds that a key may still spend this month; null for no limit. */
  async function left({ id }: Grant): Promise<number | null> {
    const key = await database.apiKey.findUnique({
      where: { id },
      select: { secondsPerMonth: true, month: true, monthSeconds: true },
    })
    if (typeof key?.secondsPerMonth !== 'number') return null
    return Math.max(0, key.secondsPerMonth - (key.month === monthOf(new Date()) ? key.monthSeconds : 0))
  }

  return {
    countRequest(keyId: string): void {
      requests.set(keyId, (requests.get(keyId) ?? 0) + 1)
    },
    flush,
    left,
    /** Apps have no limit of their own. */
    async reserve(grant: Grant, seconds: number): Promise<() => Promise<void>> {
      if (!(await database.apiKey.findUnique({ where: { id: grant.id }, select: { id: true } }))) {
        return () => Promise.resolve()
      }
      if ((await takeSeconds(grant.id, seconds)) === 0) {
        const remaining = (await left(grant)) ?? 0
        throw keyLimitReached(seconds, remaining)
      }
      await addUsage(grant.id, 0, seconds)
      return async () => {
        await giveBack(grant.id, seconds)
        await addUsage(grant.id, 0, -seconds)
      }
    },
    async close(): Promise<void> {
      clearInterval(timer)
      await flush().catch(() => undefined)
    },
  }
}

export function keyLimitReached(needed: number, remaining: number): AppError {
  return new AppError('key_limit_reached', {
    message: `This costs ${needed} seconds and the key may spend ${remaining} more this month. Raise the key’s limit, or wait for the next month.`,
    details: { seconds_needed: needed, seconds_remaining: remaining },
  })
}

/** In UTC, such as `2026-11`. */
export function monthOf(date: Date): string {
  return date.toISOString().slice(0, 7)
}
