import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { eventChannels } from './channels'
import type { EventBus } from './index'
import { createListeners } from './listeners'

const prefix = 'timbre:'

/** Redis pub/sub: one connection listens, one publishes; ioredis reconnects and subscribes again by itself. */
export function createRedisEventBus(redisUrl: string, logger: Logger): EventBus {
  const listeners = createListeners()
  const options = { maxRetriesPerRequest: 1, retryStrategy: (times: number) => Math.min(times * 100, 1000) }
  const subscriber = new Redis(redisUrl, { ...options, lazyConnect: true })
  const publisher = new Redis(redisUrl, { ...options, lazyConnect: true })
  let started = false
  for (const connection of [subscriber, publisher]) {
    connection.on('error', (error) => logger.warn({ err: error }, 'event connection lost'))
  }
  subscriber.on('message', (channel: string, payload: string) =>
    listeners.deliver(channel.slice(prefix.length), payload),
  )
  subscriber.on('ready', () => {
    if (started) listeners.reconnected()
  })

  return {
    async start() {
      await Promise.all([subscriber.connect(), publisher.connect()])
      await subscriber.subscribe(...eventChannels.map((channel) => prefix + channel))
      started = true
    },
    subscribe: listeners.subscribe,
    onReconnect: listeners.onReconnect,
    async publish(channel, payload) {
      await publisher.publish(prefix + channel, payload)
    },
    close() {
      listeners.clear()
      subscriber.disconnect()
      publisher.disconnect()
      return Promise.resolve()
    },
  }
}
