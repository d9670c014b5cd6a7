import type { FastifyReply } from 'fastify'
import { AppError } from '../../platform/errors'
import type { JobState, JobsModule } from '../jobs'
import type { Caller } from './once'

type Jobs = Pick<JobsModule, 'service' | 'follow'>

/** Aborted when the client goes before it has its whole answer. */
export function abandonment(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}

/**
 * The states of a job up to its completion. A client that goes away takes its job with it, unless it has a key to ask
 * for it again.
 * @throws AppError why the job gives nothing.
 */
export async function* untilCompleted(
  jobs: Jobs,
  caller: Caller,
  jobId: string,
  signal: AbortSignal,
): AsyncGenerator<JobState> {
  try {
    for await (const state of jobs.follow(caller.userId, jobId, signal)) {
      if (state.error) throw state.error
      yield state
    }
  } finally {
    // Also where nobody asks for the next state any more; a job that is finished stays as it is.
    if (signal.aborted && caller.idempotencyKey === null) await jobs.service.cancel(caller.userId, jobId)
  }
}

/** Waits for the job's completion. @throws as `untilCompleted`. */
export async function completion(
  jobs: Jobs,
  caller: Caller,
  jobId: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const { status } of untilCompleted(jobs, caller, jobId, signal)) {
    if (status === 'completed') return
  }
  throw new AppError('unavailable')
}

/** An event as server-sent events write it; OpenAI's carry their type in the data alone. */
export const eventOf = (data: object) => `data: ${JSON.stringify(data)}\n\n`

/**
 * What a generator gives, once it has given the first: until then it may fail with an ordinary answer.
 * @throws what the generator throws before its first value.
 */
export async function begun<T>(source: AsyncGenerator<T>): Promise<AsyncGenerator<T>> {
  const first = await source.next()
  return (async function* () {
    try {
      if (first.done) return
      yield first.value
      yield* source
    } finally {
      await source.return(undefined)
    }
  })()
}
