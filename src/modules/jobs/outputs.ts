import type { ObjectStore } from '../../platform/objects'
import path from 'node:path'
import type { TaskFile, TaskResult } from '../../capabilities'
import type { SweptPrefix } from '../storage'
import type { JobResult } from './job-result'
import type { Claim, JobRepository } from './repository'

const rootPrefix = 'jobs/'
/** Keys of an attempt's outputs; another attempt of the same job writes elsewhere. */
const attemptPrefix = ({ jobId, attempt }: Claim) => `${jobPrefix(jobId)}${attempt}/`
export const jobPrefix = (jobId: string) => `${rootPrefix}${jobId}/`

/** Uploads what the runner wrote. Nothing refers to the objects until the job's completing update. */
export async function storeOutputs(
  objects: ObjectStore,
  claim: Claim,
  task: TaskResult,
  signal: AbortSignal,
): Promise<JobResult> {
  const prefix = attemptPrefix(claim)
  const keyOf = (name: string, file: TaskFile) => `${prefix}${name}${path.extname(file.path)}`
  const put = async (key: string, file: TaskFile) => ({
    key,
    ...(await objects.putFile(key, file.path, { contentType: file.contentType, signal })),
  })
  const putPreview = async (name: string, file: TaskFile | null) =>
    file ? put(keyOf(name, file), file) : null
  const puts = [
    put(keyOf('output', task.output), task.output),
    putPreview('preview', task.preview),
    putPreview('input-preview', task.inputPreview),
    Promise.all(task.artifacts.map((artifact) => put(`${prefix}artifacts/${artifact.name}`, artifact))),
  ] as const
  const [output, preview, inputPreview, artifacts] = await Promise.all(puts).catch(async (error: unknown) => {
    // Those that were quicker than the one that failed are of no use, and may be what the room is wanted for.
    await Promise.allSettled(puts)
    await removeAttempt(objects, claim).catch(() => undefined)
    throw error
  })
  return {
    outputKey: output.key,
    kind: task.output.kind,
    previewKey: preview?.key ?? null,
    previewText: task.previewText,
    inputPreviewKey: inputPreview?.key ?? null,
    artifacts: task.artifacts.map(({ name, contentType, free }, index) => {
      const { key, bytes } = artifacts[index]!
      return { name, key, contentType, bytes, free }
    }),
    details: task.details,
    contentType: task.output.contentType,
    durationSeconds: task.output.durationSeconds,
    costSeconds: Math.ceil(task.billedSeconds),
    inputSeconds: task.inputSeconds,
    sampleRateHz: task.output.audio?.sampleRateHz ?? null,
    channels: task.output.audio?.channels ?? null,
    bytes: output.bytes,
    sha256: output.sha256,
    models: task.models ?? [],
    quality: task.quality ?? null,
    waveform: task.waveform,
    metrics: {
      timingsMs: task.report.timingsMs,
      realTimeFactor: task.report.realTimeFactor,
      provider: task.report.provider,
    },
  }
}

/** Parts of the preview that are handed out while the job runs, numbered from 1. */
export const partKey = (claim: Claim, number: number) => `${attemptPrefix(claim)}parts/${number}.mp3`

export async function removeParts(objects: ObjectStore, claim: Claim): Promise<void> {
  for await (const { key } of objects.list(`${attemptPrefix(claim)}parts/`)) await objects.remove(key)
}

async function removeAttempt(objects: ObjectStore, claim: Claim): Promise<void> {
  for await (const { key } of objects.list(attemptPrefix(claim))) await objects.remove(key)
}

export async function removeOutputs(objects: ObjectStore, result: JobResult): Promise<void> {
  const artifacts = result.artifacts.map(({ key }) => key)
  const keys = [result.outputKey, result.previewKey, result.inputPreviewKey, ...artifacts]
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
