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
  voices: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        language: z.string().nullable(),
        gender: z.string().nullable(),
      }),
    )
    .describe('Voices that come with the model.'),
  real_time_factor: z
    .number()
    .nullable()
    .describe('Computing seconds for each second of audio, by the jobs of late; null before the first one.'),
  available: z.boolean(),
  unavailable_reason: z.string().nullable(),
})

export const capabilityDescriptionSchema = z.object({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  inputs: z.array(z.enum(['audio', 'video', 'text'])),
  sound: z
    .object({ generated: z.boolean(), speech: z.boolean() })
    .nullable()
    .describe('What its sound is: made, not recorded, and whether speech; null where no sound comes out.'),
  models: z.array(modelDescriptionSchema),
  parameters: z.record(z.string(), z.unknown()).describe('JSON Schema of the parameters.'),
  limits: z.object({
    max_input_bytes: z.int(),
    max_input_seconds: z.int(),
    max_text_characters: z.int(),
  }),
})

export type CapabilityDescription = z.infer<typeof capabilityDescriptionSchema>

export const estimateRequestSchema = z
  .strictObject({
    capability: z.string(),
    model_name: z.string().optional().describe("Default: the capability's default model."),
    input_seconds: z.number().positive().optional().describe('Length of a recording.'),
    input_characters: z.int().positive().optional().describe('Length of a text, in its place.'),
    parameters: z.record(z.string(), z.unknown()).default({}),
  })
  .refine((request) => (request.input_seconds === undefined) !== (request.input_characters === undefined), {
    path: ['input_seconds'],
    error: 'Give either input_seconds or input_characters.',
  })
export type EstimateRequest = z.infer<typeof estimateRequestSchema>

export const estimateSchema = z.object({
  model_name: z.string(),
  output_seconds: z.number().nullable().describe('Of a text, about how long it is when it is spoken.'),
  cost_seconds: z.int().describe('What the first download would take from the balance.'),
  estimated_processing_seconds: z
    .number()
    .nullable()
    .describe('Once a worker has taken the job; null while the model has done no job here.'),
  real_time_factor: z.number().nullable(),
})
export type Estimate = z.infer<typeof estimateSchema>
