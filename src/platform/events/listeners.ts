import { EventEmitter } from 'node:events'
import type { EventBus, EventChannel } from './index'

const reconnected = Symbol('reconnected')

/** The local half that both drivers share: who listens to what in this process. */
export function createListeners() {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  const on = (event: EventChannel | typeof reconnected, listener: (payload: string) => void) => {
    emitter.on(event, listener)
    return () => void emitter.off(event, listener)
  }
  return {
    deliver: (channel: string, payload: string) => void emitter.emit(channel, payload),
    reconnected: () => void emitter.emit(reconnected),
    subscribe: ((channel, listener) => on(channel, listener)) satisfies EventBus['subscribe'],
    onReconnect: ((listener) => on(reconnected, listener)) satisfies EventBus['onReconnect'],
    clear: () => void emitter.removeAllListeners(),
  }
}
