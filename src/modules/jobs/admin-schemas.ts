import { z } from 'zod'

const time = z.iso.datetime()
const status = z.enum(['pending', 'processing', 'completed', 'failed', 'canceled'])
export type JobStatusFilter = z.output<typeof status>

export const adminJobSchema = z.object({
  id: z.uuid(),
  user: z.object({ id: z.uuid(), username: z.string() }),
  capability: z.string(),
  model: z.string(),
  status,
  attempt: z.int(),
  failures: z.int().describe('Attempts that ended in an error that another attempt may not meet.'),
  worker_id: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  created_at: time,
  started_at: time.nullable(),
  completed_at: time.nullable(),
})
export type AdminJob = z.output<typeof adminJobSchema>
export const adminJobStatusSchema = status
