import pg from 'pg'
import type { Logger } from 'pino'
import { eventChannels } from './channels'
import type { EventBus } from './index'
import { createListeners } from './listeners'

const reconnectDelayMs = 500

/** LISTEN on one connection of its own, NOTIFY through a small pool. */
export function createPostgresEventBus(databaseUrl: string, logger: Logger): EventBus {
  const listeners = createListeners()
  const publisher = new pg.Pool({ connectionString: databaseUrl, max: 2, connectionTimeoutMillis: 5000 })
  publisher.on('error', (error) => logger.warn({ err: error }, 'event connection lost'))
  let client: pg.Client | undefined
  let closed = false
  let retryTimer: NodeJS.Timeout | undefined

  async function listen(): Promise<void> {
    const next = new pg.Client({ connectionString: databaseUrl, keepAlive: true })
    next.on('notification', ({ channel, payload }) => listeners.deliver(channel, payload ?? ''))
    next.on('error', (error) => logger.warn({ err: error }, 'event connection lost'))
    next.on('end', () => {
      if (client === next) scheduleReconnect()
    })
    await next.connect()
    for (const channel of eventChannels) await next.query(`LISTEN ${channel}`)
    client = next
  }

  function scheduleReconnect(): void {
    client = undefined
    if (closed) return
    retryTimer = setTimeout(() => {
      listen().then(
        () => listeners.reconnected(),
        () => scheduleReconnect(),
      )
    }, reconnectDelayMs)
  }

  return {
    start: listen,
    subscribe: listeners.subscribe,
    onReconnect: listeners.onReconnect,
    async publish(channel, payload) {
      await publisher.query('SELECT pg_notify($1, $2)', [channel, payload])
    },
    async close() {
      closed = true
      clearTimeout(retryTimer)
      listeners.clear()
      const open = client
      client = undefined
      await Promise.allSettled([open?.end(), publisher.end()])
    },
  }
}
