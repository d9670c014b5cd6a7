import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'

const lingerMs = 2000

/**
 * `onSend` hook for routes that take large bodies. An answer that refuses a request whose body is still on its way
 * closes the connection, because nobody is going to read the rest. Closing at once would make the operating system
 * reset the connection and the client would often lose the answer, so the rest is thrown away for a moment first.
 */
export async function closeAfterRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (reply.statusCode < 400 || request.raw.complete || request.raw.destroyed) return payload
  reply.header('connection', 'close')
  if (typeof payload !== 'string') return payload
  const body = Buffer.from(payload)
  reply.header('content-length', body.length)
  return Readable.from(bodyThenRest(request, body), { objectMode: false })
}

async function* bodyThenRest({ raw }: FastifyRequest, body: Buffer): AsyncIterable<Buffer> {
  yield body
  raw.unpipe()
  raw.resume()
  const ended = once(raw, 'close', { signal: AbortSignal.timeout(lingerMs) })
  await ended.catch(() => undefined)
}
