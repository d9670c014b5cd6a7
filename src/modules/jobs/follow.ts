import type { Readable } from 'node:stream'
import { AppError, isErrorCode } from '../../platform/errors'
import type { ObjectStore } from '../../platform/objects'
import { createTurn, isFinal, type JobEvents } from './event-stream'
import { partKey } from './outputs'
import type { JobRow } from './repository'

/** How far a job is. */
export interface JobState extends Pick<JobRow, 'status' | 'attempt' | 'previewParts' | 'partialText'> {
  /** Why a job that failed or was canceled gives nothing. */
  error: AppError | null
}

export function stateOf(job: JobRow): JobState {
  const { status, attempt, previewParts, partialText } = job
  return { status, attempt, previewParts, partialText, error: errorOf(job) }
}

function errorOf({ status, errorCode, errorMessage }: JobRow): AppError | null {
  if (status === 'canceled') return new AppError('canceled')
  if (status !== 'failed') return null
  const code = isErrorCode(errorCode) ? errorCode : 'internal'
  return new AppError(code, errorMessage ? { message: errorMessage } : {})
}

export interface FollowOptions {
  jobId: string
  events: JobEvents
  read(): Promise<JobState>
  signal: AbortSignal
}

/**
 * The states of a job, each when something changed, up to the one that it ends in. Subscribes first and reads the row
 * then, so that no change falls between.
 * @throws AppError `canceled` when `signal` is aborted, `unavailable` when the server stops.
 */
export async function* followJob({ jobId, events, read, signal }: FollowOptions): AsyncGenerator<JobState> {
  const turn = createTurn()
  const bus = { closed: false }
  const close = () => {
    bus.closed = true
    turn.come()
  }
  const unwatch = events.watch(jobId, turn.come, close)
  signal.addEventListener('abort', turn.come)
  try {
    for (;;) {
      if (signal.aborted) throw new AppError('canceled')
      if (bus.closed) throw new AppError('unavailable')
      const state = await read()
      yield state
      if (isFinal(state.status)) return
      await turn.wait()
    }
  } finally {
    signal.removeEventListener('abort', turn.come)
    unwatch()
  }
}

/** A part of the preview of a job, as MP3 frames that play on from the part before. Parts are numbered from 1. */
export function readPart(
  objects: Pick<ObjectStore, 'read'>,
  jobId: string,
  attempt: number,
  number: number,
): Promise<Readable> {
  return objects.read(partKey({ jobId, attempt }, number))
}
