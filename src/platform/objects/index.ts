import path from 'node:path'
import type { Config } from '../../config'
import { createDiskObjectStore, type DiskObjectStore } from './disk-object-store'
import type { ObjectStore } from './object-store'
import { createS3ObjectStore } from './s3-object-store'

export { attachmentDisposition } from './content-disposition'
export { createDiskObjectStore, type DiskObjectStore, type DiskObjectStoreOptions } from './disk-object-store'
export { closeAfterRefusal } from './early-refusal'
export { objectRoutes, type ObjectRoutesOptions } from './object-routes'
export type * from './object-store'
export { createS3ObjectStore, type S3ObjectStoreOptions } from './s3-object-store'

export type ObjectStoreConfig = Pick<
  Config,
  | 'dataDir'
  | 'publicUrl'
  | 'S3_ENDPOINT'
  | 'S3_PUBLIC_ENDPOINT'
  | 'S3_BUCKET'
  | 'S3_REGION'
  | 'S3_ACCESS_KEY'
  | 'S3_SECRET_KEY'
>

/**
 * The store that the configuration names: S3 where there is an `S3_ENDPOINT`, else the folder `store` of the data
 * folder. `secret` signs the folder's addresses and has to be the same in every process.
 */
export function createObjectStore(config: ObjectStoreConfig, secret: string): ObjectStore {
  if (!config.S3_ENDPOINT) {
    return createDiskObjectStore({
      root: path.join(config.dataDir, 'store'),
      secret,
      baseUrl: config.publicUrl,
    })
  }
  return createS3ObjectStore({
    endpoint: config.S3_ENDPOINT,
    publicEndpoint: config.S3_PUBLIC_ENDPOINT,
    bucket: config.S3_BUCKET,
    region: config.S3_REGION,
    accessKey: config.S3_ACCESS_KEY ?? '',
    secretKey: config.S3_SECRET_KEY ?? '',
  })
}

/** Only the disk driver needs the app to serve its addresses. */
export function isDiskObjectStore(store: ObjectStore): store is DiskObjectStore {
  return store.kind === 'disk'
}
