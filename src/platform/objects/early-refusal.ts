import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { PassThrough, Readable, finished } from 'node:stream'
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
  if (reply.statusCode < 400 || !hasBody(request) || bodyIsRead(request.raw)) return payload
  reply.header('connection', 'close')
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload
  const body = Buffer.from(payload)
  reply.header('content-length', body.length)
  return Readable.from(bodyThenRest(request.raw, body), { objectMode: false })
}

/**
 * The body of a request as a stream that may be destroyed: destroying the request itself would cut the connection
 * before the answer is sent.
 */
export function detachedBody({ raw }: FastifyRequest): Readable {
  const body = new PassThrough()
  finished(raw, { writable: false }, (error) => {
    if (error) body.destroy(error)
  })
  body.once('close', () => raw.unpipe(body))
  return raw.pipe(body)
}

async function* bodyThenRest(raw: IncomingMessage, body: Buffer): AsyncIterable<Buffer> {
  yield body
  raw.unpipe()
  raw.resume()
  const signal = AbortSignal.timeout(lingerMs)
  await Promise.race([once(raw, 'end', { signal }), once(raw, 'close', { signal })]).catch(() => undefined)
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function bodyIsRead(raw: IncomingMessage): boolean {
  return raw.readableEnded || raw.destroyed
}
