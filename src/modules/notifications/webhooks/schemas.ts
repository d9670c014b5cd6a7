import { z } from 'zod'
import { pageQuerySchema } from '../../../platform/http'
import { webhookEvents } from '../topics'

const time = z.iso.datetime()
const urlSchema = z
  .string()
  .min(1)
  .max(2048)
  .describe('Begins with https:// and leads to the public internet.')
const eventsSchema = z.array(z.enum(webhookEvents)).max(100).describe('Empty = all.')
const descriptionSchema = z.string().trim().max(200)

export const endpointSchema = z.object({
  id: z.uuid(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  status: z.enum(['enabled', 'disabled']),
  disabled_reason: z.string().nullable(),
  old_secret_until: time
    .nullable()
    .describe('Until then messages are signed with the replaced secret as well.'),
  created_at: time,
})
export type EndpointView = z.output<typeof endpointSchema>

export const newEndpointSchema = z.strictObject({
  url: urlSchema,
  description: descriptionSchema.default(''),
  events: eventsSchema.default([]),
})
export type NewEndpoint = z.output<typeof newEndpointSchema>

export const endpointChangesSchema = z.strictObject({
  url: urlSchema.optional(),
  description: descriptionSchema.optional(),
  events: eventsSchema.optional(),
  enabled: z.boolean().optional(),
})
export type EndpointChanges = z.output<typeof endpointChangesSchema>

export const secretSchema = z.string().describe('Shown only now: whsec_ and base64.')
export const endpointWithSecretSchema = endpointSchema.extend({ secret: secretSchema })

export const rotationSchema = z.strictObject({
  overlap_seconds: z
    .int()
    .min(0)
    .max(7 * 24 * 3600)
    .default(24 * 3600)
    .describe('How long messages are signed with the replaced secret as well.'),
})

const attemptSchema = z.object({
  at: time,
  status: z.int().nullable().describe('Of the answer; null where there was none.'),
  detail: z.string().describe('Why it failed, or the beginning of the answer.'),
  duration_ms: z.number(),
})

export const deliverySchema = z.object({
  id: z.uuid().describe('The `webhook-id`, through all attempts and replays.'),
  event: z.string(),
  status: z.enum(['pending', 'sent', 'failed']),
  payload: z.record(z.string(), z.unknown()),
  attempts: z.array(attemptSchema),
  next_attempt_at: time.nullable(),
  created_at: time,
  sent_at: time.nullable(),
})
export type DeliveryView = z.output<typeof deliverySchema>

export const deliveryQuerySchema = pageQuerySchema.extend({
  status: z.enum(['pending', 'sent', 'failed']).optional(),
  event: z.string().max(100).optional(),
})
export type DeliveryQuery = z.output<typeof deliveryQuerySchema>

export const replaySchema = z.strictObject({
  since: time.describe('Failed messages that were made at this time or later.'),
})
