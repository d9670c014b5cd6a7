import { createHash, randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Client } from 'minio'
import { AppError } from '../errors'
import { tooLarge } from './metering-stream'
import type { PutOptions } from './object-store'

/** Where streams of unknown checksum are collected; never listed as objects. */
export const stagingPrefix = 'staging/'
const mebibyte = 1024 * 1024
const smallestPart = 8 * mebibyte
/** S3 takes 10,000 parts; some are kept back. */
const mostParts = 9000

export interface UploadResult {
  bytes: number
  sha256: string
}

/** User metadata under which the product keeps checksums. */
export const sha256Metadata = 'x-amz-meta-sha256'

/**
 * Writes a source in parts of 8 MiB, holding one part in memory. minio's own `putObject` is not used for streams: it
 * continues whatever unfinished upload the key has, even another process's running one, and hangs when the source fails.
 *
 * A checksum can only be given when an upload begins. Where it is not known then, the content is collected under a
 * staging key and copied to its place within the server, so that the object appears at once and with its checksum.
 */
export function createS3Uploader(client: Client, bucket: string, copyPartBytes: number) {
  async function multipart(
    key: string,
    headers: Record<string, string>,
    work: (
      part: (payload: Buffer | undefined, copy?: Record<string, string>) => Promise<void>,
    ) => Promise<void>,
  ): Promise<void> {
    const uploadID = await client.initiateNewMultipartUpload(bucket, key, headers)
    const done: { part: number; etag: string }[] = []
    try {
      await work(async (payload, copy = {}) => {
        const partNumber = done.length + 1
        const part = { bucketName: bucket, objectName: key, uploadID, partNumber, headers: copy }
        const { etag } = await client.uploadPart(part, payload)
        done.push({ part: partNumber, etag })
      })
      await client.completeMultipartUpload(bucket, key, uploadID, done)
    } catch (error) {
      // The first error is the one to report; what stays behind is removed as a leftover.
      await client.abortMultipartUpload(bucket, key, uploadID).catch(() => undefined)
      throw error
    }
  }

  async function copyFromStaging(
    staging: string,
    key: string,
    bytes: number,
    headers: Record<string, string>,
  ) {
    await multipart(key, headers, async (part) => {
      for (let start = 0; start < bytes; start += copyPartBytes) {
        const end = Math.min(start + copyPartBytes, bytes) - 1
        await part(undefined, {
          'x-amz-copy-source': `/${bucket}/${staging}`,
          'x-amz-copy-source-range': `bytes=${start}-${end}`,
        })
      }
    })
  }

  async function uploadStream(
    key: string,
    parts: AsyncIterator<Buffer>,
    first: Buffer,
    contentType: string,
    known: UploadResult | undefined,
  ): Promise<UploadResult> {
    const hash = createHash('sha256')
    let bytes = 0
    const target = known ? key : `${stagingPrefix}${randomUUID()}`
    await multipart(target, headersFor(contentType, known?.sha256), async (part) => {
      for (let payload: Buffer | undefined = first; payload; payload = await nextPart(parts)) {
        hash.update(payload)
        bytes += payload.length
        await part(payload)
      }
    })
    const result = { bytes, sha256: hash.digest('hex') }
    if (known) return result
    try {
      await copyFromStaging(target, key, bytes, headersFor(contentType, result.sha256))
    } finally {
      await client.removeObject(bucket, target).catch(() => undefined)
    }
    return result
  }

  /** `known` is what the source is known to hold, which saves the staging. */
  return async function upload(
    key: string,
    source: Readable | Buffer,
    { contentType, maxBytes = Infinity, signal }: PutOptions,
    known?: UploadResult,
  ): Promise<UploadResult> {
    const partBytes = Math.max(
      smallestPart,
      Math.ceil((Number.isFinite(maxBytes) ? maxBytes : 0) / mostParts),
    )
    const parts = inParts(source, partBytes, maxBytes, signal)
    const first = (await nextPart(parts)) ?? Buffer.alloc(0)
    if (first.length === partBytes) return uploadStream(key, parts, first, contentType, known)
    const sha256 = createHash('sha256').update(first).digest('hex')
    await client.putObject(bucket, key, first, first.length, headersFor(contentType, sha256))
    return { bytes: first.length, sha256 }
  }
}

function headersFor(contentType: string, sha256: string | undefined): Record<string, string> {
  return { 'content-type': contentType, ...(sha256 && { [sha256Metadata]: sha256 }) }
}

async function nextPart(parts: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const next = await parts.next()
  return next.done === true ? undefined : next.value
}

/** The source in pieces of exactly `partBytes`, the last one shorter. */
async function* inParts(
  source: Readable | Buffer,
  partBytes: number,
  maxBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, undefined> {
  const stop = () => Buffer.isBuffer(source) || source.destroy(abortReason(signal))
  signal?.addEventListener('abort', stop, { once: true })
  let part = Buffer.allocUnsafe(partBytes)
  let filled = 0
  let total = 0
  try {
    if (signal?.aborted) throw abortReason(signal)
    for await (const chunk of Buffer.isBuffer(source) ? [source] : (source as AsyncIterable<Buffer>)) {
      total += chunk.length
      if (total > maxBytes) throw tooLarge(maxBytes)
      for (let taken = 0; taken < chunk.length;) {
        const copied = chunk.copy(part, filled, taken)
        filled += copied
        taken += copied
        if (filled < partBytes) continue
        yield part
        part = Buffer.allocUnsafe(partBytes)
        filled = 0
      }
    }
    if (filled > 0) yield part.subarray(0, filled)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function abortReason(signal: AbortSignal | undefined): AppError {
  return signal?.reason instanceof AppError
    ? signal.reason
    : new AppError('canceled', { cause: signal?.reason })
}
