import { z } from 'zod'

/** A receipt as it was issued. Who paid is not in it: that is the account's to change and to have forgotten. */
export const receiptContentSchema = z.object({
  seller: z.object({ name: z.string(), address: z.array(z.string()), taxId: z.string().nullable() }),
  plan: z.object({ name: z.string(), kind: z.enum(['pack', 'subscription']), seconds: z.int() }),
  currency: z.string(),
  amountMinor: z.int(),
  taxMinor: z.int(),
  taxBasisPoints: z.int(),
  taxName: z.string(),
  taxInclusive: z.boolean(),
  gateway: z.string(),
  paymentReference: z.string().nullable(),
  paidAt: z.string(),
})
export type ReceiptContent = z.output<typeof receiptContentSchema>

/** What is printed: the receipt, and what has changed since. */
export interface Receipt {
  content: ReceiptContent
  /** Without gaps within its year: `2026-000001`. */
  number: string
  issuedAt: Date
  customer: { name: string; email: string }
  /** Of the amount, up to now. */
  refundedMinor: number
  disputed: boolean
}
