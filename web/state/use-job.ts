import { useCallback, useEffect, useState } from 'react'
import { jobEventsPath, readJob } from '~/api/client'
import { isFinished, type JobView } from '~/api/types'

const pollMs = 2000
/** Events come with every step of progress; after so long without one, the job is asked for. */
const silenceMs = 4000

/**
 * The present state of a job: by server-sent events, and by asking while those do not come.
 *
 * @param initial the job as the page was rendered with it
 */
export function useJob(initial: JobView): { job: JobView; refresh: () => Promise<void> } {
  const [job, setJob] = useState(initial)
  const [rendered, setRendered] = useState(initial)
  // The page was loaded again: what it brought is newer.
  if (rendered !== initial) {
    setRendered(initial)
    setJob(initial)
  }
  const jobId = initial.job_id
  const finished = isFinished(job.status)

  const refresh = useCallback(async () => {
    setJob(await readJob(jobId))
  }, [jobId])

  useEffect(() => {
    if (finished) return
    let lastNewsAt = Date.now()
    const update = (next: JobView) => {
      lastNewsAt = Date.now()
      // A slow answer must not take back what an event has told since.
      setJob((known) => (isFinished(known.status) ? known : next))
    }
    const events = new EventSource(jobEventsPath(jobId))
    events.addEventListener('job', (event: MessageEvent<string>) => {
      update(JSON.parse(event.data) as JobView)
    })
    const timer = setInterval(() => {
      const silent = Date.now() - lastNewsAt > silenceMs
      if (!silent && events.readyState !== EventSource.CLOSED) return
      // Not reached now: the next round tries again.
      readJob(jobId).then(update, () => undefined)
    }, pollMs)
    return () => {
      events.close()
      clearInterval(timer)
    }
  }, [jobId, finished])

  return { job, refresh }
}
