import { z } from 'zod'

export const subscriptionSchema = z.object({
  id: z.uuid(),
  plan: z.object({ id: z.uuid(), name: z.string() }),
  gateway: z.string(),
  status: z.enum(['incomplete', 'active', 'past_due', 'canceled']),
  current_period_end: z.string().nullable().describe('When the period that is paid for ends.'),
  renews: z.boolean().describe('Whether another period is charged after this one.'),
  created_at: z.string(),
})
export type SubscriptionView = z.output<typeof subscriptionSchema>
