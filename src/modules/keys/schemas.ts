import { z } from 'zod'
import type { Scopes } from './scopes'

const name = z.string().trim().min(1).max(80).describe('To tell your keys apart.')
const limits = {
  requests_per_minute: z.int().min(1).max(100_000).nullable(),
  minutes_per_month: z.int().min(0).max(1_000_000).nullable(),
}

export function keySchemas({ schema: scopes }: Pick<Scopes, 'schema'>) {
  const expiresAt = z.iso.datetime({ offset: true }).nullable().describe('Null for never.')
  return {
    create: z.strictObject({
      name,
      scopes,
      expires_at: expiresAt.default(null),
      requests_per_minute: limits.requests_per_minute.default(null),
      minutes_per_month: limits.minutes_per_month.default(null),
    }),
    change: z
      .strictObject({ name, scopes, expires_at: expiresAt, ...limits })
      .partial()
      .describe('What is left out stays as it is.'),
    rotate: z.strictObject({
      overlap_seconds: z
        .int()
        .min(0)
        .max(30 * 24 * 3600)
        .default(24 * 3600)
        .describe('How long the key as it was is still taken.'),
    }),
  }
}
export type CreateKey = z.output<ReturnType<typeof keySchemas>['create']>
export type ChangeKey = z.output<ReturnType<typeof keySchemas>['change']>

export const keySchema = z.object({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('The first characters of the key.'),
  scopes: z.array(z.string()),
  requests_per_minute: z.int().nullable(),
  minutes_per_month: z.int().nullable(),
  seconds_this_month: z.int().describe('What the key has spent since the first of the month (UTC).'),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable().describe('To the minute.'),
  previous_until: z
    .string()
    .nullable()
    .describe('After a rotation: until when the key as it was is taken as well.'),
})
export type KeyView = z.output<typeof keySchema>

export const newKeySchema = keySchema.extend({ key: z.string().describe('Shown now and never again.') })

export const usageSchema = z.object({
  object: z.literal('list'),
  url: z.string(),
  has_more: z.literal(false),
  data: z.array(z.object({ day: z.string(), requests: z.int(), seconds: z.int() })),
})

export const usageQuerySchema = z.object({
  days: z.coerce.number().int().min(1).max(366).default(30).describe('Up to today (UTC).'),
})

export const keyParamsSchema = z.object({ id: z.uuid() })
