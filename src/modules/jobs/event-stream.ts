import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EventBus } from '../../platform/events'
import type { JobView } from './schemas'

const keepAliveMs = 15_000
const final = new Set(['completed', 'failed', 'canceled'])

export type JobEvents = ReturnType<typeof createJobEvents>

/** One subscription of the process to all job changes, shared by any number of streams. */
export function createJobEvents(bus: EventBus) {
  const streams = new Map<string, Set<() => void>>()
  const notify = (listeners: Iterable<() => void>) => {
    for (const listener of listeners) listener()
  }
  const subscriptions = [
    bus.subscribe('job_changed', (jobId) => notify(streams.get(jobId) ?? [])),
    // What was said while the connection was away is not repeated: everybody looks again.
    bus.onReconnect(() => streams.forEach((listeners) => notify(listeners))),
  ]
  const closing = new Set<() => void>()

  return {
    watch(jobId: string, onChange: () => void, onClose: () => void): () => void {
      const listeners = streams.get(jobId) ?? new Set()
      streams.set(jobId, listeners.add(onChange))
      closing.add(onClose)
      return () => {
        closing.delete(onClose)
        listeners.delete(onChange)
        if (listeners.size === 0) streams.delete(jobId)
      }
    },
    /** Ends all streams, so that a stopping server need not wait for them; clients come back with Last-Event-ID. */
    close() {
      subscriptions.forEach((unsubscribe) => unsubscribe())
      notify([...closing])
    },
  }
}

/**
 * Server-sent events of one job. Subscribes first and reads the row then, so that no change falls between; events
 * carry whole snapshots, so a client that missed some needs only the latest.
 */
export async function streamJobEvents(options: {
  request: FastifyRequest
  reply: FastifyReply
  jobId: string
  events: JobEvents
  snapshot: () => Promise<{ revision: number; view: JobView }>
}): Promise<void> {
  const { request, reply, jobId, events, snapshot } = options
  reply.hijack()
  const response = reply.raw
  response.writeHead(200, {
    ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, value as string])),
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  let seen = Number(request.headers['last-event-id'] ?? -1)
  if (!Number.isInteger(seen)) seen = -1
  let pushing: Promise<void> | undefined
  let dirty = false

  const push = async () => {
    const { revision, view } = await snapshot()
    const ended = final.has(view.status)
    if (revision > seen && !response.writableEnded) {
      seen = revision
      response.write(`id: ${revision}\nevent: job\ndata: ${JSON.stringify(view)}\n\n`)
    }
    if (ended) response.end()
  }
  const changed = () => {
    dirty = true
    pushing ??= (async () => {
      while (dirty && !response.writableEnded) {
        dirty = false
        await push()
      }
    })()
      // A deleted job or a database that went away ends the stream; the client tries again by itself.
      .catch(() => void response.end())
      .finally(() => {
        pushing = undefined
      })
  }

  const unwatch = events.watch(jobId, changed, () => response.end())
  const keepAlive = setInterval(() => response.write(': keep-alive\n\n'), keepAliveMs)
  response.on('close', () => {
    clearInterval(keepAlive)
    unwatch()
  })
  response.write('retry: 1000\n\n')
  changed()
}
