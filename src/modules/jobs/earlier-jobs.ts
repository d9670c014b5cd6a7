import path from 'node:path'
import type { EarlierWork } from '../../capabilities'
import { AppError } from '../../platform/errors'
import type { ObjectStore } from '../../platform/objects'
import { resultOf } from './job-view'
import type { JobRepository } from './repository'

export interface EarlierJobs {
  /** Why a new job on an upload cannot go on from another job; null where it can. */
  refusal(wanted: {
    userId: string
    jobId: string
    capability: string
    uploadId: string | null
  }): Promise<string | null>
  /** What is wanted of it, brought to a folder; undefined where it was deleted, or is damaged. */
  fetch(wanted: {
    userId: string
    jobId: string
    artifacts: readonly string[]
    folder: string
    signal: AbortSignal
  }): Promise<EarlierWork | undefined>
}

/** Jobs that others go on from. */
export function createEarlierJobs(
  repository: Pick<JobRepository, 'findOwned'>,
  objects: Pick<ObjectStore, 'getFile'>,
): EarlierJobs {
  return {
    async refusal({ userId, jobId, capability, uploadId }) {
      const job = await repository.findOwned(jobId, userId)
      if (!job) return 'There is no such job. It may have been deleted.'
      if (job.capability !== capability)
        return `That job is of ${job.capability}; only ${capability} goes on.`
      if (job.status !== 'completed') return `That job is ${job.status}; only a completed one goes on.`
      if (job.inputObjectId === null || job.inputObjectId !== uploadId) {
        return 'That job is of another upload. Start from the same one, as its `input.upload_id` names it.'
      }
      return null
    },
    async fetch({ userId, jobId, artifacts, folder, signal }) {
      const job = await repository.findOwned(jobId, userId)
      const result = job && resultOf(job)
      if (!result) return undefined
      try {
        const files = result.artifacts
          .filter(({ name }) => artifacts.includes(name))
          .map(async ({ name, key }) => {
            const file = path.join(folder, `earlier-${name}`)
            await objects.getFile(key, file, signal)
            return [name, file] as const
          })
        return { files: Object.fromEntries(await Promise.all(files)), models: result.models }
      } catch (error) {
        const isGone = error instanceof AppError && ['not_found', 'checksum_mismatch'].includes(error.code)
        if (isGone) return undefined
        throw error
      }
    },
  }
}
