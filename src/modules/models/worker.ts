import type { TaskResult } from '../../capabilities'
import type { Database } from '../../platform/database'
import type { Logger } from '../../platform/logger'
import type { RunnerPool } from '../../runner'
import { createModelRepository } from './repository'

export interface ModelsWorkerOptions {
  database: Database
  runners: RunnerPool
  workerId: string
  logger: Logger
}

const reportIntervalMs = 5_000

export type ModelsWorker = ReturnType<typeof createModelsWorker>

/** The worker's side of models: chosen versions, learned speeds, and reports of what is loaded. */
export function createModelsWorker({ database, runners, workerId, logger }: ModelsWorkerOptions) {
  const repository = createModelRepository(database)
  let timer: NodeJS.Timeout | undefined

  const report = () =>
    repository
      .reportWorker(workerId, runners.usage())
      .catch((error: unknown) => logger.warn({ err: error }, 'loaded models not reported'))

  return {
    /** The runners, with every task on the version of its model that an administrator chose. */
    runners: {
      ...runners,
      async run(task, control) {
        const chosen = task.model === undefined ? null : await repository.versionOf(task.model)
        return runners.run(chosen === null ? task : { ...task, modelVersion: chosen }, control)
      },
    } satisfies RunnerPool,
    /** Takes a run's times into the figures that estimates are made of. */
    learn({ seconds, result }: { seconds: number; result?: TaskResult }): void {
      void report()
      if (!result || result.inputSeconds <= 0) return
      const { model, provider, realTimeFactor } = result.report
      repository
        .learnSpeed(
          { id: model.id, provider },
          {
            inputSeconds: result.inputSeconds,
            inferenceSeconds: realTimeFactor * result.inputSeconds,
            processingSeconds: seconds,
          },
        )
        .catch((error: unknown) => logger.warn({ err: error }, 'speed of a model not learned'))
    },
    start(): void {
      void report()
      timer = setInterval(() => void report(), reportIntervalMs)
    },
    async stop(): Promise<void> {
      clearInterval(timer)
      await repository.forgetWorker(workerId).catch(() => undefined)
    },
  }
}
