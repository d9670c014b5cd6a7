import type { Database } from '../../platform/database'
import type { ObjectStore } from '../../platform/objects'
import type { PersonalData } from '../../platform/personal-data'
import { jobResultSchema } from './job-result'
import { removeJobObjects } from './outputs'

const batchSize = 100

export interface JobPersonalDataOptions {
  database: Database
  objects: ObjectStore
  /** Whether the output was downloaded: what was not paid for is not given away by an export. */
  isPaid(jobId: string): Promise<boolean>
}

/** Jobs, their results and corrected transcripts. */
export function createJobPersonalData({ database, objects, isPaid }: JobPersonalDataOptions): PersonalData {
  async function* jobsOf(userId: string) {
    for (let after = ''; ;) {
      const rows = await database.audioProcessingJob.findMany({
        where: { userId, ...(after ? { id: { gt: after } } : {}) },
        include: { transcripts: { orderBy: { version: 'asc' } } },
        orderBy: { id: 'asc' },
        take: batchSize,
      })
      yield* rows
      if (rows.length < batchSize) return
      after = rows.at(-1)!.id
    }
  }

  return {
    async *export(userId) {
      for await (const job of jobsOf(userId)) {
        const result = jobResultSchema.safeParse(job.result)
        const paid = await isPaid(job.id)
        const { id, capability, modelId, status, inputText, parameters, seed, errorMessage } = job
        yield {
          name: `jobs/${id}/job.json`,
          json: {
            ...{ id, capability, model: modelId, status, input_text: inputText, parameters, seed, paid },
            error: errorMessage,
            created_at: job.createdAt,
            completed_at: job.completedAt,
            duration_seconds: result.data?.durationSeconds ?? null,
            corrections: paid ? job.transcripts.map(({ version, body }) => ({ version, body })) : [],
          },
        }
        const key = paid ? result.data?.outputKey : undefined
        const stored = key === undefined ? null : await objects.stat(key)
        if (key === undefined || !stored) continue
        const name = `jobs/${id}/${key.slice(key.lastIndexOf('/') + 1)}`
        yield { name, bytes: stored.bytes, open: () => objects.read(key) }
      }
    },
    async erase(userId) {
      for await (const { id } of jobsOf(userId)) {
        await database.audioProcessingJob.deleteMany({ where: { id } })
        await removeJobObjects(objects, id)
      }
    },
  }
}
