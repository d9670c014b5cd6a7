import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Readable } from 'node:stream'
import type { AuditLog } from '../../platform/audit'
import type { Database, DatabaseClient } from '../../platform/database'
import type { List } from '../../platform/http'
import type { Notifier } from '../notifications'
import { createLedger, downloadKey, type Debit, type DebitOptions, type Ledger } from './ledger'
import { createNotices } from './ledger/notices'
import type { TaxRules } from './money'
import { createPlans, type OfferedGateway, type Plans } from './plans'
import { planAdminRoutes, planRoutes } from './plans/routes'
import { createReceipts, type Receipts, type Seller } from './receipts'
import { createEntryLists } from './reports/entries'
import { createRevenueReport } from './reports/revenue'
import { createTransactionLists } from './reports/transactions'
import { accountRoutes } from './routes'
import type {
  AdminTransactionQuery,
  AdminTransactionView,
  LedgerEntryView,
  LedgerQuery,
  Revenue,
  RevenueQuery,
  TransactionQuery,
  TransactionView,
} from './schemas'

export type { Debit, Ledger, LedgerReport } from './ledger'
export { createLedger } from './ledger'
export { createBillingPersonalData } from './personal-data'
export { configuredGateways, createPaymentGateways, type PaymentGateways } from './gateways'
export { createPaymentsModule, type PaymentsModule } from './payments'
export { createReconcile } from './webhooks/reconcile'
export { createSettle } from './webhooks/settle'
export { downloadMinutesRoutes } from './routes'
export {
  adminTransactionQuerySchema,
  adminTransactionSchema,
  revenueQuerySchema,
  revenueSchema,
  type AdminTransactionQuery,
  type AdminTransactionView,
  type LedgerEntryView,
  type Revenue,
  type RevenueQuery,
  type TransactionView,
} from './schemas'
export type { PlanList, PlanView } from './plans/schemas'
export { priceOf, type Price, type TaxRules } from './money'

export interface GrantOptions {
  userId: string
  /** Whole seconds, above zero. */
  seconds: number
  /** The same key grants once, however often it is asked for. */
  idempotencyKey: string
  note: string
}

export interface BillingModuleOptions {
  database: Database
  audit: AuditLog
  notifier: Notifier
  tax: TaxRules
  seller: Seller
  /** A download that leaves less than this is followed by a notice; 0 = none. */
  lowSeconds: number
  expiryNoticeDays: number
  /** Ways to pay; none: payments are off. */
  gateways?: readonly OfferedGateway[]
}

export interface BillingModule {
  ledger: Ledger
  plans: Plans
  receipts: Receipts
  /**
   * Adds minutes without a payment.
   * @param client A transaction, where the grant must stand or fall with something else.
   * @returns false when the key was used before.
   */
  grant(options: GrantOptions, client?: DatabaseClient): Promise<boolean>
  /**
   * Charges the first download of a job's output; every later one is free.
   * @throws AppError `insufficient_minutes` with `seconds_needed` and `seconds_remaining`.
   */
  debitDownload(options: DebitOptions): Promise<Debit>
  isPaid(jobId: string): Promise<boolean>
  /** Ids of those of `jobIds` whose output was paid for. */
  paidJobs(jobIds: string[]): Promise<Set<string>>
  /** An account's own payments, and every change of its balance. */
  ownTransactions(userId: string, query: TransactionQuery): Promise<List<TransactionView>>
  ownEntries(userId: string, query: LedgerQuery): Promise<List<LedgerEntryView>>
  /** Everybody's payments, for administrators. */
  transactions(query: AdminTransactionQuery): Promise<List<AdminTransactionView>>
  transactionsCsv(query: AdminTransactionQuery): Readable
  revenue(query: RevenueQuery): Promise<Revenue>
  revenueCsv(query: RevenueQuery): Promise<Readable>
  /** Writes off minutes whose time is over, tells owners of those that follow, and issues receipts that are due. */
  sweep(): Promise<void>
  routes: FastifyPluginAsyncZod[]
}

/** The billing desk: plans, payments, receipts and the minutes ledger. */
export function createBillingModule(options: BillingModuleOptions): BillingModule {
  const { database, audit, notifier, tax, seller, lowSeconds, expiryNoticeDays, gateways = [] } = options
  const notices = createNotices({ database, notifier, lowSeconds, expiryNoticeDays })
  const ledger = createLedger({ database, onDebit: (debit, client) => notices.debited(debit, client) })
  const plans = createPlans({ database, audit, tax, gateways })
  const receipts = createReceipts({ database, seller, tax })
  const transactions = createTransactionLists(database)
  const entries = createEntryLists(database)
  return {
    ledger,
    plans,
    receipts,
    grant: (grant, client) => ledger.credit({ ...grant, kind: 'grant' }, client),
    debitDownload: (debit) => ledger.debitDownload(debit),
    async isPaid(jobId) {
      const entry = await database.minuteEntry.findUnique({ where: { idempotencyKey: downloadKey(jobId) } })
      return entry !== null
    },
    async paidJobs(jobIds) {
      const found = await database.minuteEntry.findMany({
        where: { idempotencyKey: { in: jobIds.map(downloadKey) } },
        select: { jobId: true },
      })
      return new Set(found.flatMap((entry) => (entry.jobId ? [entry.jobId] : [])))
    },
    ownTransactions: transactions.list,
    ownEntries: entries.list,
    transactions: transactions.adminList,
    transactionsCsv: transactions.adminCsv,
    ...createRevenueReport(database),
    async sweep() {
      await ledger.expireLots()
      await notices.expiring()
      await receipts.issueDue()
    },
    routes: [accountRoutes({ transactions, entries, receipts }), planRoutes(plans), planAdminRoutes(plans)],
  }
}
