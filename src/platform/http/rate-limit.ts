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
 * (draft-ietf-httpapi-ratelimit-headers) and refuses what is too much with 429. A key or an app with a limit of its own
 * is counted by that as well. Needs authentication before it.
 */
export function addRateLimit(app: FastifyInstance, { store, limitPerMinute }: RateLimitOptions): void {
  function judge(
    reply: FastifyReply,
    { count, resetMs }: Count,
    name: 'burst' | 'key',
    limit: number,
  ): AppError | undefined {
    const remaining = Math.max(0, limit - count)
    reply.header('ratelimit-policy', `"${name}";q=${limit};w=${windowMs / 1000}`)
    reply.header('ratelimit', `"${name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`)
    if (count <= limit) return undefined
    const whose = name === 'key' ? 'Of this key, no' : 'No'
    return rateLimited(resetMs, `${whose} more than ${limit} requests a minute are served`)
  }

  // Every request passes here: no promise is made where none is needed.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.exempt) return done()
    const { principal } = request
    const key = principal ? `burst:user:${principal.userId}` : `burst:${addressKey(request.ip)}`
    const counted = store.add(key, windowMs)
    const grant = principal?.grant
    if (grant?.requestsPerMinute) {
      const limit = grant.requestsPerMinute
      const countKey = async () => {
        const refusal = judge(reply, await counted, 'burst', limitPerMinute)
        return refusal ?? judge(reply, await store.add(`burst:key:${grant.id}`, windowMs), 'key', limit)
      }
      countKey().then(done, done)
    } else if (counted instanceof Promise) {
      counted.then((count) => done(judge(reply, count, 'burst', limitPerMinute)), done)
    } else done(judge(reply, counted, 'burst', limitPerMinute))
  })
}
