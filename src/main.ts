import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArguments, usage } from './arguments'
import { ConfigError, loadConfig, type Config } from './config'

const here = fileURLToPath(import.meta.url)
/** The repository or the installed product: this file is in `src` or `dist`. */
const rootDir = path.dirname(path.dirname(here))
const runnerEntry = here.endsWith('.ts')
  ? path.join(rootDir, 'src', 'runner', 'child.ts')
  : path.join(rootDir, 'dist', 'runner-child.js')

const say = (message: string) => void process.stdout.write(`${message}\n`)
const complain = (message: string) => void process.stderr.write(`${message}\n`)

/** Reads arguments and configuration and starts one role; each role's code is loaded only when it is wanted. */
async function main(argv: string[]): Promise<void> {
  const command = parseArguments(argv)
  switch (command.role) {
    case 'help':
      return say(usage)
    case 'version': {
      const { readVersion } = await import('./app')
      return say(readVersion(rootDir))
    }
    case 'run': {
      const { runCommand } = await import('./run-command')
      const { localMark } = await import('./installation-mark')
      const config = loadConfig(undefined, rootDir)
      const canceled = new AbortController()
      process.once('SIGINT', () => canceled.abort(new Error('canceled')))
      process.exitCode = await runCommand(command.rest, {
        rootDir,
        dataDir: config.dataDir,
        ffmpegPath: config.FFMPEG_PATH,
        executionProviders: config.EXECUTION_PROVIDERS,
        translationServer: config.translationServer,
        watermark: localMark(config) ?? undefined,
        stdout: process.stdout,
        stderr: process.stderr,
        signal: canceled.signal,
      })
      return
    }
    case 'worker':
      return runWorker(loadConfig(undefined, rootDir), command.capabilities)
    case 'server':
      return runServer(loadConfig(undefined, rootDir), command.dev)
  }
}

async function runServer(config: Config, dev: boolean): Promise<void> {
  const { startServer } = await import('./server')
  const server = startServer(config, { dev, entry: here, say })
  stopOnSignal(config, async () => (await server).stop())
  say(`ready: ${(await server).url}`)
}

async function runWorker(config: Config, capabilities: readonly string[] | undefined): Promise<void> {
  const { startWorker } = await import('./worker')
  const worker = await startWorker(config, { capabilities, runnerEntry })
  stopOnSignal(config, worker.stop)
}

/** Runs `stop` once on SIGTERM or Ctrl-C; a second signal, or a stop that takes too long, ends the process at once. */
function stopOnSignal(config: Config, stop: () => Promise<unknown>): void {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals) => {
    // A worker beside its server shares the terminal: Ctrl-C reaches it too, but its server decides.
    if (signal === 'SIGINT' && process.connected) return
    if (stopping) process.exit(1)
    stopping = true
    const tooLong = setTimeout(() => process.exit(1), (config.SHUTDOWN_SECONDS + 10) * 1000)
    tooLong.unref()
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        complain(String(error))
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  // The server that started this worker is gone: finish like on SIGTERM.
  if (process.connected) process.once('disconnect', () => onSignal('SIGTERM'))
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // What the product says on purpose is said plainly; anything else is a fault of ours, with its stack.
  const said = error instanceof ConfigError || (error instanceof Error && 'code' in error)
  complain(
    error instanceof Error && !said
      ? (error.stack ?? error.message)
      : String(error).replace(/^\w*Error: /, ''),
  )
  process.exit(1)
})
