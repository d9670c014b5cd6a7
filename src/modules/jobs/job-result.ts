import { z } from 'zod'

/** What a completed job keeps about its output; column `result` of the job row. */
export const jobResultSchema = z.object({
  /** Object keys; all below the attempt that made them. */
  outputKey: z.string(),
  previewKey: z.string(),
  inputPreviewKey: z.string().nullable(),
  contentType: z.string(),
  durationSeconds: z.number(),
  /** What the first download costs, in whole seconds. */
  costSeconds: z.int(),
  inputSeconds: z.number().nullable(),
  sampleRateHz: z.int(),
  channels: z.int(),
  bytes: z.int(),
  sha256: z.string().nullable(),
  waveform: z.object({ input: z.array(z.number()), output: z.array(z.number()) }),
  /** Milliseconds by stage, real-time factor, execution provider. */
  metrics: z.object({
    timingsMs: z.record(z.string(), z.number()),
    realTimeFactor: z.number(),
    provider: z.string(),
  }),
})

export type JobResult = z.infer<typeof jobResultSchema>
