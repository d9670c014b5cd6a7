const codes = new Set([
  // sockets
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  // PostgreSQL: connection exceptions, shutting down, crashed, starting, too many connections
  '08000',
  '08001',
  '08003',
  '08006',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  // Prisma: unreachable, timed out, closed, no connection from the pool, no transaction in time
  'P1001',
  'P1002',
  'P1008',
  'P1011',
  'P1017',
  'P2024',
  'P2028',
])

const kinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])

/** What comes without a code. `connect ENOENT`: the socket of a server that does not run. */
const messages =
  /^(OOM|LOADING|READONLY|MISCONF) |connect ENOENT |Connection terminated|Connection is closed|is not queryable|timeout exceeded when trying to connect|Can't reach database server|Server has closed the connection|max retries per request|Stream isn't writeable/

/** Whether `error`, or what caused it, says that database, queue or store cannot be reached just now. */
export function isUnavailable(error: unknown): boolean {
  let current = error
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth += 1) {
    const { code, originalCode, kind, message } = current as Record<string, unknown>
    if ([code, originalCode].some((value) => typeof value === 'string' && codes.has(value))) return true
    if (typeof kind === 'string' && kinds.has(kind)) return true
    if (typeof message === 'string' && messages.test(message)) return true
    current = innerError(current)
  }
  return false
}

function innerError(error: object): unknown {
  if ('cause' in error && error.cause) return error.cause
  const meta = 'meta' in error ? (error.meta as { driverAdapterError?: unknown } | undefined) : undefined
  if (meta?.driverAdapterError) return meta.driverAdapterError
  // Node reports a failed connection to a name with several addresses as one error that holds the others.
  return error instanceof AggregateError ? error.errors[0] : undefined
}
