import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EventBus } from '../../platform/events'
import type { JobView } from './schemas'

const keepAliveMs = 15_000
const final = new Set(['completed', 'failed', 'canceled'])
export const isFinal = (status: string) => final.has(status)

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
 *
 * @throws AppError of the first `snapshot`, while an ordinary answer can still be given.
 */
export async function streamJobEvents(options: {
  request: FastifyRequest
  reply: FastifyReply
  jobId: string
  events: JobEvents
  snapshot: () => Promise<{ revision: number; view: JobView }>
}): Promise<void> {
  const { request, reply, jobId, events, snapshot } = options
  const turn = createTurn()
  let closed = false
  const close = () => {
    closed = true
    turn.come()
  }
  const unwatch = events.watch(jobId, turn.come, close)
  let job = await snapshot().catch((error: unknown) => {
    unwatch()
    throw error
  })
  reply.hijack()
  const response = reply.raw
  response.writeHead(200, {
    ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, value as string])),
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  response.on('close', close)
  const keepAlive = setInterval(() => response.write(': keep-alive\n\n'), keepAliveMs)
  let seen = Number(request.headers['last-event-id'] ?? -1)
  if (!Number.isInteger(seen)) seen = -1

  const follow = async () => {
    response.write('retry: 1000\n\n')
    for (;;) {
      const { revision, view } = job
      if (revision > seen) response.write(`id: ${revision}\nevent: job\ndata: ${JSON.stringify(view)}\n\n`)
      seen = Math.max(seen, revision)
      if (isFinal(view.status)) return
      await turn.wait()
      if (closed) return
      job = await snapshot()
    }
  }
  void follow()
    // A deleted job or a database that went away ends the stream; the client tries again by itself.
    .catch(() => undefined)
    .finally(() => {
      clearInterval(keepAlive)
      unwatch()
      response.end()
    })
}

/** Lets somebody wait for the next time that something comes; what comes while nobody waits is kept, once. */
export function createTurn() {
  let here = false
  let resume: () => void = () => undefined
  return {
    come() {
      here = true
      resume()
    },
    async wait() {
      if (!here) await new Promise<void>((resolve) => (resume = resolve))
      here = false
    },
  }
}
