import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

import type { TaskResult } from '../capabilities'
import { AppError, toAppError } from '../platform/errors'
import type { LogLevel, RunnerSettings, RunnerTask, RunnerUsage } from './protocol'
import { abortError, startRunnerProcess, type RunnerProcess, type TaskControl } from './runner-process'

export interface RunnerPoolOptions {
  /** Processes, each working on one task at a time. */
  size: number
  /** The child's program: `src/runner/child.ts`, or its bundle. */
  entry: string
  /** Node's own arguments for the child. Default: a TypeScript loader where `entry` needs one. */
  execArgv?: readonly string[]
  /** Where the child's environment is taken from; only names that carry no secrets are passed on. */
  environment?: Record<string, string | undefined>
  settings: RunnerSettings
  /** A process that has grown beyond this is replaced after its task. Default: 2 GiB above the model memory. */
  recycleRssBytes?: number
  onLog?(level: LogLevel, details: object, message: string): void
}

/** Child processes that run capabilities' handlers, so that a crash or a kill there touches nothing else. */
export interface RunnerPool {
  /**
   * Runs a task in the next free process.
   * @throws AppError of the handler, `canceled` (within two seconds of the abort), `deadline_exceeded`,
   *   `runner_crashed`.
   */
  run(task: RunnerTask, control: TaskControl): Promise<TaskResult>
  /** Resolves when all processes can take tasks. */
  ready(): Promise<void>
  /** Memory and loaded models of every process. */
  usage(): RunnerUsage[]
  /** Tasks at work and waiting. */
  load(): { running: number; waiting: number }
  /** Ends all processes; tasks at work and waiting fail with `unavailable`, to be tried elsewhere. */
  close(): Promise<void>
}

/** What the child may see of the environment: where programs, libraries and temporary files are. */
const passedNames = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'LC_ALL',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
]
const require = createRequire(import.meta.url)
const gibibyte = 1024 ** 3
/** Samples and tensors live outside of the heap: a heap of this size is a fault. */
const maxHeapMb = 1024
const initialHeapMb = 128
const restartDelayMs = 500
const maxStartFailures = 3

/**
 * Large pages for samples and tensors, where the platform has them: starting ffmpeg copies this process's page tables,
 * and takes half as long with fewer of them.
 */
const allocatorEnvironment = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }

interface Waiting {
  start(runner: RunnerProcess): void
  fail(error: AppError): void
}

interface Slot {
  runner: RunnerProcess
  state: 'starting' | 'idle' | 'busy'
}

export function createRunnerPool(options: RunnerPoolOptions): RunnerPool {
  const slots = new Set<Slot>()
  const waiting: Waiting[] = []
  const recycleRssBytes = options.recycleRssBytes ?? options.settings.modelMemoryBytes + 2 * gibibyte
  let startFailures = 0
  let closing = false

  const start = (): void => {
    if (closing) return
    const runner = startRunnerProcess({
      entry: options.entry,
      execArgv: [
        `--max-old-space-size=${maxHeapMb}`,
        // There is a runner for every core: what the collector's helper threads would do, they would take from another.
        '--single-threaded-gc',
        // Samples lie outside of the heap, and count as its growth: without this, every task ends in a full collection.
        `--initial-old-space-size=${initialHeapMb}`,
        ...(options.execArgv ?? loaderArguments(options.entry)),
      ],
      env: pickEnvironment(options.environment ?? {}),
      settings: options.settings,
      onLog: options.onLog,
    })
    const slot: Slot = { runner, state: 'starting' }
    slots.add(slot)
    void runner.exited.then(() => replace(slot))
    runner.ready.then(
      () => {
        startFailures = 0
        slot.state = 'idle'
        dispatch()
      },
      (error: unknown) => startFailed(error),
    )
  }

  const replace = (slot: Slot): void => {
    const delayMs = slot.state === 'starting' ? restartDelayMs * 2 ** Math.min(startFailures, 6) : 0
    slots.delete(slot)
    if (!closing) setTimeout(start, delayMs).unref()
  }

  /** Tasks do not wait for processes that never come up. */
  const startFailed = (error: unknown): void => {
    startFailures += 1
    if (closing || startFailures < maxStartFailures) return
    options.onLog?.('warn', { reason: String(error) }, 'runner processes do not start')
    const reason = new AppError('runner_crashed', {
      message: 'The audio processes do not start.',
      cause: error,
    })
    for (const task of waiting.splice(0)) task.fail(reason)
  }

  const dispatch = (): void => {
    for (const slot of slots) {
      if (waiting.length === 0) return
      if (slot.state === 'idle') occupy(slot, waiting.shift()!)
    }
  }

  const occupy = (slot: Slot, task: Waiting): void => {
    slot.state = 'busy'
    task.start(slot.runner)
  }

  const vacate = (runner: RunnerProcess): void => {
    const slot = [...slots].find((candidate) => candidate.runner === runner)
    if (!slot) return
    if (runner.usage().rssBytes > recycleRssBytes) return runner.kill()
    slot.state = 'idle'
    dispatch()
  }

  for (let index = 0; index < options.size; index++) start()

  return {
    run(task, control) {
      if (closing) return Promise.reject(shuttingDown())
      return new Promise<TaskResult>((resolve, reject) => {
        const entry: Waiting = {
          start(runner) {
            control.signal?.removeEventListener('abort', leave)
            runner
              .run(task, control)
              .then(resolve, (error: unknown) => reject(closing ? shuttingDown() : toAppError(error)))
              .finally(() => vacate(runner))
          },
          fail(error) {
            control.signal?.removeEventListener('abort', leave)
            reject(error)
          },
        }
        const leave = () => {
          waiting.splice(waiting.indexOf(entry), 1)
          entry.fail(abortError(control.signal))
        }
        if (control.signal?.aborted) return reject(abortError(control.signal))
        control.signal?.addEventListener('abort', leave, { once: true })
        waiting.push(entry)
        dispatch()
      })
    },
    async ready() {
      await Promise.all([...slots].map(({ runner }) => runner.ready))
    },
    usage: () => [...slots].map(({ runner }) => runner.usage()),
    load: () => ({
      running: [...slots].filter(({ state }) => state === 'busy').length,
      waiting: waiting.length,
    }),
    async close() {
      closing = true
      for (const task of waiting.splice(0)) task.fail(shuttingDown())
      const exits = [...slots].map(({ runner }) => runner.exited)
      for (const { runner } of slots) runner.kill()
      await Promise.all(exits)
    },
  }
}

function shuttingDown(): AppError {
  return new AppError('unavailable', { message: 'The worker is shutting down.' })
}

function loaderArguments(entry: string): string[] {
  return entry.endsWith('.ts') ? ['--import', pathToFileURL(require.resolve('tsx')).href] : []
}

function pickEnvironment(environment: Record<string, string | undefined>): Record<string, string> {
  return {
    ...allocatorEnvironment,
    ...Object.fromEntries(
      passedNames.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
    ),
  }
}
