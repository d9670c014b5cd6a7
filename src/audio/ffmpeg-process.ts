import { spawn, type ChildProcess } from 'node:child_process'
import { setPriority } from 'node:os'
import type { Readable, Writable } from 'node:stream'

import fluentFfmpeg, { type FfmpegCommand } from 'fluent-ffmpeg'

import { AppError } from '../platform/errors'

/** A little below the API and the database: audio work yields to requests but does not starve. */
const niceness = 2
/** For what nobody waits for yet: it takes what the others leave. */
const backgroundNiceness = 10
const stderrTailCharacters = 8 * 1024
/** One allocation asked for by a hostile header may not be larger than this. */
const maxAllocationBytes = 256 * 1024 * 1024

export interface FfmpegExit {
  code: number | null
  signal: NodeJS.Signals | null
  stderr: string
  /** Whether `stop` or the abort signal ended it. */
  stopped: boolean
}

export interface FfmpegProcess {
  stdin: Writable
  stdout: Readable
  /** Resolves when the process is gone and its error text is complete; never rejects for an exit code. */
  exit: Promise<FfmpegExit>
  /** Ends the process at once. */
  stop(): void
}

export interface StartOptions {
  /** Its abort kills the process. */
  signal?: AbortSignal
  /** Lets all other work go first. */
  background?: boolean
  /** Gets what the process says about its files as it comes. Without it, only errors are asked for. */
  onLog?(text: string): void
}

/** Arguments that keep every call non-interactive and bounded; of a damaged file all that can be read is taken. */
const guardArguments = [
  ...['-hide_banner', '-nostdin', '-nostats', '-y'],
  ...['-max_alloc', String(maxAllocationBytes), '-max_error_rate', '1'],
]

/** Input arguments by which only `demuxer` may open the file, and only files and pipes may be read. */
export function inputGuard(demuxer: string): string[] {
  return ['-protocol_whitelist', 'file,pipe', '-format_whitelist', demuxer, '-f', demuxer]
}

/** A path in the form that ffmpeg takes as a file, whatever characters it begins with or holds. */
export function fileArgument(path: string): string {
  return `file:${path}`
}

/** Starts an empty command; the caller adds inputs and outputs. */
export function createCommand(): FfmpegCommand {
  return fluentFfmpeg()
}

/** The argument list of a command. fluent-ffmpeg's own `run` copies all output through strings, so we start it. */
function argumentsOf(command: FfmpegCommand): string[] {
  return (command as unknown as { _getArguments(): (string | number)[] })._getArguments().map(String)
}

/** Starts ffmpeg with a command's arguments. */
export function startFfmpeg(
  ffmpegPath: string,
  command: FfmpegCommand,
  { signal, background, onLog }: StartOptions = {},
): FfmpegProcess {
  const logLevel = onLog ? 'info' : 'error'
  const child = spawn(ffmpegPath, [...guardArguments, '-v', logLevel, ...argumentsOf(command)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  lowerPriority(child, background ? backgroundNiceness : niceness)
  let stderr = ''
  let stopped = false
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrTailCharacters)
    onLog?.(text)
  })
  // A dead process is reported through `exit`; the broken pipe adds nothing.
  child.stdin.on('error', () => undefined)
  const stop = () => {
    stopped = true
    child.kill('SIGKILL')
    // What nobody reads any more would keep the process's end from being noticed.
    child.stdout.destroy()
  }
  const exit = new Promise<FfmpegExit>((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new AppError('internal', { message: 'ffmpeg could not be started.', cause })),
    )
    child.on('close', (code, exitSignal) => resolve({ code, signal: exitSignal, stderr, stopped }))
  }).finally(() => signal?.removeEventListener('abort', stop))
  exit.catch(() => undefined)
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  return { stdin: child.stdin, stdout: child.stdout, exit, stop }
}

function lowerPriority(child: ChildProcess, priority: number): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, priority)
  } catch {
    // It has exited already, or the platform has no priorities: nothing depends on it.
  }
}

/** The error of an ended process, or null where it ended well. */
export function exitError(exit: FfmpegExit, what: string): AppError | null {
  if (isDiskFull(exit.stderr)) {
    return new AppError('disk_full', { message: 'No space is left for the audio that is being written.' })
  }
  if (exit.code === 0) return null
  return new AppError('engine_failed', {
    message: `${what} failed.`,
    cause: new Error(`ffmpeg ended with ${exit.signal ?? exit.code}: ${exit.stderr.trim()}`),
  })
}

export function isDiskFull(stderr: string): boolean {
  return /No space left on device|Disk quota exceeded/i.test(stderr)
}

/** What an aborted piece of work throws: the signal's own reason where that is one of ours. */
export function canceledError(signal?: AbortSignal): AppError {
  return signal?.reason instanceof AppError
    ? signal.reason
    : new AppError('canceled', { cause: signal?.reason })
}
