import { z } from 'zod'
import { pageQuerySchema } from '../../platform/http'

const moment = (about: string) =>
  z
    .union([z.iso.date(), z.iso.datetime({ offset: true })])
    .transform((text) => new Date(text))
    .optional()
    .describe(`${about}: a day (UTC) or a time, ISO 8601.`)

export const periodQuery = { from: moment('From, included'), to: moment('Until, not included') }

const format = z.enum(['json', 'csv']).default('json').describe('CSV holds the whole list, not a page.')

export const transactionStatusSchema = z.enum([
  'pending',
  'paid',
  'failed',
  'expired',
  'refunded',
  'disputed',
])

export const transactionQuerySchema = pageQuerySchema.extend({
  status: transactionStatusSchema.optional(),
  gateway: z.string().optional(),
  ...periodQuery,
  format,
})
export type TransactionQuery = Omit<z.output<typeof transactionQuerySchema>, 'format'>

export const transactionSchema = z.object({
  id: z.string(),
  status: transactionStatusSchema,
  gateway: z.string(),
  plan: z.object({ id: z.string(), name: z.string(), kind: z.enum(['pack', 'subscription']) }).nullable(),
  subscription_id: z.string().nullable(),
  amount_minor: z.int().describe('What is charged, tax included, in the minor unit of the currency.'),
  tax_minor: z.int(),
  refunded_minor: z.int(),
  currency: z.string(),
  seconds: z.int().describe('What it adds to the balance.'),
  taken_back_seconds: z.int().describe('What refunds and disputes took from the balance again.'),
  failure_reason: z.string().nullable(),
  checkout_url: z.string().nullable().describe('Where it can still be paid.'),
  receipt_url: z.string().nullable().describe('Once it was paid; `?format=pdf` or `html`.'),
  created_at: z.string(),
  paid_at: z.string().nullable(),
})
export type TransactionView = z.output<typeof transactionSchema>

export const adminTransactionSchema = transactionSchema.extend({
  user: z.object({ id: z.string(), username: z.string(), email: z.string() }),
  gateway_reference: z.string().nullable(),
  payment_reference: z.string().nullable(),
  last_checked_at: z.string().nullable(),
})
export type AdminTransactionView = z.output<typeof adminTransactionSchema>

export const adminTransactionQuerySchema = transactionQuerySchema.extend({ user_id: z.uuid().optional() })
export type AdminTransactionQuery = Omit<z.output<typeof adminTransactionQuerySchema>, 'format'>

export const entryKindSchema = z.enum(['purchase', 'download', 'grant', 'refund', 'expiry'])

export const ledgerQuerySchema = pageQuerySchema.extend({
  kind: entryKindSchema.optional(),
  ...periodQuery,
  format,
})
export type LedgerQuery = Omit<z.output<typeof ledgerQuerySchema>, 'format'>

export const ledgerEntrySchema = z.object({
  id: z.string(),
  kind: entryKindSchema,
  seconds: z.int().describe('Above zero: added; below: taken.'),
  balance_after: z.int(),
  job_id: z.string().nullable(),
  transaction_id: z.string().nullable(),
  note: z.string().nullable(),
  seconds_left: z.int().nullable().describe('Of what was added: what was not spent yet.'),
  expires_at: z.string().nullable().describe('Of what was added: when the rest of it is gone.'),
  created_at: z.string(),
})
export type LedgerEntryView = z.output<typeof ledgerEntrySchema>

export const downloadMinutesSchema = z.strictObject({ job_id: z.uuid() })

export const downloadMinutesAnswerSchema = z.object({
  job_id: z.string(),
  charged: z.boolean().describe('False: it was paid for before.'),
  cost_seconds: z.int(),
  seconds_remaining: z.int(),
})

export const receiptQuerySchema = z.object({ format: z.enum(['pdf', 'html']).default('pdf') })
export const transactionParamsSchema = z.object({ id: z.uuid() })

export const revenueQuerySchema = z.object({
  ...periodQuery,
  by: z.enum(['day', 'gateway', 'plan']).default('day'),
  format: z.enum(['json', 'csv']).default('json'),
})
export type RevenueQuery = Omit<z.output<typeof revenueQuerySchema>, 'format'>

export const revenueRowSchema = z.object({
  key: z.string().describe('A day (UTC), a gateway, or the id of a plan.'),
  title: z.string(),
  currency: z.string(),
  payments: z.int(),
  amount_minor: z.int().describe('Paid, tax included.'),
  tax_minor: z.int(),
  refunded_minor: z.int().describe('Of these payments, whenever they were refunded.'),
  disputed_minor: z.int().describe('Held back or lost because of disputes.'),
  net_minor: z.int().describe('Paid, less what was refunded or is disputed.'),
  seconds: z.int(),
})
export type RevenueRow = z.output<typeof revenueRowSchema>

export const revenueSchema = z.object({
  by: z.enum(['day', 'gateway', 'plan']),
  from: z.string().nullable(),
  to: z.string().nullable(),
  data: z.array(revenueRowSchema),
})
export type Revenue = z.output<typeof revenueSchema>
