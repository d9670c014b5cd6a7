import { z } from 'zod'

const modelDescriptionSchema = z.object({
  id: z.string(),
  version: z.string(),
  title: z.string(),
  summary: z.string(),
  default: z.boolean().describe('Taken by a job that names no model.'),
  languages: z.array(z.string()),
  sample_rate_hz: z.int(),
  licence: z.object({ spdx: z.string(), commercial_use: z.boolean() }),
  quality: z.array(
    z.object({
      metric: z.string(),
      value: z.number(),
      baseline: z.number().optional(),
      test_set: z.string(),
      date: z.string(),
    }),
  ),
  available: z.boolean(),
  unavailable_reason: z.string().nullable(),
})

export const capabilityDescriptionSchema = z.object({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  inputs: z.array(z.enum(['audio', 'video', 'text'])),
  models: z.array(modelDescriptionSchema),
  parameters: z.record(z.string(), z.unknown()).describe('JSON Schema of the parameters.'),
  limits: z.object({
    max_input_bytes: z.int(),
    max_input_seconds: z.int(),
    max_text_characters: z.int(),
  }),
})

export type CapabilityDescription = z.infer<typeof capabilityDescriptionSchema>
