import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { listSchema, principalOf, problems, requireUser, type Grant } from '../../platform/http'
import type { Debit } from './ledger'
import type { Receipts } from './receipts'
import type { createEntryLists } from './reports/entries'
import type { createTransactionLists } from './reports/transactions'
import {
  downloadMinutesAnswerSchema,
  downloadMinutesSchema,
  ledgerEntrySchema,
  ledgerQuerySchema,
  receiptQuerySchema,
  transactionParamsSchema,
  transactionQuerySchema,
  transactionSchema,
} from './schemas'

export interface AccountRoutesOptions {
  transactions: ReturnType<typeof createTransactionLists>
  entries: ReturnType<typeof createEntryLists>
  receipts: Receipts
}

const tags = ['payment']
const csv = 'text/csv; charset=utf-8'

/** What an account sees of its money and minutes. */
export function accountRoutes({
  transactions,
  entries,
  receipts,
}: AccountRoutesOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireUser)

    app.get(
      '/api/payment/transactions',
      {
        config: { scope: 'payment:read' },
        schema: {
          tags,
          summary: 'Your payments, newest first',
          description: 'With `format=csv` all of them as text/csv.',
          querystring: transactionQuerySchema,
          response: { 200: listSchema(transactionSchema), ...problems(400, 401) },
        },
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        const { format, ...query } = request.query
        if (format === 'json') return transactions.list(userId, query)
        reply.type(csv).header('content-disposition', 'attachment; filename="transactions.csv"')
        return reply.send(transactions.csv(userId, query) as never)
      },
    )

    app.get(
      '/api/payment/ledger',
      {
        config: { scope: 'payment:read' },
        schema: {
          tags,
          summary: 'Every change of your balance, newest first',
          description: 'With `format=csv` all of them as text/csv.',
          querystring: ledgerQuerySchema,
          response: { 200: listSchema(ledgerEntrySchema), ...problems(400, 401) },
        },
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        const { format, ...query } = request.query
        if (format === 'json') return entries.list(userId, query)
        reply.type(csv).header('content-disposition', 'attachment; filename="ledger.csv"')
        return reply.send(entries.csv(userId, query) as never)
      },
    )

    app.get(
      '/api/payment/transactions/:id/receipt',
      {
        config: { scope: 'payment:read' },
        schema: {
          tags,
          summary: 'The receipt of a payment',
          description: 'Numbered without gaps within a year; issued once, and the same ever after.',
          params: transactionParamsSchema,
          querystring: receiptQuerySchema,
          produces: ['application/pdf', 'text/html'],
          response: { ...problems(400, 401, 404, 409) },
        },
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        const { format } = request.query
        const receipt = await receipts.print(userId, request.params.id, format)
        const disposition = format === 'pdf' ? 'attachment' : 'inline'
        return reply
          .type(receipt.contentType)
          .header('content-security-policy', receipt.policy)
          .header('content-disposition', `${disposition}; filename="${receipt.filename}"`)
          .send(receipt.body as never)
      },
    )
  }
}

export interface DownloadMinutesOptions {
  /** Pays for a job's output as its first download would. */
  payDownload(userId: string, jobId: string, grant?: Grant): Promise<Debit & { costSeconds: number }>
}

/** Paying for an output without downloading it yet. */
export function downloadMinutesRoutes({ payDownload }: DownloadMinutesOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/api/payment/download-minutes',
      {
        onRequest: requireUser,
        config: { idempotent: true, scope: 'payment:write' },
        schema: {
          tags,
          summary: 'Pay for the output of a job',
          description:
            'Debits what the first download would, once; downloads are free then, and it is where one was made before.',
          body: downloadMinutesSchema,
          response: { 200: downloadMinutesAnswerSchema, ...problems(400, 401, 402, 403, 404, 409, 422) },
        },
      },
      async (request) => {
        const { job_id } = request.body
        const { userId, grant } = principalOf(request)
        const debit = await payDownload(userId, job_id, grant)
        return {
          job_id,
          charged: debit.charged,
          cost_seconds: debit.costSeconds,
          seconds_remaining: debit.balanceSeconds,
        }
      },
    )
  }
}
