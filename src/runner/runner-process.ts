import { fork, type ChildProcess } from 'node:child_process'

import type { TaskResult } from '../capabilities'
import { AppError } from '../platform/errors'
import {
  fromWireError,
  type FromChild,
  type LogLevel,
  type RunnerSettings,
  type RunnerTask,
  type RunnerUsage,
  type TaskProgress,
  type ToChild,
} from './protocol'

export interface RunnerProcessOptions {
  entry: string
  execArgv: readonly string[]
  /** The child's whole environment. */
  env: Record<string, string>
  settings: RunnerSettings
  onLog?(level: LogLevel, details: object, message: string): void
}

export interface TaskControl {
  signal?: AbortSignal
  /** From the start of the work in the child. */
  deadlineMs: number
  /** Longest time without a sign of progress. Default: five minutes. */
  stallMs?: number
  onProgress?(progress: TaskProgress): void
  /** A further part of the preview lies in this file, below the task's output folder. */
  onPart?(path: string): void
}

/** One child process that does one task at a time. */
export interface RunnerProcess {
  /** Resolves when it can take tasks, rejects where it ends before. */
  ready: Promise<void>
  /** Resolves with the process's end. */
  exited: Promise<void>
  usage(): RunnerUsage
  run(task: RunnerTask, control: TaskControl): Promise<TaskResult>
  /** Ends it and everything that it has started. */
  kill(): void
}

/** How long a canceled task may take to clean up after itself. */
const cancelGraceMs = 1_000
const defaultStallMs = 5 * 60_000
const stderrTailCharacters = 4_096

interface CurrentTask {
  taskId: number
  onProgress?(progress: TaskProgress): void
  onPart?(path: string): void
  settle(outcome: { result: TaskResult } | { error: AppError }): void
}

export function startRunnerProcess(options: RunnerProcessOptions): RunnerProcess {
  const child = fork(options.entry, [], {
    execArgv: [...options.execArgv],
    env: options.env as NodeJS.ProcessEnv,
    // Head of its own group, so that a kill takes its ffmpeg processes along.
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let usage: RunnerUsage = { rssBytes: 0, models: [] }
  let current: CurrentTask | undefined
  let lastTaskId = 0
  const stderr = collectTail(child)
  const sendToChild = (message: ToChild) => {
    if (child.connected) child.send(message, () => undefined)
  }
  const kill = () => killGroup(child)

  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', (code, signal) => reject(crashError(code, signal, stderr())))
    child.once('error', reject)
    child.on('message', (message: FromChild) => {
      if (message.type === 'ready') resolve()
      if ('usage' in message) usage = message.usage
      if (message.type === 'log') options.onLog?.(message.level, message.details, message.message)
      if (!('taskId' in message) || message.taskId !== current?.taskId) return
      if (message.type === 'progress') current.onProgress?.(message.progress)
      else if (message.type === 'part') current.onPart?.(message.path)
      else if (message.type === 'done') current.settle({ result: message.result })
      else current.settle({ error: fromWireError(message.error) })
    })
  })
  ready.catch(() => undefined)
  const exited = new Promise<void>((resolve) => {
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      killGroup(child)
      current?.settle({ error: crashError(code, signal, stderr()) })
      resolve()
    }
    child.once('exit', ended)
    child.once('error', () => ended(null, null))
  })
  sendToChild({ type: 'init', settings: options.settings })

  return {
    ready,
    exited,
    usage: () => usage,
    kill,
    run(task, control) {
      const taskId = ++lastTaskId
      return new Promise<TaskResult>((resolve, reject) => {
        /** Why the process is being stopped: takes the place of the crash that it looks like. */
        let verdict: AppError | undefined
        let grace: NodeJS.Timeout | undefined
        const onAbort = () => {
          verdict ??= abortError(control.signal)
          sendToChild({ type: 'cancel', taskId })
          grace = setTimeout(kill, cancelGraceMs)
        }
        const deadline = setTimeout(() => {
          verdict ??= deadlineError(control.deadlineMs)
          kill()
        }, control.deadlineMs)
        const stallMs = control.stallMs ?? defaultStallMs
        const stall = setTimeout(() => {
          verdict ??= stallError(stallMs)
          kill()
        }, stallMs)
        current = {
          taskId,
          onProgress(progress) {
            stall.refresh()
            control.onProgress?.(progress)
          },
          onPart(path) {
            stall.refresh()
            control.onPart?.(path)
          },
          settle(outcome) {
            current = undefined
            clearTimeout(deadline)
            clearTimeout(stall)
            clearTimeout(grace)
            control.signal?.removeEventListener('abort', onAbort)
            if (verdict) reject(verdict)
            else if ('error' in outcome) reject(outcome.error)
            else resolve(outcome.result)
          },
        }
        control.signal?.addEventListener('abort', onAbort, { once: true })
        sendToChild({ type: 'run', taskId, task })
        if (control.signal?.aborted) onAbort()
      })
    },
  }
}

function collectTail(child: ChildProcess): () => string {
  let tail = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => {
    tail = (tail + text).slice(-stderrTailCharacters)
  })
  return () => tail
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The whole group is gone already.
  }
}

export function abortError(signal: AbortSignal | undefined): AppError {
  return signal?.reason instanceof AppError
    ? signal.reason
    : new AppError('canceled', { cause: signal?.reason })
}

function stallError(stallMs: number): AppError {
  return new AppError('deadline_exceeded', {
    message: `The job was stopped: it made no progress for ${Math.round(stallMs / 1000)} seconds.`,
  })
}

function deadlineError(deadlineMs: number): AppError {
  return new AppError('deadline_exceeded', {
    message: `The job was stopped after ${Math.round(deadlineMs / 1000)} seconds, the longest that it may take.`,
  })
}

function crashError(code: number | null, signal: NodeJS.Signals | null, stderr: string): AppError {
  const how = signal ? `was ended by ${signal}` : `ended with code ${code ?? 'unknown'}`
  return new AppError('runner_crashed', {
    message: `The audio process ${how} while it worked on this job.`,
    details: { signal, exit_code: code },
    cause: stderr ? new Error(stderr.trim()) : undefined,
  })
}
