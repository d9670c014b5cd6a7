import type { FastifyRequest } from 'fastify'
import type { Config } from '../../config'
import type { Database } from '../../platform/database'
import type { Logger } from '../../platform/logger'
import type { ObjectStore } from '../../platform/objects'
import { receiveForm, type ReceivedForm } from './multipart-upload'
import { createStorageRepository } from './repository'
import { createStorageService, type StorageService } from './service'
import { createSweep, type SweepResult, type SweptPrefix } from './sweep'

export { isPlayable } from './content-type'
export { acceptForms, type ReceivedForm } from './multipart-upload'
export { createStoragePersonalData } from './personal-data'
export { storageRoutes } from './routes'
export { toUploadTarget, uploadTargetSchema, type UploadTarget } from './schemas'
export type { NewUpload, StoredFile } from './service'
export type { SweepResult, SweptPrefix } from './sweep'

export interface StorageModuleOptions {
  database: Database
  objects: ObjectStore
  config: Pick<Config, 'UPLOAD_MAX_MB'>
  logger: Logger
}

export interface StorageModule extends StorageService {
  maxBytes: number
  /** Reads a form of a route that `acceptForms` prepared; its file is streamed to the object store. */
  receiveForm(userId: string, request: FastifyRequest): Promise<ReceivedForm>
  /** Removes expired promises and orphaned objects; other modules name their own parts of the store. */
  sweep(others?: SweptPrefix[], now?: Date): Promise<SweepResult>
}

/** Uploads: what users were promised, what has arrived, and who may have it. */
export function createStorageModule({
  database,
  objects,
  config,
  logger,
}: StorageModuleOptions): StorageModule {
  const maxBytes = config.UPLOAD_MAX_MB * 1024 * 1024
  const repository = createStorageRepository(database)
  const service = createStorageService({ repository, objects, maxBytes, logger })
  return {
    ...service,
    maxBytes,
    receiveForm: (userId, request) => receiveForm(service, maxBytes, userId, request),
    sweep: createSweep({ repository, service, objects, logger }),
  }
}
