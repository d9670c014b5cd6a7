import type { Logger } from '../../platform/logger'
import type { ObjectStore } from '../../platform/objects'
import type { StorageRepository } from './repository'
import { uploadPrefix, type StorageService } from './service'

const batchSize = 200
const orphanAgeMs = 3600 * 1000
/** Unfinished writes are given longer: a large upload over a slow line may still be running. */
const leftoverAgeMs = 24 * 3600 * 1000

/** Another module's part of the object store, for the sweep. */
export interface SweptPrefix {
  prefix: string
  /** Which of these keys are still referred to. */
  known(keys: string[]): Promise<Set<string>>
}

export interface SweepResult {
  /** Uploads that were promised and never came. */
  expired: number
  /** Objects that no row refers to. */
  orphans: number
  /** Remains of writes that a crash cut off. */
  leftovers: number
}

export interface SweepOptions {
  repository: StorageRepository
  service: Pick<StorageService, 'confirmStored'>
  objects: ObjectStore
  logger: Logger
}

/** Clears away what nobody waits for any more. `now` is there for tests that move the clock. */
export function createSweep({ repository, service, objects, logger }: SweepOptions) {
  async function expirePending(now: Date): Promise<number> {
    let expired = 0
    for (;;) {
      const rows = await repository.expiredPending(now, batchSize)
      for (const { id, key } of rows) {
        // A client of S3 may have sent it without ever coming back to tell.
        if ((await service.confirmStored(id)) !== 'pending') continue
        if (!(await repository.refusePending(id))) continue
        await objects.remove(key)
        expired += 1
      }
      if (rows.length < batchSize) return expired
    }
  }

  async function removeOrphans({ prefix, known }: SweptPrefix, before: Date): Promise<number> {
    let removed = 0
    async function settle(keys: string[]): Promise<void> {
      const kept = await known(keys)
      for (const key of keys.filter((candidate) => !kept.has(candidate))) {
        await objects.remove(key)
        removed += 1
      }
    }
    let batch: string[] = []
    for await (const { key, lastModified } of objects.list(prefix)) {
      if (lastModified >= before) continue
      batch.push(key)
      if (batch.length < batchSize) continue
      await settle(batch)
      batch = []
    }
    if (batch.length > 0) await settle(batch)
    return removed
  }

  return async function sweep(others: SweptPrefix[] = [], now = new Date()): Promise<SweepResult> {
    const expired = await expirePending(now)
    const before = new Date(now.getTime() - orphanAgeMs)
    let orphans = 0
    for (const part of [{ prefix: uploadPrefix, known: repository.knownKeys }, ...others]) {
      orphans += await removeOrphans(part, before)
    }
    const leftovers = await objects.removeLeftovers(new Date(now.getTime() - leftoverAgeMs))
    const result = { expired, orphans, leftovers }
    if (expired + orphans + leftovers > 0) logger.info(result, 'storage swept')
    return result
  }
}
