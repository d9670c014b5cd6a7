import type { Readable } from 'node:stream'
import type { ObjectStatus } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { newId } from '../../platform/ids'
import type { Logger } from '../../platform/logger'
import type { ObjectStore, SignedRequest } from '../../platform/objects'
import { acceptedContentType } from './content-type'
import { displayFilename } from './display-filename'
import type { ObjectRow, StorageRepository } from './repository'

const uploadUrlSeconds = 3600
const downloadUrlSeconds = 3600
/** A started upload may go on after its address has expired; only then is the promise swept. */
const pendingMs = 6 * 3600 * 1000

/** Where uploads lie in the object store. */
export const uploadPrefix = 'uploads/'

export interface StoredFile {
  objectId: string
  userId: string
  key: string
  status: ObjectStatus
  filename: string
  contentType: string
  /** Announced size while pending, measured size once stored. */
  bytes: number
  /** Hex; null where the object store was written by the client directly and does not tell. */
  sha256: string | null
  createdAt: Date
  expiresAt: Date | null
}

export interface NewUpload {
  filename: string
  contentType: string
  /** Announced size; without it the largest upload is allowed. */
  bytes?: number
}

export interface StorageServiceOptions {
  repository: StorageRepository
  objects: ObjectStore
  maxBytes: number
  logger: Logger
}

export function createStorageService({ repository, objects, maxBytes, logger }: StorageServiceOptions) {
  const listeners = new Set<(objectId: string) => Promise<void> | void>()

  async function announceStored(objectId: string): Promise<void> {
    for (const listener of listeners) {
      try {
        await listener(objectId)
      } catch (error) {
        logger.error({ err: error, objectId }, 'a listener for stored objects failed')
      }
    }
  }

  async function register(userId: string, upload: NewUpload): Promise<StoredFile> {
    const id = newId()
    const bytes = upload.bytes ?? maxBytes
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    const row = await repository.insert({
      id,
      userId,
      key: uploadPrefix + id,
      filename: displayFilename(upload.filename),
      contentType: acceptedContentType(upload.contentType),
      bytes,
      expiresAt: new Date(Date.now() + pendingMs),
    })
    return toFile(row)
  }

  /** Promises a place for an upload that the client sends to a signed address. */
  async function createUpload(
    userId: string,
    upload: NewUpload,
  ): Promise<{ objectId: string; signed: SignedRequest }> {
    const object = await register(userId, upload)
    const signed = await objects.signPut(object.key, {
      expiresInSeconds: uploadUrlSeconds,
      contentType: object.contentType,
      maxBytes: object.bytes,
    })
    return { objectId: object.objectId, signed }
  }

  /**
   * Stores a file while it arrives; when that fails, nothing remains of it.
   * @throws AppError `payload_too_large`, `unsupported_media_type`, `invalid_media` for an empty file
   */
  async function receiveFile(
    userId: string,
    filename: string,
    contentType: string,
    stream: Readable,
    signal?: AbortSignal,
  ): Promise<StoredFile> {
    const id = newId()
    const key = uploadPrefix + id
    try {
      const type = acceptedContentType(contentType)
      const { bytes, sha256 } = await objects.put(key, stream, { contentType: type, maxBytes, signal })
      if (bytes === 0) throw new AppError('invalid_media', { message: 'The file is empty.' })
      const file = { filename: displayFilename(filename), contentType: type, bytes, sha256 }
      const row = await repository.insertStored({ id, userId, key, ...file })
      await announceStored(id)
      return toFile(row)
    } catch (error) {
      stream.destroy()
      await objects.remove(key).catch((cause: unknown) => logger.warn({ err: cause }, 'left to the sweep'))
      throw error
    }
  }

  /**
   * Looks whether a promised upload has arrived and settles it: `stored` with its measured size, or `deleted` where it is
   * longer than was announced. May be called any number of times; unknown ids are `deleted`.
   */
  async function confirmStored(objectId: string): Promise<ObjectStatus> {
    const row = await repository.find(objectId)
    if (!row) return 'deleted'
    if (row.status !== 'pending') return row.status
    const info = await objects.stat(row.key)
    if (!info) return 'pending'
    if (info.bytes > Number(row.bytes)) {
      await repository.refusePending(objectId)
      await objects.remove(row.key)
      logger.info(
        { objectId, bytes: info.bytes, announced: Number(row.bytes) },
        'upload longer than announced',
      )
      return 'deleted'
    }
    if (await repository.markStored(objectId, info)) await announceStored(objectId)
    return (await repository.find(objectId))?.status ?? 'deleted'
  }

  async function getOwned(userId: string, objectId: string): Promise<StoredFile | null> {
    const object = await getObject(objectId)
    return object?.userId === userId ? object : null
  }

  /** Null for deleted objects as well. */
  async function getObject(objectId: string): Promise<StoredFile | null> {
    const row = await repository.find(objectId)
    return row && row.status !== 'deleted' ? toFile(row) : null
  }

  /** A signed address of an object's content. @throws AppError `not_found`, `upload_incomplete` */
  async function signDownload(userId: string, objectId: string): Promise<SignedRequest> {
    const object = await getOwned(userId, objectId)
    if (!object) throw noSuchObject()
    const status = object.status === 'pending' ? await confirmStored(objectId) : object.status
    if (status === 'deleted') throw noSuchObject()
    if (status === 'pending') throw new AppError('upload_incomplete')
    return objects.signGet(object.key, {
      expiresInSeconds: downloadUrlSeconds,
      filename: object.filename,
      contentType: object.contentType,
    })
  }

  /** @throws AppError `not_found`, or `conflict` while a job that is not finished uses it */
  async function deleteObject(userId: string, objectId: string): Promise<void> {
    if (!(await repository.markDeletedUnlessUsed(objectId, userId))) {
      if (!(await getOwned(userId, objectId))) throw noSuchObject()
      throw new AppError('conflict', {
        message: 'A job that is not finished uses this object. Cancel the job or wait for it.',
      })
    }
    await objects.remove(uploadPrefix + objectId)
  }

  return {
    createUpload,
    receiveFile,
    confirmStored,
    getOwned,
    getObject,
    signDownload,
    deleteObject,
    list: (userId: string, page: { take: number; skip?: number; cursor?: { id: string } }) =>
      repository.list(userId, page),

    /** For the disk driver's upload route, which knows objects by key. */
    async confirmKey(key: string): Promise<void> {
      const row = await repository.findByKey(key)
      if (row) await confirmStored(row.id)
    },

    /** Calls `listener` with the id of every object that this process finds stored. Returns how to stop. */
    onStored(listener: (objectId: string) => Promise<void> | void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export type StorageService = ReturnType<typeof createStorageService>

export function toFile(row: ObjectRow): StoredFile {
  const { id, userId, key, status, filename, contentType, sha256, createdAt, expiresAt } = row
  const bytes = Number(row.bytes)
  return { objectId: id, userId, key, status, filename, contentType, bytes, sha256, createdAt, expiresAt }
}

export function tooLarge(maxBytes: number): AppError {
  return new AppError('payload_too_large', {
    message: `Uploads may have at most ${maxBytes} bytes.`,
    details: { max_bytes: maxBytes },
  })
}

function noSuchObject(): AppError {
  return new AppError('not_found', { message: 'There is no such object.' })
}
