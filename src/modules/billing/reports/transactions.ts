import type { Readable } from 'node:stream'
import type { Database, Prisma } from '../../../platform/database'
import { fetchPage, type List } from '../../../platform/http'
import { allRows, csvStream } from '../csv'
import type {
  AdminTransactionQuery,
  AdminTransactionView,
  TransactionQuery,
  TransactionView,
} from '../schemas'

const viewed = {
  plan: { select: { id: true, name: true, kind: true } },
  user: { select: { id: true, username: true, email: true } },
} as const
type Row = Prisma.TransactionGetPayload<{ include: typeof viewed }>

const ownUrl = '/api/payment/transactions'
const adminUrl = '/api/admin/transactions'
const newestFirst = [{ createdAt: 'desc' }, { id: 'desc' }] as const

const columns: Record<string, (row: TransactionView) => string | number | null> = {
  id: (row) => row.id,
  created_at: (row) => row.created_at,
  paid_at: (row) => row.paid_at,
  status: (row) => row.status,
  gateway: (row) => row.gateway,
  plan: (row) => row.plan?.name ?? null,
  currency: (row) => row.currency,
  amount_minor: (row) => row.amount_minor,
  tax_minor: (row) => row.tax_minor,
  refunded_minor: (row) => row.refunded_minor,
  seconds: (row) => row.seconds,
  taken_back_seconds: (row) => row.taken_back_seconds,
}
const adminColumns: Record<string, (row: AdminTransactionView) => string | number | null> = {
  ...columns,
  user_id: (row) => row.user.id,
  username: (row) => row.user.username,
  email: (row) => row.user.email,
  gateway_reference: (row) => row.gateway_reference,
  payment_reference: (row) => row.payment_reference,
}

/** Lists of payments: an account's own, and everybody's for administrators. */
export function createTransactionLists(database: Database) {
  function finder(query: AdminTransactionQuery) {
    const { status, gateway, from, to, user_id: userId } = query
    const where: Prisma.TransactionWhereInput = {
      ...(userId ? { userId } : {}),
      ...(status ? { status } : {}),
      ...(gateway ? { gateway } : {}),
      createdAt: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) },
    }
    return (page: { take: number; cursor?: { id: string }; skip?: number }) =>
      database.transaction.findMany({ where, include: viewed, orderBy: [...newestFirst], ...page })
  }

  async function* views<View>(
    query: AdminTransactionQuery,
    toView: (row: Row) => View,
  ): AsyncGenerator<View> {
    for await (const row of allRows<Row>(finder(query))) yield toView(row)
  }

  return {
    list: (userId: string, query: TransactionQuery): Promise<List<TransactionView>> =>
      fetchPage({ url: ownUrl, query, find: finder({ ...query, user_id: userId }), toItem: viewTransaction }),
    csv: (userId: string, query: TransactionQuery): Readable =>
      csvStream(columns, views({ ...query, user_id: userId }, viewTransaction)),
    adminList: (query: AdminTransactionQuery): Promise<List<AdminTransactionView>> =>
      fetchPage({ url: adminUrl, query, find: finder(query), toItem: viewForAdmin }),
    adminCsv: (query: AdminTransactionQuery): Readable => csvStream(adminColumns, views(query, viewForAdmin)),
  }
}

function viewTransaction(row: Row): TransactionView {
  const payable = row.status === 'pending' && row.expiresAt !== null && row.expiresAt > new Date()
  return {
    id: row.id,
    status: row.status,
    gateway: row.gateway,
    plan: row.plan,
    subscription_id: row.subscriptionId,
    amount_minor: row.amountMinor,
    tax_minor: row.taxMinor,
    refunded_minor: row.refundedMinor,
    currency: row.currency,
    seconds: row.seconds,
    taken_back_seconds: row.takenBackSeconds,
    failure_reason: row.failureReason,
    checkout_url: payable ? row.checkoutUrl : null,
    receipt_url: row.paidAt ? `${ownUrl}/${row.id}/receipt` : null,
    created_at: row.createdAt.toISOString(),
    paid_at: row.paidAt?.toISOString() ?? null,
  }
}

function viewForAdmin(row: Row): AdminTransactionView {
  return {
    ...viewTransaction(row),
    user: row.user,
    gateway_reference: row.gatewayReference,
    payment_reference: row.paymentReference,
    last_checked_at: row.lastCheckedAt?.toISOString() ?? null,
  }
}
