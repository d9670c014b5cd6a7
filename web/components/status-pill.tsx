import type { JobStatus } from '~/api/types'

const words: Record<JobStatus, string> = {
  pending: 'Waiting',
  processing: 'Processing',
  completed: 'Finished',
  failed: 'Failed',
  canceled: 'Canceled',
}

export const jobStatuses = Object.entries(words) as [JobStatus, string][]

export function StatusPill({ status }: { status: JobStatus }) {
  return <span className={`pill pill--${status}`}>{words[status]}</span>
}
