import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'minio'
import { AppError } from '../errors'
import { attachmentDisposition } from './content-disposition'
import { createMeteringStream, sourceFailed, tooLarge, watchFailure } from './metering-stream'
import { assertObjectKey } from './object-key'
import type { ObjectInfo, ObjectStore, PutOptions, SignedRequest } from './object-store'
import { isMissing, mapS3Error, s3Code } from './s3-errors'
import { createS3Uploader, sha256Metadata, stagingPrefix, type UploadResult } from './s3-upload'

export interface S3ObjectStoreOptions {
  /** Address of the server, such as `http://minio:9000`. */
  endpoint: string
  /** The same server as clients reach it, for signed addresses; defaults to `endpoint`. */
  publicEndpoint?: string
  bucket: string
  region: string
  accessKey: string
  secretKey: string
  /** A silent connection is given up after this time. */
  idleTimeoutMs?: number
  /** Largest piece that the server is asked to copy at once; S3 allows 5 GiB. */
  copyPartBytes?: number
}

/**
 * Objects in a bucket of any S3 server.
 *
 * Browsers send uploads to the signed address themselves, on the server's own origin, so the bucket needs a CORS rule:
 * `AllowedOrigins` the product's address, `AllowedMethods` GET, HEAD and PUT, `AllowedHeaders` `content-type` and
 * `range`, `ExposeHeaders` `etag`, `content-length`, `content-range` and `accept-ranges`. MinIO answers every origin
 * unless told otherwise (`MINIO_API_CORS_ALLOW_ORIGIN`).
 *
 * A signed PUT cannot limit the length here: whoever promised the address checks the object once it is there.
 */
export function createS3ObjectStore(options: S3ObjectStoreOptions): ObjectStore {
  const { bucket, endpoint, publicEndpoint = endpoint, copyPartBytes = 1024 ** 3 } = options
  const client = createClient(endpoint, options)
  const signer = publicEndpoint === endpoint ? client : createClient(publicEndpoint, options)
  const upload = createS3Uploader(client, bucket, copyPartBytes)
  const ready = createBucketGuard(client, bucket, options.region)

  async function put(
    key: string,
    source: Readable | Buffer,
    putOptions: PutOptions,
    known?: UploadResult,
  ): Promise<ObjectInfo> {
    assertObjectKey(key)
    const failure = watchFailure(source)
    try {
      await ready()
      const result = await upload(key, source, putOptions, known)
      if (known && result.sha256 !== known.sha256) {
        await client.removeObject(bucket, key)
        throw new AppError('checksum_mismatch', { message: 'The file changed while it was being stored.' })
      }
      return { ...result, contentType: putOptions.contentType, lastModified: new Date() }
    } catch (error) {
      if (!Buffer.isBuffer(source)) source.destroy()
      if (error instanceof AppError) throw error
      if (putOptions.signal?.aborted) throw new AppError('canceled', { cause: error })
      const cause = failure()
      if (cause) throw sourceFailed(cause)
      throw mapS3Error(error)
    }
  }

  async function stat(key: string): Promise<ObjectInfo | null> {
    assertObjectKey(key)
    try {
      const found = await client.statObject(bucket, key)
      const metadata = found.metaData as Record<string, string | undefined>
      const sha256 = metadata[sha256Metadata.replace('x-amz-meta-', '')]
      return {
        bytes: found.size,
        contentType: metadata['content-type'] ?? 'application/octet-stream',
        lastModified: found.lastModified,
        sha256: sha256 ?? null,
      }
    } catch (error) {
      if (isMissing(error)) return null
      throw mapS3Error(error)
    }
  }

  async function download(key: string, target: string, signal?: AbortSignal): Promise<ObjectInfo> {
    const info = await stat(key)
    if (!info) throw new AppError('not_found', { message: 'There is no such object.' })
    const partial = `${target}.part`
    const meter = createMeteringStream()
    try {
      await pipeline(await client.getObject(bucket, key), meter, createWriteStream(partial), { signal })
      const sha256 = meter.sha256()
      if (meter.bytes() !== info.bytes || (info.sha256 !== null && info.sha256 !== sha256)) {
        throw new AppError('checksum_mismatch', { details: { key } })
      }
      await rename(partial, target)
      return { ...info, sha256 }
    } catch (error) {
      await rm(partial, { force: true })
      if (signal?.aborted) throw new AppError('canceled', { cause: error })
      if (s3Code(error) === 'ENOSPC') throw new AppError('disk_full', { cause: error })
      throw mapS3Error(error)
    }
  }

  async function sign(
    method: 'GET' | 'PUT',
    key: string,
    expiresInSeconds: number,
    query: Record<string, string>,
    headers: Record<string, string>,
  ): Promise<SignedRequest> {
    assertObjectKey(key)
    const now = new Date()
    const url = await signer.presignedUrl(method, bucket, key, expiresInSeconds, query, now)
    return { url, method, headers, expiresAt: new Date(now.getTime() + expiresInSeconds * 1000) }
  }

  return {
    kind: 's3',
    stat,
    put: (key, source, putOptions) => put(key, source, putOptions),

    async putFile(key, file, putOptions) {
      const known = await digestFile(file, putOptions)
      return put(key, createReadStream(file), putOptions, known)
    },

    getFile: download,

    async read(key, range) {
      assertObjectKey(key)
      try {
        if (!range) return await client.getObject(bucket, key)
        return await client.getPartialObject(bucket, key, range.start, range.end - range.start + 1)
      } catch (error) {
        throw mapS3Error(error)
      }
    },

    async remove(key) {
      assertObjectKey(key)
      try {
        await client.removeObject(bucket, key)
      } catch (error) {
        if (!isMissing(error)) throw mapS3Error(error)
      }
    },

    async *list(prefix) {
      try {
        for await (const item of client.listObjectsV2(bucket, prefix, true) as AsyncIterable<ListedItem>) {
          if (item.name === undefined || item.name.startsWith(stagingPrefix)) continue
          yield { key: item.name, bytes: item.size, lastModified: item.lastModified }
        }
      } catch (error) {
        throw mapS3Error(error)
      }
    },

    signGet(key, { expiresInSeconds, filename, contentType }) {
      const query: Record<string, string> = {}
      if (filename !== undefined) query['response-content-disposition'] = attachmentDisposition(filename)
      if (contentType !== undefined) query['response-content-type'] = contentType
      return sign('GET', key, expiresInSeconds, query, {})
    },

    signPut: (key, { expiresInSeconds, contentType }) =>
      sign('PUT', key, expiresInSeconds, {}, { 'content-type': contentType }),

    async removeLeftovers(before) {
      try {
        return (await removeStaged(client, bucket, before)) + (await removeUnfinished(client, bucket, before))
      } catch (error) {
        throw mapS3Error(error)
      }
    },

    check: () => ready.check(),
  }
}

interface ListedItem {
  name?: string
  size: number
  lastModified: Date
}

function createClient(address: string, options: S3ObjectStoreOptions): Client {
  const { protocol, hostname, port } = new URL(address)
  const secure = protocol === 'https:'
  const idleTimeoutMs = options.idleTimeoutMs ?? 60_000
  return new Client({
    endPoint: hostname,
    port: port === '' ? undefined : Number(port),
    useSSL: secure,
    region: options.region,
    accessKey: options.accessKey,
    secretKey: options.secretKey,
    transport: withIdleTimeout(secure ? https : http, idleTimeoutMs),
  })
}

/** minio never gives up on a server that accepts a connection and then falls silent. */
function withIdleTimeout(transport: typeof http | typeof https, idleTimeoutMs: number) {
  const request = (...parameters: Parameters<typeof http.request>) => {
    const sent = transport.request(...parameters)
    const silent = () => sent.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
    return sent.setTimeout(idleTimeoutMs, silent)
  }
  return { request: request as typeof http.request }
}

/** Makes the bucket before the first write, where that is allowed. */
function createBucketGuard(client: Client, bucket: string, region: string) {
  let made: Promise<void> | undefined

  async function make(): Promise<void> {
    try {
      if (await client.bucketExists(bucket)) return
      await client.makeBucket(bucket, region)
    } catch (error) {
      if (['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes(s3Code(error) ?? '')) return
      throw mapS3Error(error)
    }
  }

  function ready(): Promise<void> {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }

  async function check(): Promise<void> {
    made = undefined
    try {
      await ready()
    } catch (cause) {
      throw mapS3Error(cause).code === 'unavailable' ? cause : new AppError('unavailable', { cause })
    }
  }

  return Object.assign(ready, { check })
}

async function digestFile(file: string, { maxBytes = Infinity, signal }: PutOptions): Promise<UploadResult> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    hash.update(chunk)
  }
  return { bytes, sha256: hash.digest('hex') }
}

async function removeStaged(client: Client, bucket: string, before: Date): Promise<number> {
  let removed = 0
  for await (const item of client.listObjectsV2(bucket, stagingPrefix, true) as AsyncIterable<ListedItem>) {
    if (item.name === undefined || item.lastModified >= before) continue
    await client.removeObject(bucket, item.name)
    removed += 1
  }
  return removed
}

async function removeUnfinished(client: Client, bucket: string, before: Date): Promise<number> {
  let removed = 0
  for (let keyMarker = '', uploadMarker = '', more = true; more;) {
    const page = await client.listIncompleteUploadsQuery(bucket, '', keyMarker, uploadMarker, '')
    for (const { key, uploadId, initiated } of page.uploads) {
      if (new Date(initiated) >= before) continue
      await client.abortMultipartUpload(bucket, key, uploadId)
      removed += 1
    }
    more = page.isTruncated
    keyMarker = page.nextKeyMarker
    uploadMarker = page.nextUploadIdMarker
  }
  return removed
}
