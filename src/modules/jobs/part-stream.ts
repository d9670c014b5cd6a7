import { once } from 'node:events'
import type { FastifyReply } from 'fastify'
import type { ObjectStore } from '../../platform/objects'
import { createTurn, isFinal, type JobEvents } from './event-stream'
import { partKey } from './outputs'
import type { JobRow } from './repository'

export type PartState = Pick<JobRow, 'attempt' | 'previewParts' | 'status'>

/**
 * Answers with the parts of a running job's preview: those there are, then the others as they come, until the job is
 * settled. Where the job begins anew the answer breaks off, because what was heard will come again.
 *
 * @throws AppError of the first `read`, while an ordinary answer can still be given.
 */
export async function streamParts(options: {
  reply: FastifyReply
  jobId: string
  events: JobEvents
  objects: ObjectStore
  read: () => Promise<PartState>
}): Promise<void> {
  const { reply, jobId, events, objects, read } = options
  const turn = createTurn()
  const response = reply.raw
  const gone = new AbortController()
  const close = () => {
    gone.abort()
    turn.come()
  }
  const unwatch = events.watch(jobId, turn.come, close)
  let job = await read().catch((error: unknown) => {
    unwatch()
    throw error
  })
  reply.hijack()
  response.writeHead(200, {
    ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, value as string])),
    'content-type': 'audio/mpeg',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  response.flushHeaders()
  response.on('close', close)

  const sendPart = async (attempt: number, number: number) => {
    for await (const chunk of await objects.read(partKey({ jobId, attempt }, number))) {
      if (gone.signal.aborted) return
      if (!response.write(chunk)) await once(response, 'drain', { signal: gone.signal })
    }
  }
  const follow = async () => {
    let sent = 0
    let attempt: number | null = null
    for (;;) {
      if (job.previewParts > 0) attempt ??= job.attempt
      if (attempt !== null && job.attempt !== attempt) throw new Error('the job began anew')
      while (sent < job.previewParts && !gone.signal.aborted) await sendPart(job.attempt, ++sent)
      if (isFinal(job.status) || gone.signal.aborted) return
      await turn.wait()
      job = await read()
    }
  }
  void follow()
    .then(() => response.end())
    // A job that was deleted or began anew: the client sees that the answer is not whole.
    .catch(() => response.destroy())
    .finally(unwatch)
}
