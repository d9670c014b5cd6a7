import { createHmac } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../errors'
import { addressKey } from './address'
import type { IdempotencyStore } from './idempotency-store'
import { invalidFields, problemContentType } from './problem'

declare module 'fastify' {
  interface FastifyRequest {
    /** The claim that this request holds on its Idempotency-Key. */
    idempotencyClaim: { recordId: string; renewal: NodeJS.Timeout } | null
  }
  interface FastifyContextConfig {
    /** The route honours `Idempotency-Key`; its answers are JSON. */
    idempotent?: boolean
  }
}

export interface IdempotencyOptions {
  store: IdempotencyStore
  /** Keys the fingerprints: a plain hash of a body would reveal short secrets in it. */
  secret: string
}

const keyPattern = /^[\x21-\x7e]{1,255}$/
const headersSchema = z.looseObject({
  'idempotency-key': z
    .string()
    .optional()
    .describe('1 to 255 visible characters. The same key and body within 24 hours give the stored answer.'),
})
/** A handler that never answers keeps its key no longer than this. */
const maxRenewals = 45

/**
 * Makes every route with `config: { idempotent: true }` execute at most once per caller and key: the same key and body
 * again give the stored answer (with `Idempotent-Replayed: true`), another body 422, a request in flight 409. Answers
 * of 5xx are not stored. Bodies that are streamed (multipart) are told apart by their address only.
 */
export function addIdempotency(app: FastifyInstance, options: IdempotencyOptions): void {
  app.decorateRequest('idempotencyClaim', null)
  app.addHook('onRoute', (route) => {
    if (!route.config?.idempotent) return
    route.preHandler = [
      ...[route.preHandler ?? []].flat(),
      (request: FastifyRequest, reply: FastifyReply) => claimKey(request, reply, options),
    ]
    route.onSend = [
      ...[route.onSend ?? []].flat(),
      (request: FastifyRequest, reply: FastifyReply, payload: unknown) =>
        storeAnswer(request, reply, payload, options.store),
    ]
    route.schema = { headers: headersSchema, ...route.schema }
  })
}

async function claimKey(
  request: FastifyRequest,
  reply: FastifyReply,
  { store, secret }: IdempotencyOptions,
): Promise<FastifyReply | undefined> {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !keyPattern.test(key)) {
    throw invalidFields([{ field: 'Idempotency-Key', message: 'Must be 1 to 255 visible ASCII characters' }])
  }
  const owner = request.principal?.userId ?? anonymousOwner(secret, request.ip)
  const claim = await store.claim(owner, key, fingerprintOf(request, secret))
  if (claim.outcome === 'mismatch') throw new AppError('idempotency_mismatch')
  if (claim.outcome === 'in_flight') {
    throw new AppError('idempotency_in_flight', { details: { retry_after_seconds: 1 } })
  }
  if (claim.outcome === 'replay') {
    const { statusCode, body } = claim.answer
    return reply
      .code(statusCode)
      .header('idempotent-replayed', 'true')
      .header('content-type', statusCode >= 400 ? problemContentType : 'application/json; charset=utf-8')
      .send(Buffer.from(body))
  }
  let renewals = 0
  const renewal = setInterval(() => {
    renewals += 1
    if (renewals > maxRenewals) clearInterval(renewal)
    else
      store
        .renew(claim.recordId)
        .catch((error: unknown) => request.log.warn({ err: error }, 'lease not renewed'))
  }, store.leaseMs / 3)
  renewal.unref()
  request.idempotencyClaim = { recordId: claim.recordId, renewal }
}

/** Stores the answer before it is sent: a caller that has seen it will never see another. */
async function storeAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  store: IdempotencyStore,
): Promise<unknown> {
  const claim = request.idempotencyClaim
  if (!claim) return payload
  request.idempotencyClaim = null
  clearInterval(claim.renewal)
  const body =
    typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.toString() : payload ? null : ''
  try {
    if (reply.statusCode >= 500 || body === null) await store.release(claim.recordId)
    else await store.complete(claim.recordId, { statusCode: reply.statusCode, body })
  } catch (error) {
    // What was done is done: the caller gets the answer, and the lease runs out by itself.
    request.log.error({ err: error }, 'the answer could not be stored for its idempotency key')
  }
  return payload
}

function fingerprintOf(request: FastifyRequest, secret: string): string {
  return createHmac('sha256', secret)
    .update(`${request.method} ${request.url}\n`)
    .update(JSON.stringify(request.body ?? null))
    .digest('hex')
}

/** Strangers share no keys: an id made of the address stands for the account. */
function anonymousOwner(secret: string, address: string): string {
  const hex = createHmac('sha256', secret)
    .update(`idempotency ${addressKey(address)}`)
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
