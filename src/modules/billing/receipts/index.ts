import type { Database, DatabaseClient, Prisma } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import type { TaxRules } from '../money'
import { receiptContentSchema, type Receipt, type ReceiptContent } from './content'
import { receiptHtml, receiptPolicy } from './html'
import { receiptText } from './lines'
import { receiptPdf } from './pdf'

export interface Seller {
  name: string
  /** Lines. */
  address: string[]
  taxId: string | null
}

export interface ReceiptsOptions {
  database: Database
  seller: Seller
  tax: Pick<TaxRules, 'name' | 'inclusive'>
  /** Default: the clock. */
  now?: (() => Date) | undefined
}

export interface PrintedReceipt {
  filename: string
  contentType: string
  /** The Content-Security-Policy that it is shown under. */
  policy: string
  body: Buffer
}

const needed = { plan: true, receipt: true, user: true } as const
type PaidTransaction = Prisma.TransactionGetPayload<{ include: typeof needed }>

export type Receipts = ReturnType<typeof createReceipts>

/** Receipts of payments: each is issued once, with the next number of its year, and never changes then. */
export function createReceipts({ database, seller, tax, now = () => new Date() }: ReceiptsOptions) {
  function contentOf(transaction: PaidTransaction, paidAt: Date): ReceiptContent {
    const { plan, currency, amountMinor, taxMinor, taxBasisPoints, gateway, paymentReference } = transaction
    return {
      seller,
      plan: {
        name: plan?.name ?? 'Minutes',
        kind: plan?.kind ?? 'pack',
        seconds: transaction.seconds,
      },
      ...{ currency, amountMinor, taxMinor, taxBasisPoints, gateway, paymentReference },
      taxName: tax.name,
      taxInclusive: tax.inclusive,
      paidAt: paidAt.toISOString(),
    }
  }

  /** Issues it where that was not done yet. The number and the receipt stand or fall together: no number is lost. */
  async function issueIn(tx: DatabaseClient, transactionId: string): Promise<PaidTransaction> {
    await tx.$queryRaw`SELECT id FROM transactions WHERE id = ${transactionId}::uuid FOR UPDATE`
    const transaction = await tx.transaction.findUniqueOrThrow({
      where: { id: transactionId },
      include: needed,
    })
    if (transaction.receipt) return transaction
    if (!transaction.paidAt) {
      throw new AppError('conflict', {
        message: `The payment is ${transaction.status}. There is a receipt once it was paid.`,
      })
    }
    const issuedAt = now()
    const year = issuedAt.getUTCFullYear()
    const [counter] = await tx.$queryRaw<{ last: number }[]>`
      INSERT INTO receipt_counters (year, last) VALUES (${year}, 1)
      ON CONFLICT (year) DO UPDATE SET last = receipt_counters.last + 1 RETURNING last`
    const receipt = await tx.receipt.create({
      data: {
        transactionId,
        year,
        sequence: counter!.last,
        content: contentOf(transaction, transaction.paidAt),
        issuedAt,
      },
    })
    return { ...transaction, receipt }
  }

  async function read(userId: string, transactionId: string): Promise<Receipt> {
    const own = { id: transactionId, userId }
    if (!(await database.transaction.findFirst({ where: own, select: { id: true } }))) {
      throw new AppError('not_found', { message: 'There is no such payment.' })
    }
    const { receipt, user, ...transaction } = await database.$transaction((tx) => issueIn(tx, transactionId))
    return {
      content: receiptContentSchema.parse(receipt!.content),
      number: receiptNumber(receipt!),
      issuedAt: receipt!.issuedAt,
      customer: { name: user.displayName ?? user.username, email: user.email },
      refundedMinor: transaction.refundedMinor,
      disputed: transaction.status === 'disputed',
    }
  }

  return {
    /**
     * A receipt of the user's own payment.
     * @throws AppError `not_found`, and `conflict` where it was not paid.
     */
    async print(userId: string, transactionId: string, format: 'pdf' | 'html'): Promise<PrintedReceipt> {
      const receipt = await read(userId, transactionId)
      const text = receiptText(receipt)
      const filename = `receipt-${receipt.number}.${format}`
      if (format === 'pdf') {
        const body = await receiptPdf(text, receipt.issuedAt)
        return { filename, contentType: 'application/pdf', policy: "default-src 'none'", body }
      }
      const body = Buffer.from(receiptHtml(text))
      return { filename, contentType: 'text/html; charset=utf-8', policy: receiptPolicy, body }
    },

    /** Issues the receipts of all payments that have none, in the order in which they were paid. @returns how many. */
    async issueDue(): Promise<number> {
      const due = await database.transaction.findMany({
        where: { paidAt: { not: null }, receipt: null },
        orderBy: [{ paidAt: 'asc' }, { id: 'asc' }],
        select: { id: true },
        take: 1000,
      })
      for (const { id } of due) await database.$transaction((tx) => issueIn(tx, id))
      return due.length
    },
  }
}

export function receiptNumber({ year, sequence }: { year: number; sequence: number }): string {
  return `${year}-${String(sequence).padStart(6, '0')}`
}
