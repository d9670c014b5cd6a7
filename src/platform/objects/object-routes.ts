import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors'
import { parseRange } from './byte-range'
import { attachmentDisposition } from './content-disposition'
import type { DiskObjectStore } from './disk-object-store'
import { closeAfterRefusal, detachedBody } from './early-refusal'
import type { ObjectInfo } from './object-store'
import type { Grant } from './signed-address'

export interface ObjectRoutesOptions {
  store: DiskObjectStore
  /** Called when a signed upload is complete. Its failure is logged and does not fail the upload. */
  onStored?: (key: string) => Promise<void> | void
}

interface StorageRoute {
  Params: { '*': string }
  Querystring: Record<string, unknown>
}

// The signature says who may, for how long and how much: neither a log-in nor the rate limit of one is asked for.
const config = { exempt: true }
const schema = { hide: true }

/** Serves the addresses that the disk driver signs: `PUT`, `GET` and `HEAD` of `/storage/<key>`. */
export async function objectRoutes(
  app: FastifyInstance,
  { store, onStored }: ObjectRoutesOptions,
): Promise<void> {
  // Bodies of any type go to the handler as streams: nothing is parsed and no body limit applies but the signed one.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.addHook('onSend', closeAfterRefusal)

  app.put<StorageRoute>('/storage/*', { config, schema }, async (request, reply) => {
    const key = request.params['*']
    const grant = store.verify('PUT', key, request.query)
    checkUpload(request, grant)
    const info = await store.put(key, detachedBody(request), {
      contentType: grant.contentType ?? 'application/octet-stream',
      maxBytes: grant.maxBytes,
    })
    try {
      await onStored?.(key)
    } catch (error) {
      request.log.error({ err: error, key }, 'an upload was stored, but could not be announced')
    }
    return reply.header('etag', etagOf(info)).send()
  })

  app.route<StorageRoute>({
    method: ['GET', 'HEAD'],
    url: '/storage/*',
    exposeHeadRoute: false,
    config,
    schema,
    handler: async (request, reply) => {
      const key = request.params['*']
      const grant = store.verify('GET', key, request.query)
      const info = await store.stat(key)
      if (!info) throw new AppError('not_found', { message: 'There is no such object.' })
      describe(reply, info, grant)
      if (matches(request.headers['if-none-match'], etagOf(info))) return reply.code(304).send()
      return sendContent(store, key, info, request, reply)
    },
  })
}

function checkUpload(request: FastifyRequest, grant: Grant): void {
  // Browsers add parameters of their own (`audio/webm;codecs=opus`).
  const contentType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (grant.contentType !== undefined && contentType !== grant.contentType.toLowerCase()) {
    throw new AppError('signature_invalid', {
      message: `This address was signed for an upload of the type ${grant.contentType}.`,
    })
  }
  const announced = Number(request.headers['content-length'] ?? 0)
  if (grant.maxBytes !== undefined && announced > grant.maxBytes) {
    throw new AppError('payload_too_large', {
      message: `The upload is longer than the ${grant.maxBytes} bytes that were signed for.`,
      details: { max_bytes: grant.maxBytes },
    })
  }
}

function describe(reply: FastifyReply, info: ObjectInfo, grant: Grant): void {
  reply.headers({
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-security-policy': "sandbox; default-src 'none'",
    'content-type': grant.contentType ?? info.contentType,
    etag: etagOf(info),
    'last-modified': info.lastModified.toUTCString(),
    'x-content-type-options': 'nosniff',
  })
  if (grant.filename !== undefined) reply.header('content-disposition', attachmentDisposition(grant.filename))
}

async function sendContent(
  store: DiskObjectStore,
  key: string,
  info: ObjectInfo,
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const ifRange = headers['if-range']
  const range = parseRange(
    ifRange === undefined || ifRange === etagOf(info) ? headers.range : undefined,
    info.bytes,
  )
  if (range.kind === 'unsatisfiable') {
    reply.removeHeader('content-disposition')
    reply.header('content-range', `bytes */${info.bytes}`)
    throw new AppError('range_not_satisfiable', { details: { bytes: info.bytes } })
  }
  const part = range.kind === 'part' ? { start: range.start, end: range.end } : undefined
  const length = part ? part.end - part.start + 1 : info.bytes
  if (part) reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${info.bytes}`)
  if (method === 'HEAD' || length === 0) return reply.header('content-length', length).send()
  const content = await openContent(store, key, part, reply)
  return reply.header('content-length', length).send(content)
}

/** An error must not go out with the headers of the object that it is about. */
async function openContent(
  store: DiskObjectStore,
  key: string,
  part: { start: number; end: number } | undefined,
  reply: FastifyReply,
) {
  try {
    return await store.read(key, part)
  } catch (error) {
    for (const name of ['content-disposition', 'content-range', 'etag', 'last-modified', 'accept-ranges']) {
      reply.removeHeader(name)
    }
    throw error
  }
}

function etagOf(info: ObjectInfo): string {
  return `"${info.sha256}"`
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const candidates = ifNoneMatch.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''))
  return candidates.includes('*') || candidates.includes(etag)
}
