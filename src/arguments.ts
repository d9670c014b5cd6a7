import { parseArgs } from 'node:util'

export const usage = `Usage:
  timbre                                     start the product: API, web UI and, with the embedded database, a worker
  timbre --worker [--capabilities a,b]       take jobs from the queue, all or some capabilities
  timbre run <capability> <input> -o <output> [--model <id>] [--param key=value]...
                                             work on a local file, without server or account
  timbre --version
  timbre --help

Configuration comes from the environment and from .env; see .env.example.`

export type Command =
  | { role: 'help' }
  | { role: 'version' }
  | { role: 'server'; dev: boolean }
  | { role: 'worker'; capabilities: readonly string[] | undefined }
  | { role: 'run'; rest: string[] }

/** A wrong command line, in words for the person who typed it. */
export class UsageError extends Error {
  readonly code = 'usage'
}

/** @throws UsageError for anything that is not in the usage text. */
export function parseArguments(argv: string[]): Command {
  if (argv[0] === 'run') return { role: 'run', rest: argv.slice(1) }
  const { help, version, worker, capabilities, dev } = parseOptions(argv)
  if (help) return { role: 'help' }
  if (version) return { role: 'version' }
  if (worker) {
    if (dev) throw new UsageError('--dev goes with the server only.')
    return { role: 'worker', capabilities: capabilities?.split(',').filter(Boolean) }
  }
  if (capabilities !== undefined) throw new UsageError('--capabilities goes with --worker.')
  return { role: 'server', dev: dev ?? false }
}

function parseOptions(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        worker: { type: 'boolean' },
        capabilities: { type: 'string' },
        dev: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  }
}
