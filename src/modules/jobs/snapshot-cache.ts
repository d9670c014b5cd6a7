import type { EventBus } from '../../platform/events'

export interface Snapshot {
  userId: string
  /** The job as job-status shows it. */
  json: string
}

/** However often an event is lost, a snapshot is never older than this. */
const maxAgeMs = 1000
const maxEntries = 5000

/**
 * Jobs as they were shown last, for clients that poll: dropped when a job changes, and after a second in any case.
 * Requests that come while a job is being read share that read.
 */
export function createSnapshotCache(events: EventBus, load: (jobId: string) => Promise<Snapshot | null>) {
  const entries = new Map<string, { snapshot: Promise<Snapshot | null>; readAtMs: number }>()
  const subscriptions = [
    events.subscribe('job_changed', (jobId) => void entries.delete(jobId)),
    events.onReconnect(() => entries.clear()),
  ]

  return {
    /** Null where there is no such job, or it is somebody else's. */
    async get(jobId: string, userId: string): Promise<string | null> {
      const nowMs = performance.now()
      let entry = entries.get(jobId)
      if (!entry || nowMs - entry.readAtMs > maxAgeMs) {
        if (entries.size >= maxEntries) entries.clear()
        entry = { snapshot: load(jobId), readAtMs: nowMs }
        entries.set(jobId, entry)
      }
      try {
        const snapshot = await entry.snapshot
        return snapshot?.userId === userId ? snapshot.json : null
      } catch (error) {
        entries.delete(jobId)
        throw error
      }
    },
    /** What this process has just changed must be seen by its next reader. */
    forget: (jobId: string) => void entries.delete(jobId),
    close: () => subscriptions.forEach((unsubscribe) => unsubscribe()),
  }
}
