import type { AudioProcessingJobModel, StoredObjectModel } from '../../platform/database'
import type { ObjectStore } from '../../platform/objects'
import { isErrorCode } from '../../platform/errors'
import { isPlayable } from '../storage'
import { jobResultSchema, type JobResult } from './job-result'
import { viewQuality } from './quality-view'
import type { JobView } from './schemas'

/** What a view needs of the job's input. */
export const viewedInput = { filename: true, key: true, contentType: true, status: true } as const

export type ViewableJob = AudioProcessingJobModel & {
  inputObject: Pick<StoredObjectModel, keyof typeof viewedInput> | null
}

const previewUrlSeconds = 3600

export function resultOf(job: AudioProcessingJobModel): JobResult | null {
  return job.result === null ? null : jobResultSchema.parse(job.result)
}

/** Name under which an output is offered: the input's, with what was done to it and the new extension. */
export function downloadName(job: ViewableJob, extension: string): string {
  const stem = job.inputObject?.filename.replace(/\.[^.]*$/, '')
  return `${stem === undefined ? '' : `${stem}.`}${job.capability}.${extension}`
}

/** A job as the API shows it. `downloaded`: its output was paid for. */
export async function viewJob(job: ViewableJob, objects: ObjectStore, downloaded: boolean): Promise<JobView> {
  const result = resultOf(job)
  const signed = async (key: string | null | undefined, contentType?: string) =>
    key
      ? (
          await objects.signGet(key, {
            expiresInSeconds: previewUrlSeconds,
            contentType: contentType ?? 'audio/mpeg',
          })
        ).url
      : null
  const inputPreview = () => {
    if (result?.inputPreviewKey) return signed(result.inputPreviewKey)
    const { inputObject } = job
    if (inputObject?.status !== 'stored' || !isPlayable(inputObject.contentType)) return null
    return signed(inputObject.key, inputObject.contentType)
  }
  return {
    job_id: job.id,
    capability: job.capability,
    model_name: job.modelId,
    status: job.status,
    progress: {
      stage: job.stage ?? (job.awaitingInput ? 'waiting-for-upload' : 'queued'),
      fraction: job.fraction,
      text: job.partialText,
    },
    input_text: job.inputText?.slice(0, 200) ?? null,
    stream_url: job.previewParts > 0 ? `/api/audio/jobs/${job.id}/stream` : null,
    parameters: job.parameters as Record<string, unknown>,
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    completed_at: job.completedAt?.toISOString() ?? null,
    error: job.errorCode
      ? { code: isErrorCode(job.errorCode) ? job.errorCode : 'internal', message: job.errorMessage ?? '' }
      : null,
    input:
      job.inputType === 'audio'
        ? {
            upload_id: job.inputObjectId,
            filename: job.inputObject?.filename ?? null,
            duration_seconds: result?.inputSeconds ?? null,
            preview_url: await inputPreview(),
          }
        : null,
    output: result && {
      content_type: result.contentType,
      duration_seconds: result.durationSeconds,
      cost_seconds: result.costSeconds,
      kind: result.kind,
      preview_url: await signed(result.previewKey),
      preview_text: result.previewText,
      filename: downloadName(job, result.outputKey.split('.').at(-1) ?? ''),
      sample_rate_hz: result.sampleRateHz,
      channels: result.channels,
      waveform: result.waveform,
      quality: viewQuality(result.quality),
      artifacts: await Promise.all(
        result.artifacts.map(async ({ name, key, contentType, bytes, free }) => ({
          name,
          content_type: contentType,
          bytes,
          url: free || downloaded ? await signed(key, contentType) : null,
        })),
      ),
      details: result.details,
      downloaded,
      metrics: {
        timings_ms: result.metrics.timingsMs,
        real_time_factor: result.metrics.realTimeFactor,
        provider: result.metrics.provider,
      },
    },
  }
}
