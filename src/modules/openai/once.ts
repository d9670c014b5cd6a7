import { createHmac } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError } from '../../platform/errors'
import { principalOf, type IdempotencyStore, type Principal } from '../../platform/http'
import { refused } from './errors'

/** Who asks, and under which `Idempotency-Key`. */
export interface Caller extends Principal {
  idempotencyKey: string | null
}

const keyPattern = /^[\x21-\x7e]{1,255}$/

export function callerOf(request: FastifyRequest): Caller {
  const key = request.headers['idempotency-key'] ?? null
  if (key !== null && (typeof key !== 'string' || !keyPattern.test(key))) {
    throw refused('Idempotency-Key', 'The key must be 1 to 255 visible ASCII characters.')
  }
  return { ...principalOf(request), idempotencyKey: key }
}

/**
 * Starts a job, or finds the one that the same key started for the same request within 24 hours: its output is
 * answered with again, and nothing is paid twice.
 * @throws AppError `idempotency_mismatch`, `idempotency_in_flight`; what `start` throws is not kept.
 */
export type StartOnce = (caller: Caller, asked: unknown, start: () => Promise<string>) => Promise<string>

export function createStartOnce({ store, secret }: { store: IdempotencyStore; secret: string }): StartOnce {
  return async ({ userId, idempotencyKey: key }, asked, start) => {
    if (key === null) return start()
    const fingerprint = createHmac('sha256', secret)
      .update(`openai ${JSON.stringify(asked)}`)
      .digest('hex')
    const claim = await store.claim(userId, key, fingerprint)
    switch (claim.outcome) {
      case 'mismatch':
        throw new AppError('idempotency_mismatch')
      case 'in_flight':
        throw new AppError('idempotency_in_flight', { details: { retry_after_seconds: 1 } })
      case 'replay':
        return claim.answer.body
      case 'execute':
        try {
          const jobId = await start()
          await store.complete(claim.recordId, { statusCode: 202, body: jobId })
          return jobId
        } catch (error) {
          await store.release(claim.recordId)
          throw error
        }
    }
  }
}
