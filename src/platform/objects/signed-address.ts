import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors'

/** What a signed address permits. */
export interface Grant {
  method: 'GET' | 'PUT'
  key: string
  /** Unix time in seconds. */
  expires: number
  maxBytes?: number
  contentType?: string
  filename?: string
}

/** Query of a request as Fastify parses it. */
export type SignedQuery = Record<string, unknown>

export interface AddressSigner {
  /** Path and query, beginning with `/storage/`. */
  sign(grant: Grant): string
  /** @throws AppError `signature_invalid` or `signature_expired` */
  verify(method: string, key: string, query: SignedQuery): Grant
}

/** HMAC-SHA256 over everything that the address permits, so that no part of it can be exchanged. */
export function createAddressSigner(secret: string): AddressSigner {
  // A key of its own, so that a signature made here proves nothing elsewhere.
  const hmacKey = createHmac('sha256', secret).update('timbre signed storage address v1').digest()

  function signature(grant: Grant): string {
    const { method, key, expires, maxBytes, contentType, filename } = grant
    const message = JSON.stringify([
      method,
      key,
      expires,
      maxBytes ?? null,
      contentType ?? null,
      filename ?? null,
    ])
    return createHmac('sha256', hmacKey).update(message).digest('base64url')
  }

  return {
    sign(grant) {
      const query = new URLSearchParams({ expires: String(grant.expires) })
      if (grant.maxBytes !== undefined) query.set('max_bytes', String(grant.maxBytes))
      if (grant.contentType !== undefined) query.set('content_type', grant.contentType)
      if (grant.filename !== undefined) query.set('filename', grant.filename)
      query.set('signature', signature(grant))
      return `/storage/${grant.key}?${query}`
    },

    verify(method, key, query) {
      const grant: Grant = {
        method: method === 'PUT' ? 'PUT' : 'GET',
        key,
        expires: Number(text(query.expires)),
        maxBytes: query.max_bytes === undefined ? undefined : Number(text(query.max_bytes)),
        contentType: text(query.content_type),
        filename: text(query.filename),
      }
      // As text: several texts stand for the same bytes, and only one of them was signed.
      const expected = Buffer.from(signature(grant))
      const given = Buffer.from(text(query.signature) ?? '')
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new AppError('signature_invalid')
      }
      if (grant.expires * 1000 <= Date.now()) throw new AppError('signature_expired')
      return grant
    },
  }
}

/** A parameter given twice comes as an array, which was never signed. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
