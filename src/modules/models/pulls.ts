import type { ModelStore, PullProgress } from '../../inference'
import { AppError, toAppError } from '../../platform/errors'
import type { Logger } from '../../platform/logger'
import type { ModelRepository } from './repository'

const reportIntervalMs = 1_000

/** Why a pull is stopped. */
class PullStopped extends Error {
  constructor(readonly reason: 'canceled' | 'lost' | 'shutdown') {
    super(reason)
  }
}

export interface BackgroundPulls {
  /** Starts a pull, or joins the one that runs, in this process or another. Resolves once it is on its way. */
  start(id: string, version: string): Promise<void>
  /** Stops all pulls of this process and waits for their end. What has arrived is kept. */
  close(): Promise<void>
}

/** Pulls that nobody waits for: their progress and their end are in the table `model_pulls`. */
export function createBackgroundPulls(options: {
  store: Pick<ModelStore, 'pull'>
  repository: Pick<ModelRepository, 'claimPull' | 'reportPull' | 'finishPull'>
  logger: Logger
}): BackgroundPulls {
  const { store, repository, logger } = options
  const running = new Map<AbortController, Promise<void>>()

  async function run(id: string, version: string, runId: string, abort: AbortController): Promise<void> {
    let progress: PullProgress = { file: '', receivedBytes: 0, totalBytes: null }
    const report = async () => {
      const heard = await repository.reportPull(runId, { ...progress, file: progress.file || null })
      if (heard !== 'going-on') abort.abort(new PullStopped(heard))
    }
    const timer = setInterval(
      () => void report().catch((error: unknown) => logger.warn({ err: error }, 'progress not reported')),
      reportIntervalMs,
    )
    try {
      await store.pull(id, { version, signal: abort.signal, onProgress: (next) => (progress = next) })
      await report()
      await repository.finishPull(runId, { status: 'completed' })
      logger.info({ model: id, version }, 'model pulled')
    } catch (error) {
      await repository.finishPull(runId, outcomeOf(error, abort.signal))
      logger.warn({ err: error, model: id, version }, 'model not pulled')
    } finally {
      clearInterval(timer)
    }
  }

  return {
    async start(id, version) {
      const runId = await repository.claimPull(id, version)
      if (runId === null) return
      const abort = new AbortController()
      const done = run(id, version, runId, abort)
        .catch((error: unknown) => logger.error({ err: error, model: id }, 'end of a pull not written down'))
        .finally(() => running.delete(abort))
      running.set(abort, done)
    },
    async close() {
      for (const abort of running.keys()) abort.abort(new PullStopped('shutdown'))
      await Promise.all(running.values())
    },
  }
}

function outcomeOf(error: unknown, signal: AbortSignal) {
  const reason = signal.reason instanceof PullStopped ? signal.reason.reason : null
  if (reason === 'canceled') return { status: 'canceled' as const }
  const { code, message } =
    reason === 'shutdown'
      ? new AppError('unavailable', { message: 'The server stopped. Pull again to go on where it stopped.' })
      : toAppError(error)
  return { status: 'failed' as const, code, message }
}
