import { z } from 'zod'
import { listSchema } from '../../platform/http'

const time = z.string().describe('ISO 8601.')

const pullSchema = z.object({
  status: z.enum(['running', 'completed', 'failed', 'canceled']),
  file: z.string().nullable(),
  received_bytes: z.number(),
  total_bytes: z.number().nullable().describe('Null while the source does not say.'),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  started_at: time,
  updated_at: time,
})

const versionSchema = z.object({
  version: z.string(),
  installed: z.boolean(),
  starter: z.boolean().describe('Its weights come with the product.'),
  added: z.boolean().describe('Its manifest was added to this installation.'),
  bytes: z.number().nullable().describe('Null where it is not known before the first pull.'),
  pull: pullSchema.nullable().describe('The last pull that was started here.'),
})

const loadedSchema = z.object({
  worker_id: z.string(),
  version: z.string(),
  provider: z.string().describe('Execution provider in use.'),
  bytes: z.number(),
  users: z.int().describe('Jobs that use it right now.'),
  load_ms: z.number(),
  reported_at: time,
})

const speedSchema = z.object({ provider: z.string(), real_time_factor: z.number(), jobs: z.int() })

export const adminModelSchema = z.object({
  id: z.string(),
  capability: z.string(),
  internal: z.boolean().describe('Serves other capabilities; users are not offered it.'),
  engine: z.string(),
  title: z.string(),
  summary: z.string(),
  languages: z.array(z.string()),
  licence: z.object({ spdx: z.string(), commercial_use: z.boolean(), url: z.string().nullable() }),
  requirements: z.object({ memory_mb: z.number(), gpu: z.boolean() }),
  enabled: z.boolean(),
  default: z.boolean(),
  version: z.string().describe('The version that new jobs get.'),
  chosen_version: z
    .string()
    .nullable()
    .describe('As an administrator chose it; null = the newest installed one.'),
  versions: z.array(versionSchema),
  loaded: z.array(loadedSchema),
  speeds: z.array(speedSchema),
  jobs_ended: z.int().describe('Completed or failed in the last 30 days.'),
  failure_rate: z
    .number()
    .nullable()
    .describe('Failed ones among these, 0 to 1; null where there were none.'),
})
export type AdminModel = z.infer<typeof adminModelSchema>

export const adminModelListSchema = listSchema(adminModelSchema).extend({
  broken: z
    .array(z.object({ path: z.string(), reason: z.string() }))
    .describe('Manifests that were left out.'),
})
export type AdminModelList = z.infer<typeof adminModelListSchema>

export const modelChangesSchema = z.strictObject({
  enabled: z.boolean().optional(),
  default: z.boolean().optional(),
  version: z.string().nullable().optional().describe('Null = the newest that is installed.'),
})
export type ModelChanges = z.infer<typeof modelChangesSchema>

export const verificationSchema = z.object({
  id: z.string(),
  version: z.string(),
  in_order: z.boolean(),
  problems: z.array(z.string()),
})
export type Verification = z.infer<typeof verificationSchema>

export const modelParamsSchema = z.object({ id: z.string() })
export const versionQuerySchema = z.object({
  version: z.string().optional().describe('Default: the newest, or the newest installed one.'),
})
