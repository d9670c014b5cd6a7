import { createFfmpeg } from '../audio/ffmpeg'
import { createCapabilityRegistry, type CapabilityDefinition } from '../capabilities'
import { createModelStore, type JobLog } from '../inference'
import { createModelCache, type ModelCache } from '../inference/model-cache'
import { createOrtRuntime, parseExecutionProviders } from '../inference/ort-runtime'
import { AppError } from '../platform/errors'
import { createTaskExecutor, type TaskExecutor } from './execute'
import { toWireError, type FromChild, type LogLevel, type RunnerSettings, type ToChild } from './protocol'

const progressIntervalMs = 100
const usageIntervalMs = 5_000
const defaultModelIdleMs = 10 * 60_000

/**
 * Turns this process into a runner: it takes one task at a time over the channel of `child_process.fork`. It ends,
 * with all it has started, when the channel closes.
 */
export function serveRunner(definitions: readonly CapabilityDefinition[]): void {
  const send = (message: FromChild) => {
    if (process.connected) process.send?.(message)
  }
  const log = channelLog(send)
  let runner: { executor: TaskExecutor; models: ModelCache } | undefined
  let running: { taskId: number; abort: AbortController } | undefined

  const usage = () => ({ rssBytes: process.memoryUsage.rss(), models: runner?.models.loaded() ?? [] })

  const start = async (settings: RunnerSettings) => {
    runner = await build(definitions, settings, log)
    await Promise.all(settings.warm.map((capability) => warm(runner!.executor, capability, log)))
    send({ type: 'ready', usage: usage() })
    setInterval(() => send({ type: 'usage', usage: usage() }), usageIntervalMs).unref()
  }

  const run = async ({ taskId, task }: Extract<ToChild, { type: 'run' }>) => {
    const abort = new AbortController()
    running = { taskId, abort }
    try {
      if (!runner) throw new AppError('internal', { message: 'The runner is not ready.' })
      const result = await runner.executor.execute(task, {
        signal: abort.signal,
        seed: task.seed ?? 0,
        log,
        progress: throttledProgress(taskId, send),
        publishPart: (path) => send({ type: 'part', taskId, path }),
      })
      send({ type: 'done', taskId, result, usage: usage() })
    } catch (error) {
      // Whoever cancels wants the machine back, not only the job ended.
      if (abort.signal.aborted) await runner?.models.clear().catch(() => undefined)
      send({ type: 'failed', taskId, error: toWireError(error), usage: usage() })
    } finally {
      running = undefined
    }
  }

  process.on('message', (message: ToChild) => {
    if (message.type === 'init') void start(message.settings).catch(exitWith)
    else if (message.type === 'run') void run(message)
    else if (running?.taskId === message.taskId) running.abort.abort(new AppError('canceled'))
  })
  process.on('disconnect', endWithGroup)
}

async function build(definitions: readonly CapabilityDefinition[], settings: RunnerSettings, log: JobLog) {
  const models = createModelCache({
    runtime: createOrtRuntime({ providers: parseExecutionProviders(settings.executionProviders), log }),
    maxBytes: settings.modelMemoryBytes,
    idleMs: settings.modelIdleMs ?? defaultModelIdleMs,
  })
  const store = await createModelStore({ modelsDir: settings.modelsDir, dataDir: settings.dataDir })
  const executor = createTaskExecutor({
    registry: createCapabilityRegistry(definitions),
    store,
    models,
    ffmpeg: createFfmpeg(settings.binaries),
    translationServer: settings.translationServer,
    watermark: settings.watermark,
  })
  return { executor, models }
}

/** A model that does not load is no reason not to start: the job that wants it will say why. */
async function warm(executor: TaskExecutor, capability: string, log: JobLog): Promise<void> {
  try {
    await executor.warm(capability)
  } catch (error) {
    log.warn({ capability, reason: String(error) }, 'model could not be loaded ahead of time')
  }
}

function exitWith(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

/** The pool starts each runner as the head of its own process group, so that its ffmpeg processes go with it. */
function endWithGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    process.exit(0)
  }
}

function channelLog(send: (message: FromChild) => void): JobLog {
  const at = (level: LogLevel) => (details: object, message: string) =>
    send({ type: 'log', level, details, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn') }
}

/** At most ten reports a second, but every change of stage. */
function throttledProgress(taskId: number, send: (message: FromChild) => void) {
  let lastStage = ''
  let lastAt = 0
  return (stage: string, fraction: number, text?: string) => {
    const now = performance.now()
    if (stage === lastStage && now - lastAt < progressIntervalMs) return
    lastStage = stage
    lastAt = now
    send({ type: 'progress', taskId, progress: { stage, fraction, text } })
  }
}
