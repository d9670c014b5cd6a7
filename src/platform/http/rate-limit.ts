import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Count, CounterStore } from '../cache'
import { AppError } from '../errors'
import { addressKey } from './address'

const windowMs = 60_000

export interface RateLimitOptions {
  store: CounterStore
  /** Requests per account, or per address when not logged in, and minute. */
  limitPerMinute: number
}

/** A `rate_limited` error that names the wait, for limits of one's own. */
export function rateLimited(resetMs: number, message: string): AppError {
  const seconds = Math.max(1, Math.ceil(resetMs / 1000))
  return new AppError('rate_limited', { message, details: { retry_after_seconds: seconds } })
}

/**
 * Counts every request but those of exempt routes, states the balance in `RateLimit` headers
 * (draft-ietf-httpapi-ratelimit-headers) and refuses what is too much with 429. Needs authentication before it.
 */
export function addRateLimit(app: FastifyInstance, { store, limitPerMinute }: RateLimitOptions): void {
  const policy = `"burst";q=${limitPerMinute};w=${windowMs / 1000}`

  function judge(reply: FastifyReply, { count, resetMs }: Count): AppError | undefined {
    const remaining = Math.max(0, limitPerMinute - count)
    reply.header('ratelimit-policy', policy)
    reply.header('ratelimit', `"burst";r=${remaining};t=${Math.ceil(resetMs / 1000)}`)
    if (count <= limitPerMinute) return undefined
    return rateLimited(resetMs, `No more than ${limitPerMinute} requests a minute are served`)
  }

  // Every request passes here: no promise is made where none is needed.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.exempt) return done()
    const key = request.principal
      ? `burst:user:${request.principal.userId}`
      : `burst:${addressKey(request.ip)}`
    const counted = store.add(key, windowMs)
    if (counted instanceof Promise) counted.then((count) => done(judge(reply, count)), done)
    else done(judge(reply, counted))
  })
}
