import { z } from 'zod'

import { executionProviders } from './runtime'

/** A path that stays below the folder that it is joined to. */
const innerPath = z.string().regex(/^(?!.*\.\.)[\w.-]+(\/[\w.-]+)*$/)

/**
 * A file of a model: `path` is relative to the manifest's folder. Where a publisher states no digest, `bytes` and
 * `sha256` are left out: they are learned when the model is pulled first, and hold from then on.
 */
export const manifestFileSchema = z.strictObject({
  path: innerPath,
  bytes: z.int().positive().optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Public address. Absent for starter weights, which are committed beside the manifest. */
  url: z.url({ protocol: /^https$/ }).optional(),
  /** Path below `TIMBRE_MODEL_MIRROR`, where it differs from `<id>/<path>`. */
  mirror: innerPath.optional(),
})

/** `models/<capability>/<model>/manifest.json`. */
export const manifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  version: z.string().regex(/^[A-Za-z0-9][\w.+-]*$/),
  /** A capability that users see, or one that only serves others (`voice-activity`, `speaker-embedding`). */
  capability: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  engine: z.string(),
  title: z.string(),
  summary: z.string(),
  /** BCP 47 tags; empty where the model does not depend on a language. */
  languages: z.array(z.string()),
  sampleRateHz: z.int().positive(),
  /** Order among the models of a capability: the lowest one that is installed is the default. */
  rank: z.int().default(100),
  licence: z.strictObject({ spdx: z.string(), commercialUse: z.boolean(), url: z.string().optional() }),
  /** Empty where the engine is all there is to the model. */
  files: z.array(manifestFileSchema),
  /** Execution providers that can run the model, where not all can. */
  providers: z.array(z.enum(executionProviders)).min(1).optional(),
  /** Engine settings. */
  options: z.record(z.string(), z.unknown()).default({}),
  provenance: z.strictObject({
    /** What produced the weights. */
    script: z.string(),
    data: z.string(),
    attribution: z.array(z.string()).default([]),
    details: z.record(z.string(), z.unknown()).default({}),
  }),
  quality: z.array(
    z.strictObject({
      metric: z.string(),
      value: z.number(),
      baseline: z.number().optional(),
      testSet: z.string(),
      date: z.string(),
    }),
  ),
  requirements: z.strictObject({
    memoryMb: z.number().positive(),
    gpu: z.boolean(),
    /** Seconds of work for a second of sound on one CPU core, where it is more than one: gives jobs their time. */
    realTimeFactor: z.number().min(1).optional(),
  }),
})

export type Manifest = z.infer<typeof manifestSchema>
export type ManifestFile = z.infer<typeof manifestFileSchema>
