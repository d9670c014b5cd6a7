import { formatMoney, formatMinutes } from '../money'
import type { Receipt } from './content'

/** The words of a receipt, the same in every format. */
export interface ReceiptText {
  title: string
  seller: string[]
  customer: string[]
  facts: [label: string, value: string][]
  item: string
  amounts: [label: string, value: string][]
  total: [label: string, value: string]
  notes: string[]
}

export function receiptText({ content, number, issuedAt, customer, ...now }: Receipt): ReceiptText {
  const { seller, plan, currency, amountMinor, taxMinor, taxBasisPoints, taxName, taxInclusive } = content
  const money = (minor: number) => formatMoney(minor, currency)
  const rate = `${taxName} ${taxBasisPoints / 100} %`
  const taxed = taxBasisPoints > 0
  return {
    title: `Receipt ${number}`,
    seller: [seller.name, ...seller.address, ...(seller.taxId ? [`Tax number: ${seller.taxId}`] : [])],
    customer: [customer.name, customer.email],
    facts: [
      ['Receipt', number],
      ['Issued', issuedAt.toISOString().slice(0, 10)],
      ['Paid', content.paidAt.slice(0, 10)],
      ['Paid through', content.gateway],
      ...(content.paymentReference ? [['Payment', content.paymentReference] as [string, string]] : []),
    ],
    item: `${plan.name}: ${formatMinutes(plan.seconds)} minutes${plan.kind === 'subscription' ? ', one month' : ''}`,
    amounts: taxed
      ? [
          ['Net', money(amountMinor - taxMinor)],
          [rate, money(taxMinor)],
        ]
      : [],
    total: ['Total', `${money(amountMinor)} (${currency})`],
    notes: [
      ...(taxed ? [taxInclusive ? `The price contains ${rate}.` : `${rate} was added to the price.`] : []),
      ...(now.refundedMinor > 0 ? [`Refunded up to now: ${money(now.refundedMinor)}.`] : []),
      ...(now.disputed ? ['The payment is disputed.'] : []),
    ],
  }
}
