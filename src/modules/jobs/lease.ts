import { AppError } from '../../platform/errors'
import type { Claim, JobRepository } from './repository'

/** How long a claim lasts without a heartbeat. */
export const leaseMs = 10_000
const heartbeatMs = leaseMs / 3

/** Why work on a job is stopped from outside. */
export type StopReason = 'canceled' | 'lost' | 'shutdown'

export class JobStopped extends AppError {
  constructor(readonly reason: StopReason) {
    super('canceled', { message: `The job was stopped: ${reason}.` })
  }
}

/**
 * Renews a job's lease until stopped, and aborts the work when the job was canceled or is no longer ours. A database
 * that is away does not stop the work: the conditional update at its end decides.
 */
export function holdLease(repository: JobRepository, claim: Claim) {
  const controller = new AbortController()
  /** For the reasons of `StopReason`, or with the error that the job is to fail with. */
  const stop = (reason: StopReason | AppError) =>
    controller.abort(reason instanceof AppError ? reason : new JobStopped(reason))
  const timer = setInterval(() => {
    repository.renewLease(claim, leaseMs).then(
      (state) => {
        if (state !== 'held') stop(state)
      },
      () => undefined,
    )
  }, heartbeatMs)
  return { signal: controller.signal, stop, release: () => clearInterval(timer) }
}
