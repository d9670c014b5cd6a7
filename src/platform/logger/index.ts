import { pino, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Names that are never written to a log, wherever they appear. */
const secretPaths = [
  'password',
  'access_token',
  'refresh_token',
  'authorization',
  'cookie',
  'secret',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/**
 * One JSON line an event on standard error, so that standard output stays free for what was asked for.
 * @param name Role of the process, for example `server`.
 */
export function createLogger(name: string, level: string): Logger {
  return pino(
    {
      name,
      level,
      redact: {
        paths: [...secretPaths, 'req.headers.authorization', 'req.headers.cookie'],
        censor: '[redacted]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}
