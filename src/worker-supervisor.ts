import { fork, type ChildProcess } from 'node:child_process'
import type { Logger } from './platform/logger'

/** What a worker tells the server that started it. */
export type FromWorker = { type: 'ready'; workerId: string } | { type: 'metrics'; metrics: object[] }
/** The one thing that a server asks its worker for, over their channel. */
export const askForMetrics = 'metrics'

export interface WorkerSupervisorOptions {
  /** The product's own program, started again with `--worker`. */
  entry: string
  environment: Record<string, string | undefined>
  logger: Logger
  /** Called when a worker is gone, with the id that its claims carry. */
  onDied(workerId: string): Promise<void>
}

const restartDelayMs = 500
const metricsTimeoutMs = 1000

/** Keeps one worker process alive beside the server, so that a crash of it never takes the API down. */
export function superviseWorker({ entry, environment, logger, onDied }: WorkerSupervisorOptions) {
  let child: ChildProcess | undefined
  let stopping = false
  const waitingForMetrics: ((metrics: object[]) => void)[] = []

  function start(): void {
    let workerId: string | undefined
    const worker = fork(entry, ['--worker'], { env: environment as NodeJS.ProcessEnv })
    child = worker
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'metrics') waitingForMetrics.splice(0).forEach((give) => give(message.metrics))
      else workerId = message.workerId
    })
    worker.once('exit', (code, signal) => {
      if (child === worker) child = undefined
      if (stopping) return
      logger.error({ code, signal }, 'worker process ended, starting another')
      setTimeout(() => !stopping && start(), restartDelayMs)
      if (workerId === undefined) return
      onDied(workerId).catch((error: unknown) =>
        logger.warn({ err: error }, 'jobs of the dead worker wait for their lease'),
      )
    })
  }

  start()
  return {
    /** Metrics of the worker; none when it does not answer. */
    async metrics(): Promise<object[]> {
      if (!child?.connected) return []
      const answer = new Promise<object[]>((resolve) => waitingForMetrics.push(resolve))
      child.send(askForMetrics)
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<object[]>(
        (resolve) => (timer = setTimeout(() => resolve([]), metricsTimeoutMs)),
      )
      const metrics = await Promise.race([answer, late])
      clearTimeout(timer)
      return metrics
    },
    /** Lets the worker finish; kills it when `graceMs` has passed. */
    async stop(graceMs: number): Promise<void> {
      stopping = true
      const worker = child
      if (worker?.exitCode !== null || worker.signalCode !== null) return
      const exited = new Promise((resolve) => worker.once('exit', resolve))
      worker.kill('SIGTERM')
      const timer = setTimeout(() => worker.kill('SIGKILL'), graceMs)
      await exited
      clearTimeout(timer)
    },
  }
}
