import { z } from 'zod'

const currencies = new Set(Intl.supportedValuesOf('currency'))

const planFields = {
  name: z.string().trim().min(1).max(100),
  description: z.string().trim().max(500),
  kind: z.enum(['pack', 'subscription']).describe('A pack is paid once, a subscription every month.'),
  price_minor: z.int().min(1).max(100_000_000).describe('In the minor unit of the currency.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'Three capital letters, such as USD.')
    .refine((code) => currencies.has(code), 'There is no such currency.'),
  minutes: z.int().min(1).max(1_000_000),
  expires_after_days: z
    .int()
    .min(1)
    .max(3650)
    .nullable()
    .describe('When what is left of the minutes is gone, counted from the payment; null = never.'),
  active: z.boolean().describe('Whether it is on sale.'),
  position: z.int().min(0).max(100_000).describe('Plans are shown in this order.'),
}

export const newPlanSchema = z.strictObject({
  ...planFields,
  description: planFields.description.default(''),
  kind: planFields.kind.default('pack'),
  expires_after_days: planFields.expires_after_days.default(null),
  active: planFields.active.default(true),
  position: planFields.position.default(0),
})
export type NewPlan = z.output<typeof newPlanSchema>

export const planChangesSchema = z
  .strictObject(planFields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'Name what is to be changed.')
export type PlanChanges = z.output<typeof planChangesSchema>

export const planSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  kind: planFields.kind,
  price_minor: planFields.price_minor,
  amount_minor: z.int().describe('What is charged: the price with its tax.'),
  tax_minor: z.int().describe('The tax in `amount_minor`.'),
  currency: z.string(),
  minutes: z.number(),
  expires_after_days: z.int().nullable(),
  position: z.int(),
})
export type PlanView = z.output<typeof planSchema>

const taxSchema = z.object({ name: z.string(), percent: z.number(), inclusive: z.boolean() })

export const planListSchema = z.object({
  object: z.literal('list'),
  url: z.string(),
  has_more: z.boolean(),
  data: z.array(planSchema),
  tax: taxSchema,
  gateways: z
    .array(
      z.object({
        id: z.string(),
        title: z.string(),
        currencies: z.array(z.string()),
        plan_kinds: z.array(planFields.kind),
      }),
    )
    .describe('Ways to pay; none: payments are off.'),
})
export type PlanList = z.output<typeof planListSchema>

export const planQuerySchema = z.object({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
})

export const adminPlanSchema = planSchema.extend({
  active: z.boolean(),
  sold: z.int().describe('Payments that were begun for it; a plan with any is never rewritten.'),
  supersedes_id: z.string().nullable().describe('The plan whose place it took.'),
  retired_at: z.string().nullable().describe('Superseded or removed, and kept because it was sold.'),
  created_at: z.string(),
  updated_at: z.string(),
})
export type AdminPlanView = z.output<typeof adminPlanSchema>

export const planParamsSchema = z.object({ id: z.uuid() })
