import { randomUUID } from 'node:crypto'
import { availableParallelism, hostname, totalmem } from 'node:os'
import path from 'node:path'
import { installationMark } from './installation-mark'
import { createProcessor, type JobFinished } from './modules/jobs'
import { createModelsWorker } from './modules/models'
import type { Metrics } from './platform/metrics'
import { createQueueConsumers } from './platform/queue'
import { createRunnerPool } from './runner'
import { createFoundation, type ContainerOptions } from './foundation'

export interface WorkerOptions extends ContainerOptions {
  /** Capabilities to serve; all where none are named. */
  capabilities?: readonly string[] | undefined
  /** Program of the runner processes. */
  runnerEntry: string
}

export type WorkerContainer = Awaited<ReturnType<typeof createWorkerContainer>>

/** The worker's modules, wired. */
export async function createWorkerContainer(options: WorkerOptions) {
  const foundation = await createFoundation(options, options.config.workerConcurrency + 3)
  const { config, logger, database, events, objects, storage, registry, ffmpeg, workDir, metrics, queue } =
    foundation
  const names = options.capabilities?.map((id) => registry.get(id).id) ?? registry.list().map(({ id }) => id)
  const workerId = randomUUID()
  const runners = createRunnerPool({
    size: config.workerConcurrency,
    entry: options.runnerEntry,
    environment: config.environment,
    settings: {
      modelsDir: path.join(config.rootDir, 'models'),
      dataDir: config.dataDir,
      binaries: ffmpeg.binaries,
      executionProviders: config.EXECUTION_PROVIDERS,
      modelMemoryBytes: config.MODEL_MEMORY_MB * 1024 * 1024,
      warm: names,
      translationServer: config.translationServer,
      watermark: config.WATERMARK ? installationMark(options.installation.secret) : undefined,
    },
    onLog: (level, details, message) => logger[level](details, message),
  })
  const models = await createModelsWorker({
    nonCommercial: config.NON_COMMERCIAL_MODELS,
    database,
    events,
    runners,
    workerId,
    facts: {
      host: hostname(),
      pid: process.pid,
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      executionProviders: config.EXECUTION_PROVIDERS,
      capabilities: names,
      concurrency: config.workerConcurrency,
      startedAt: new Date().toISOString(),
    },
    logger,
  })
  const maxInputSeconds = config.AUDIO_MAX_MINUTES * 60
  const processor = createProcessor({
    workerId,
    database,
    events,
    objects,
    storage,
    runners: models.runners,
    concurrency: config.workerConcurrency,
    registry,
    models: foundation.modelStore,
    resources: foundation.resources,
    workDir,
    previewSeconds: config.PREVIEW_SECONDS || maxInputSeconds,
    maxInputSeconds,
    maxAttempts: config.JOB_ATTEMPTS,
    logger,
    onFinished: (run) => {
      recordRun(metrics, run)
      models.learn(run)
    },
  })
  const consumers = createQueueConsumers({
    ...queue,
    names,
    concurrency: config.workerConcurrency,
    handle: (capability, id) => processor.handle(capability, id),
  })
  return { ...foundation, workerId, names, runners, models, processor, consumers }
}

function recordRun(metrics: Metrics, { capability, status, result }: JobFinished): void {
  metrics.jobsFinished.inc({ capability, status })
  if (!result) return
  const { timingsMs, realTimeFactor, provider, model } = result.report
  for (const [stage, ms] of Object.entries(timingsMs)) {
    metrics.jobStageSeconds.observe({ capability, stage }, ms / 1000)
  }
  metrics.realTimeFactor.observe({ capability, model: model.id, provider }, realTimeFactor)
}
