import { AppError } from '../../platform/errors'
import type { Logger } from '../../platform/logger'
import type { ObjectStore } from '../../platform/objects'
import type { VoiceRepository, VoiceRow } from './repository'
import { sampleReportSchema, type CheckOutcome } from './schemas'

/** How a check of a sample stands. */
export type CheckState =
  | { status: 'running' }
  | { status: 'completed'; details: unknown; outputKey: string }
  | { status: 'failed'; reason: string }

/** Checks are jobs like others: queued, tried again, and not lost in a crash. */
export interface SampleCheckJobs {
  /** Starts the job as soon as the upload is there. @throws AppError where this installation cannot check samples. */
  start(check: { jobId: string; userId: string; uploadId: string }): Promise<void>
  /** Null where there is no such job. */
  state(jobId: string): Promise<CheckState | null>
  /** Removes the job with its outputs, whatever its state. */
  discard(userId: string, jobId: string): Promise<void>
}

export interface SampleChecksOptions {
  repository: VoiceRepository
  jobs: SampleCheckJobs
  objects: ObjectStore
  /** Removes an upload that has served its purpose. */
  deleteUpload(userId: string, uploadId: string): Promise<void>
  /** Whether a person looks at samples that passed. */
  moderation: boolean
  logger: Logger
}

/** A voice whose check never started after this time lost it in a crash. */
const startPatienceMs = 30_000
const batchSize = 500

export const voicesPrefix = 'voices/'
export const voicePrefix = (voiceId: string) => `${voicesPrefix}${voiceId}/`

export async function removeVoiceObjects(objects: ObjectStore, voiceId: string): Promise<void> {
  for await (const { key } of objects.list(voicePrefix(voiceId))) await objects.remove(key)
}

/** Takes over what checks have found. Every step may happen twice, in several processes, without harm. */
export function createSampleChecks(options: SampleChecksOptions) {
  const { repository, jobs, objects, logger } = options

  async function keepSample(voiceId: string, outputKey: string): Promise<string> {
    const key = `${voicePrefix(voiceId)}sample.flac`
    await objects.put(key, await objects.read(outputKey), { contentType: 'audio/flac' })
    return key
  }

  async function takeOver(voice: VoiceRow, state: Exclude<CheckState, { status: 'running' }>): Promise<void> {
    if (voice.status === 'checking') {
      const outcome = outcomeOf(state, options.moderation)
      const sampleKey =
        outcome.status !== 'rejected' && state.status === 'completed'
          ? await keepSample(voice.id, state.outputKey)
          : null
      await repository.settle(voice.id, { ...outcome, sampleKey })
    }
    // Withdrawn meanwhile: its owner wants nothing of it kept.
    if ((await repository.find(voice.id))?.status === 'withdrawn') await removeVoiceObjects(objects, voice.id)
  }

  async function forget({ id, userId, checkJobId, uploadId }: VoiceRow): Promise<void> {
    if (checkJobId) await jobs.discard(userId, checkJobId)
    if (uploadId) await options.deleteUpload(userId, uploadId)
    await repository.forgetCheck(id)
  }

  async function settle(voice: VoiceRow): Promise<void> {
    const { id, userId, checkJobId, uploadId } = voice
    if (checkJobId === null) return
    const state = await jobs.state(checkJobId)
    if (state?.status === 'running') return
    if (state) await takeOver(voice, state)
    else if (voice.status === 'checking') {
      if (Date.now() - voice.createdAt.getTime() < startPatienceMs) return
      if (uploadId) return jobs.start({ jobId: checkJobId, userId, uploadId })
      await repository.settle(id, { ...rejected('The check of the sample was lost.'), sampleKey: null })
    }
    await forget(voice)
  }

  return {
    async sweep(): Promise<void> {
      for (const voice of await repository.beingChecked(batchSize)) {
        await settle(voice).catch((error: unknown) =>
          logger.warn({ err: error, voiceId: voice.id }, 'check of a voice not taken over, is tried again'),
        )
      }
    },
  }
}

function outcomeOf(state: Exclude<CheckState, { status: 'running' }>, moderation: boolean): CheckOutcome {
  if (state.status === 'failed') return rejected(state.reason)
  const report = sampleReportSchema.safeParse(state.details)
  if (!report.success) {
    throw new AppError('internal', {
      message: 'The report of the check cannot be read.',
      cause: report.error,
    })
  }
  const { accepted, findings, profile } = report.data
  if (!accepted) {
    const advice = findings.flatMap((finding) => finding.advice ?? [])
    return { ...rejected(advice.join(' ') || 'The sample did not pass its checks.'), findings }
  }
  return { status: moderation ? 'awaiting_moderation' : 'ready', reason: null, findings, profile }
}

function rejected(reason: string): CheckOutcome {
  return { status: 'rejected', reason, findings: [], profile: null }
}
