import { createHash, randomUUID } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access, copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError, toAppError } from '../errors'
import {
  createDiskLayout,
  ifThere,
  modifiedBefore,
  syncToDisk,
  systemCode,
  type Description,
} from './disk-layout'
import { createMeteringStream, sourceFailed, watchFailure } from './metering-stream'
import { assertObjectKey } from './object-key'
import type { ObjectInfo, ObjectStore, PutOptions, SignedRequest } from './object-store'
import { createAddressSigner, type Grant, type SignedQuery } from './signed-address'

/** Files are read and written in few steps: each is a wait for another thread. */
const stepBytes = 1 << 20

export interface DiskObjectStoreOptions {
  /** Folder for objects; made when missing. */
  root: string
  /** Signs addresses; all processes that share the folder need the same. */
  secret: string
  /** Address of the app that serves `/storage/*`, without a slash at the end. */
  baseUrl: string
}

export interface DiskObjectStore extends ObjectStore {
  kind: 'disk'
  /**
   * What the address of a request permits.
   * @throws AppError `signature_invalid` or `signature_expired`
   */
  verify(method: string, key: string, query: SignedQuery): Grant
}

/** Objects in a folder. Addresses that it signs are served by `objectRoutes`. */
export function createDiskObjectStore({ root, secret, baseUrl }: DiskObjectStoreOptions): DiskObjectStore {
  const layout = createDiskLayout(root)
  const signer = createAddressSigner(secret)
  const verifier = createContentVerifier()
  const inTurn = createTurns()

  async function put(key: string, source: Readable | Buffer, options: PutOptions): Promise<ObjectInfo> {
    assertObjectKey(key)
    const [temporary, draft] = [layout.temporaryPath(), layout.temporaryPath()]
    const meter = createMeteringStream(options.maxBytes)
    const content = randomUUID()
    const contentPath = layout.contentPath(key, content)
    const failure = watchFailure(source)
    try {
      const folders = [layout.temporaryFolder, path.dirname(contentPath)]
      await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })))
      // Read-only, because `getFile` hands out links to it.
      const file = await open(temporary, 'wx', 0o400)
      const input = Buffer.isBuffer(source) ? Readable.from([source]) : source
      await pipeline(input, meter, file.createWriteStream({ highWaterMark: stepBytes }), {
        signal: options.signal,
      })
      const description: Description = {
        content,
        bytes: meter.bytes(),
        contentType: options.contentType,
        sha256: meter.sha256(),
        lastModified: new Date().toISOString(),
      }
      // What waits for the disk together costs one wait.
      await Promise.all([syncToDisk(temporary), layout.draftDescription(draft, description)])
      await inTurn(key, async () => {
        const replaced = await layout.readDescription(key)
        await rename(temporary, contentPath)
        await layout.publishDescription(key, draft)
        if (replaced) await rm(layout.contentPath(key, replaced.content), { force: true })
      })
      return toInfo(description)
    } catch (error) {
      if (!Buffer.isBuffer(source)) source.destroy()
      for (const left of [temporary, draft, contentPath]) await rm(left, { force: true })
      throw mapError(error, options.signal, failure())
    }
  }

  /** The description of an object and a use of its content, tried anew when the object is replaced in between. */
  async function withContent<Value>(
    key: string,
    use: (contentPath: string, description: Description) => Promise<Value | null>,
  ): Promise<Value> {
    let last: string | undefined
    for (;;) {
      const description = await layout.readDescription(key)
      if (!description) throw new AppError('not_found', { message: 'There is no such object.' })
      if (description.content === last) throw damaged(key)
      const result = await use(layout.contentPath(key, description.content), description)
      if (result !== null) return result
      last = description.content
    }
  }

  async function verified(key: string, file: string, description: Description, signal?: AbortSignal) {
    const intact = await ifThere(verifier.isIntact(file, description, signal))
    if (intact === false) throw damaged(key)
    return intact
  }

  function signed(grant: Grant, headers: Record<string, string>): SignedRequest {
    assertObjectKey(grant.key)
    return {
      url: baseUrl + signer.sign(grant),
      method: grant.method,
      headers,
      expiresAt: new Date(grant.expires * 1000),
    }
  }

  return {
    kind: 'disk',
    put,
    putFile: (key, file, options) => put(key, createReadStream(file, { highWaterMark: stepBytes }), options),

    async getFile(key, target, signal) {
      try {
        return await withContent(key, async (file, description) => {
          if ((await verified(key, file, description, signal)) === null) return null
          await rm(target, { force: true })
          return (await ifThere(linkOrCopy(file, target))) === null ? null : toInfo(description)
        })
      } catch (error) {
        throw mapError(error, signal)
      }
    },

    async stat(key) {
      const description = await layout.readDescription(key)
      return description && toInfo(description)
    },

    read: (key, range) =>
      withContent(key, async (file, description) => {
        if ((await verified(key, file, description)) === null) return null
        const handle = await ifThere(open(file, 'r'))
        return handle?.createReadStream(range) ?? null
      }),

    async remove(key) {
      const description = await layout.readDescription(key)
      await layout.removeDescription(key)
      if (description) await rm(layout.contentPath(key, description.content), { force: true })
    },

    async *list(prefix) {
      for await (const key of layout.keys(prefix)) {
        const description = await layout.readDescription(key)
        if (!description) continue
        yield { key, bytes: description.bytes, lastModified: new Date(description.lastModified) }
      }
    },

    async signGet(key, { expiresInSeconds, filename, contentType }) {
      return signed({ method: 'GET', key, expires: expiry(expiresInSeconds), filename, contentType }, {})
    },

    async signPut(key, { expiresInSeconds, contentType, maxBytes }) {
      const grant: Grant = { method: 'PUT', key, expires: expiry(expiresInSeconds), contentType, maxBytes }
      return signed(grant, { 'content-type': contentType })
    },

    async removeLeftovers(before) {
      let removed = 0
      for await (const file of layout.unnamedFiles()) {
        if (!(await modifiedBefore(file, before))) continue
        await rm(file, { force: true })
        removed += 1
      }
      return removed
    },

    async check() {
      try {
        await mkdir(layout.objectsFolder, { recursive: true })
        await access(root, constants.R_OK | constants.W_OK)
      } catch (cause) {
        throw new AppError('unavailable', { message: 'The folder for objects cannot be written.', cause })
      }
    },

    verify: signer.verify,
  }
}

/** Runs what is asked for under one key one after the other: of two writers, each then knows what it replaces. */
function createTurns() {
  const last = new Map<string, Promise<void>>()
  return async function inTurn(key: string, work: () => Promise<void>): Promise<void> {
    const before = last.get(key)
    const mine = (before ?? Promise.resolve()).catch(() => undefined).then(work)
    last.set(key, mine)
    try {
      await mine
    } finally {
      if (last.get(key) === mine) last.delete(key)
    }
  }
}

/**
 * Compares content with its checksum, once for each state of the file: hashing a gigabyte takes about a second, and a
 * player asks for many ranges of one object.
 */
function createContentVerifier() {
  const remembered = new Map<string, string>()
  const limit = 1000

  return {
    async isIntact(file: string, { bytes, sha256 }: Description, signal?: AbortSignal): Promise<boolean> {
      const found = await stat(file, { bigint: true })
      const state = `${found.ino}:${found.size}:${found.mtimeNs}`
      if (remembered.get(file) === state) return true
      if (found.size !== BigInt(bytes)) return false
      const hash = createHash('sha256')
      await pipeline(createReadStream(file, { highWaterMark: stepBytes }), hash, { signal })
      if (hash.digest('hex') !== sha256) return false
      const oldest = remembered.keys().next()
      if (remembered.size >= limit && !oldest.done) remembered.delete(oldest.value)
      remembered.set(file, state)
      return true
    },
  }
}

async function linkOrCopy(file: string, target: string): Promise<true> {
  try {
    await link(file, target)
  } catch (error) {
    // Another file system, or one without links.
    if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS'].includes(systemCode(error) ?? '')) throw error
    await copyFile(file, target, constants.COPYFILE_FICLONE)
  }
  return true
}

function toInfo({ bytes, contentType, sha256, lastModified }: Description): ObjectInfo {
  return { bytes, contentType, sha256, lastModified: new Date(lastModified) }
}

function expiry(expiresInSeconds: number): number {
  return Math.floor(Date.now() / 1000) + expiresInSeconds
}

function damaged(key: string): AppError {
  return new AppError('checksum_mismatch', { details: { key } })
}

function mapError(error: unknown, signal?: AbortSignal, failure?: Error): unknown {
  if (error instanceof AppError) return error
  if (signal?.aborted) return new AppError('canceled', { cause: error })
  const code = systemCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('disk_full', { cause: error })
  return failure ? sourceFailed(failure) : toAppError(error)
}
