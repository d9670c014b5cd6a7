import type { TaskResult } from '../../capabilities'
import type { Database } from '../../platform/database'
import type { EventBus } from '../../platform/events'
import type { Logger } from '../../platform/logger'
import type { RunnerPool } from '../../runner'
import { createChoicesCache } from './choices'
import { createModelRepository, type WorkerFacts } from './repository'

export interface ModelsWorkerOptions {
  database: Database
  events: EventBus
  /** Whether the operator allows models whose licence forbids commercial use. */
  nonCommercial: boolean
  runners: RunnerPool
  workerId: string
  facts: WorkerFacts
  logger: Logger
}

const reportIntervalMs = 5_000

export type ModelsWorker = Awaited<ReturnType<typeof createModelsWorker>>

/** The worker's side of models: chosen versions, learned speeds, and reports of what is loaded. */
export async function createModelsWorker(options: ModelsWorkerOptions) {
  const { database, events, nonCommercial, runners, workerId, facts, logger } = options
  const repository = createModelRepository(database)
  const choices = await createChoicesCache({ repository, nonCommercial, events, logger })
  let timer: NodeJS.Timeout | undefined

  const report = () =>
    repository
      .reportWorker(workerId, facts, runners.usage())
      .catch((error: unknown) => logger.warn({ err: error }, 'loaded models not reported'))

  return {
    /** The runners, with every task on the models and versions that administrators chose. */
    runners: {
      ...runners,
      run: (task, control) => runners.run({ ...task, choices: choices.current().models }, control),
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
      choices.close()
      await repository.forgetWorker(workerId).catch(() => undefined)
    },
  }
}
