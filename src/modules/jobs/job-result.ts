import { z } from 'zod'

const qualitySchema = z.object({
  durationSeconds: z.number(),
  integratedLufs: z.number().nullable(),
  loudnessRangeLu: z.number().nullable(),
  truePeakDbtp: z.number().nullable(),
  clippedSamples: z.int(),
  noiseFloorDbfs: z.number().nullable(),
  speech: z.object({ signal: z.number(), background: z.number(), overall: z.number() }).nullable(),
  speechMissing: z.string().nullable(),
})

/** What a completed job keeps about its output; column `result` of the job row. */
export const jobResultSchema = z.object({
  /** Object keys; all below the attempt that made them. */
  outputKey: z.string(),
  kind: z.enum(['audio', 'video', 'transcript', 'data']).default('audio'),
  previewKey: z.string().nullable(),
  /** The free part of a text result. */
  previewText: z.string().nullable().default(null),
  inputPreviewKey: z.string().nullable(),
  contentType: z.string(),
  durationSeconds: z.number(),
  /** What the first download costs, in whole seconds. */
  costSeconds: z.int(),
  inputSeconds: z.number().nullable(),
  /** Null where the output holds no sound. */
  sampleRateHz: z.int().nullable(),
  channels: z.int().nullable(),
  bytes: z.int(),
  sha256: z.string().nullable(),
  artifacts: z
    .array(
      z.object({
        name: z.string(),
        key: z.string(),
        contentType: z.string(),
        bytes: z.int(),
        free: z.boolean(),
      }),
    )
    .default([]),
  /** What the capability says about the result. */
  details: z.record(z.string(), z.unknown()).nullable().default(null),
  /** Ids of all models that had a part in it. */
  models: z.array(z.string()).default([]),
  /** Of sound, before and after. */
  quality: z
    .object({ input: qualitySchema.nullable(), output: qualitySchema.nullable() })
    .nullable()
    .default(null),
  waveform: z.object({ input: z.array(z.number()), output: z.array(z.number()) }),
  /** Milliseconds by stage, real-time factor, execution provider. */
  metrics: z.object({
    timingsMs: z.record(z.string(), z.number()),
    realTimeFactor: z.number(),
    provider: z.string(),
  }),
})

export type JobResult = z.output<typeof jobResultSchema>
