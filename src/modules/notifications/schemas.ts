import { z } from 'zod'
import { pageQuerySchema } from '../../platform/http'
import { channels, topics } from './topics'
import { notificationEvents } from './notifier'

const time = z.iso.datetime()

export const notificationSchema = z.object({
  id: z.uuid(),
  event: z.string(),
  title: z.string(),
  body: z.string(),
  href: z.string().nullable().describe('Page of this site that it leads to.'),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  created_at: time,
  read_at: time.nullable(),
})
/** A notification as the app lists it. */
export type NotificationView = z.output<typeof notificationSchema>

export const notificationQuerySchema = pageQuerySchema.extend({
  unread: z.stringbool().optional().describe('true: only those that were not read yet.'),
  event: z.enum(notificationEvents).optional(),
})
export type NotificationQuery = z.output<typeof notificationQuerySchema>

const byChannel = z.object(
  Object.fromEntries(channels.map((channel) => [channel, z.boolean()])) as Record<
    (typeof channels)[number],
    z.ZodBoolean
  >,
)
const chosenTopics = topics.filter((topic) => topic !== 'account')

export const preferencesSchema = z
  .object(
    Object.fromEntries(topics.map((topic) => [topic, byChannel])) as Record<
      (typeof topics)[number],
      typeof byChannel
    >,
  )
  .describe(
    'Whether you are told, by topic and channel. What belongs to the account itself always comes by e-mail.',
  )

const byChannelChanges = byChannel.partial().strict()

export const preferenceChangesSchema = z
  .strictObject(
    Object.fromEntries(chosenTopics.map((topic) => [topic, byChannelChanges.optional()])) as Record<
      Exclude<(typeof topics)[number], 'account'>,
      z.ZodOptional<typeof byChannelChanges>
    >,
  )
  .describe('Only the fields given are changed.')

const key = (bytes: number) =>
  z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9_-]+={0,2}$/)
    .refine((text) => Buffer.from(text, 'base64url').length === bytes, `Must be ${bytes} bytes in base64url`)

export const newSubscriptionSchema = z
  .object({
    endpoint: z.string().max(2048),
    keys: z.object({ p256dh: key(65), auth: key(16) }),
  })
  .describe('`PushSubscription.toJSON()` of a browser.')

export const subscriptionSchema = z.object({
  id: z.uuid(),
  service: z.string().describe('Host of the push service.'),
  endpoint: z.string(),
  user_agent: z.string().nullable(),
  created_at: time,
})
