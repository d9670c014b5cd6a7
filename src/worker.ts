import fastify, { LogController } from 'fastify'
import { ConfigError, type Config } from './config'
import { createWorkerContainer, type WorkerContainer, type WorkerOptions } from './worker-container'
import { openInstallation } from './installation'
import { createLogger } from './platform/logger'
import { askForMetrics, type FromWorker } from './worker-supervisor'

export interface Worker {
  start(): Promise<void>
  /** This process's metrics as prom-client's JSON. */
  metrics(): Promise<object[]>
  /**
   * Takes no new jobs, gives those in hand `graceMs` to finish, and hands the rest back to the queue.
   */
  drain(graceMs: number): Promise<void>
}

/** Time that handing jobs back may take, of the whole grace. */
const handBackMs = 3000

/** The worker role: this thread talks to queue, database and store only; audio work is in the runner processes. */
export function buildWorker(container: WorkerContainer): Worker {
  const {
    config,
    logger,
    events,
    consumers,
    processor,
    runners,
    models,
    database,
    metrics,
    workerId,
    names,
  } = container
  const operations =
    config.WORKER_PORT === undefined
      ? null
      : fastify({ loggerInstance: logger, logController: new LogController({ disableRequestLogging: true }) })

  function refreshGauges(): void {
    const usage = runners.usage()
    metrics.runnerMemoryBytes.set(usage.reduce((sum, runner) => sum + runner.rssBytes, 0))
    metrics.loadedModelBytes.reset()
    metrics.modelLoadSeconds.reset()
    const slowestMs = new Map<string, number>()
    for (const { id, bytes, provider, loadMs } of usage.flatMap(({ models }) => models)) {
      metrics.loadedModelBytes.inc({ model: id }, bytes)
      slowestMs.set(id, Math.max(loadMs, slowestMs.get(id) ?? 0))
      metrics.modelLoadSeconds.set({ model: id, provider }, slowestMs.get(id)! / 1000)
    }
  }

  async function listen(): Promise<void> {
    if (!operations) return
    operations.get('/healthz', () => ({ status: 'ok' }))
    operations.get('/metrics', async (_request, reply) => {
      refreshGauges()
      return reply.header('content-type', metrics.registry.contentType).send(await metrics.registry.metrics())
    })
    await operations.listen({ host: config.HOST, port: config.WORKER_PORT! })
  }

  return {
    async start() {
      await events.start()
      await runners.ready()
      await consumers.start()
      models.start()
      await listen()
      logger.info(
        { workerId, capabilities: names, concurrency: config.workerConcurrency },
        'worker takes jobs',
      )
    },
    async metrics() {
      refreshGauges()
      return metrics.registry.getMetricsAsJSON()
    },
    async drain(graceMs) {
      processor.drain()
      const timer = setTimeout(() => processor.handBack(), Math.max(0, graceMs - handBackMs))
      await consumers.close()
      clearTimeout(timer)
      processor.close()
      await Promise.allSettled([models.stop(), runners.close(), operations?.close(), events.close()])
      await database.$disconnect()
    },
  }
}

/** The worker role, from configuration to taking jobs. */
export async function startWorker(
  config: Config,
  options: Pick<WorkerOptions, 'capabilities' | 'runnerEntry' | 'registry'>,
): Promise<{ stop(): Promise<void> }> {
  if (config.DATABASE_URL === undefined) {
    throw new ConfigError([
      'DATABASE_URL: needed by a worker of its own; the embedded worker is started by the server',
    ])
  }
  const logger = createLogger('worker', config.LOG_LEVEL)
  const installation = await openInstallation(config, (message) => logger.info(message))
  const container = await createWorkerContainer({ config, installation, logger, ...options })
  const worker = buildWorker(container)
  await worker.start()
  answerServer(worker, container.workerId)
  return { stop: () => worker.drain(config.SHUTDOWN_SECONDS * 1000) }
}

/** Reports to the server that started this process, if one did. */
function answerServer(worker: Worker, workerId: string): void {
  if (!process.send) return
  const send = (message: FromWorker) => process.connected && process.send?.(message)
  process.on('message', (message) => {
    if (message !== askForMetrics) return
    worker.metrics().then(
      (metrics) => send({ type: 'metrics', metrics }),
      () => undefined,
    )
  })
  send({ type: 'ready', workerId })
}
