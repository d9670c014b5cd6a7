import { z } from 'zod'

/** A file of a model: `path` is relative to the manifest's folder. */
export const manifestFileSchema = z.strictObject({
  path: z.string().regex(/^(?!.*\.\.)[\w.-]+(\/[\w.-]+)*$/),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Public address. Absent for starter weights, which are committed beside the manifest. */
  url: z.url().optional(),
  /** Path below `TIMBRE_MODEL_MIRROR`, where it differs from `<id>/<path>`. */
  mirror: z.string().optional(),
})

/** `models/<capability>/<model>/manifest.json`. */
export const manifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  version: z.string(),
  capability: z.string(),
  engine: z.string(),
  title: z.string(),
  summary: z.string(),
  /** BCP 47 tags; empty where the model does not depend on a language. */
  languages: z.array(z.string()),
  sampleRateHz: z.int().positive(),
  /** Order among the models of a capability: the lowest one that is installed is the default. */
  rank: z.int().default(100),
  licence: z.strictObject({ spdx: z.string(), commercialUse: z.boolean(), url: z.string().optional() }),
  files: z.array(manifestFileSchema).min(1),
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
  requirements: z.strictObject({ memoryMb: z.number().positive(), gpu: z.boolean() }),
})

export type Manifest = z.infer<typeof manifestSchema>
export type ManifestFile = z.infer<typeof manifestFileSchema>
