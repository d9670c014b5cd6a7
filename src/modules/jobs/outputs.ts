import type { ObjectStore } from '../../platform/objects'
import path from 'node:path'
import type { TaskResult } from '../../capabilities'
import { AppError } from '../../platform/errors'
import type { SweptPrefix } from '../storage'
import type { JobResult } from './job-result'
import type { Claim, JobRepository } from './repository'

const rootPrefix = 'jobs/'
/** Keys of an attempt's outputs; another attempt of the same job writes elsewhere. */
const attemptPrefix = ({ jobId, attempt }: Claim) => `${jobPrefix(jobId)}${attempt}/`
export const jobPrefix = (jobId: string) => `${rootPrefix}${jobId}/`

const previewType = 'audio/mpeg'

/** Uploads what the runner wrote. Nothing refers to the objects until the job's completing update. */
export async function storeOutputs(
  objects: ObjectStore,
  claim: Claim,
  task: TaskResult,
  signal: AbortSignal,
): Promise<JobResult> {
  const prefix = attemptPrefix(claim)
  const outputKey = `${prefix}output${path.extname(task.output.path)}`
  const previewKey = `${prefix}preview.mp3`
  const inputPreviewKey = task.inputPreview ? `${prefix}input-preview.mp3` : null
  if (!task.preview) throw new AppError('engine_failed', { message: 'The job wrote no preview.' })
  const [output] = await Promise.all([
    objects.putFile(outputKey, task.output.path, { contentType: task.output.contentType, signal }),
    objects.putFile(previewKey, task.preview.path, { contentType: previewType, signal }),
    task.inputPreview && inputPreviewKey
      ? objects.putFile(inputPreviewKey, task.inputPreview.path, { contentType: previewType, signal })
      : undefined,
  ])
  return {
    outputKey,
    previewKey,
    inputPreviewKey,
    contentType: task.output.contentType,
    durationSeconds: task.output.durationSeconds,
    costSeconds: Math.max(1, Math.ceil(task.output.durationSeconds)),
    inputSeconds: task.inputSeconds,
    sampleRateHz: task.output.sampleRateHz,
    channels: task.output.channels,
    bytes: output.bytes,
    sha256: output.sha256,
    waveform: task.waveform,
    metrics: {
      timingsMs: task.report.timingsMs,
      realTimeFactor: task.report.realTimeFactor,
      provider: task.report.provider,
    },
  }
}

export async function removeOutputs(objects: ObjectStore, result: JobResult): Promise<void> {
  const keys = [result.outputKey, result.previewKey, result.inputPreviewKey]
  for (const key of keys) if (key) await objects.remove(key)
}

/** Removes everything of a job: all attempts and converted downloads. */
export async function removeJobObjects(objects: ObjectStore, jobId: string): Promise<void> {
  for await (const { key } of objects.list(jobPrefix(jobId))) await objects.remove(key)
}

/** The jobs' part of the object store, for the sweep: outputs of attempts that did not complete belong to nobody. */
export function sweptJobObjects(repository: Pick<JobRepository, 'resultsOf'>): SweptPrefix {
  return {
    prefix: rootPrefix,
    async known(keys) {
      const jobIdOf = (key: string) => key.split('/')[1] ?? ''
      const jobs = await repository.resultsOf([...new Set(keys.map(jobIdOf))])
      const isKnown = (key: string) => {
        const job = jobs.get(jobIdOf(key))
        if (!job) return false
        if (!job.finished) return true
        const attemptPath = job.outputKey?.slice(0, job.outputKey.lastIndexOf('/') + 1)
        return (
          attemptPath !== undefined &&
          (key.startsWith(attemptPath) || key.startsWith(`${jobPrefix(jobIdOf(key))}download.`))
        )
      }
      return new Set(keys.filter(isKnown))
    },
  }
}
