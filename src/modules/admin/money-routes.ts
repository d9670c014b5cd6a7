import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { AuditLog } from '../../platform/audit'
import { listSchema, problems, requireAdmin } from '../../platform/http'
import {
  adminTransactionQuerySchema,
  adminTransactionSchema,
  revenueQuerySchema,
  revenueSchema,
  type BillingModule,
} from '../billing'
import { administratorOf } from './administrator'

const tags = ['admin']
const security = [{ bearer: [] }]
const csv = 'text/csv; charset=utf-8'

export interface MoneyRoutesOptions {
  billing: Pick<BillingModule, 'transactions' | 'transactionsCsv' | 'revenue' | 'revenueCsv'>
  audit: AuditLog
}

/** Payments of all accounts, and what they sum up to. */
export function moneyRoutes({ billing, audit }: MoneyRoutesOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireAdmin)

    app.get(
      '/api/admin/transactions',
      {
        schema: {
          tags,
          security,
          summary: 'Payments of all accounts, newest first',
          description: 'With `format=csv` all of them as text/csv.',
          querystring: adminTransactionQuerySchema,
          response: { 200: listSchema(adminTransactionSchema), ...problems(400, 401, 403) },
        },
      },
      async (request, reply) => {
        const { format, ...query } = request.query
        if (format === 'json') return billing.transactions(query)
        const by = administratorOf(request)
        await audit.record({ action: 'revenue.exported', ...by, details: { list: 'transactions' } })
        reply.type(csv).header('content-disposition', 'attachment; filename="transactions.csv"')
        return reply.send(billing.transactionsCsv(query) as never)
      },
    )

    app.get(
      '/api/admin/revenue',
      {
        schema: {
          tags,
          security,
          summary: 'Revenue by day, gateway or plan, each currency for itself',
          description: 'With `format=csv` as text/csv.',
          querystring: revenueQuerySchema,
          response: { 200: revenueSchema, ...problems(400, 401, 403) },
        },
      },
      async (request, reply) => {
        const { format, ...query } = request.query
        if (format === 'json') return billing.revenue(query)
        const by = administratorOf(request)
        await audit.record({ action: 'revenue.exported', ...by, details: { list: 'revenue', by: query.by } })
        reply.type(csv).header('content-disposition', 'attachment; filename="revenue.csv"')
        return reply.send((await billing.revenueCsv(query)) as never)
      },
    )
  }
}
