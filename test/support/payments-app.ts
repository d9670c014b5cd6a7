import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import {
  createLedger,
  createPaymentGateways,
  createPaymentsModule,
  type Ledger,
  type PaymentsModule,
} from '../../src/modules/billing'
import type { Notification } from '../../src/modules/notifications'
import { createAuditLog } from '../../src/platform/audit'
import type { Database } from '../../src/platform/database'
import { newId } from '../../src/platform/ids'
import type { GatewayDriver } from '../conformance/payment-gateway-drivers'
import { startAccountsApp, type AccountsApp } from './accounts-app'
import type { SignedWebhook } from './stripe-server'

export interface PaymentsApp extends AccountsApp {
  ledger: Ledger
  payments: PaymentsModule
  /** What people were told, each key once. */
  told: Map<string, Notification>
  /** Works on everything that was handed over, all at the same time. @returns how many of them failed. */
  drain(): Promise<number>
  newUser(): Promise<string>
  newPlan(fields?: Partial<PlanFields>): Promise<string>
  /** Begins a checkout. @returns what the gateway calls it. */
  begin(userId: string, planId: string, gateway: string): Promise<string>
  deliver(gateway: string, webhook: SignedWebhook): Promise<LightMyRequestResponse>
  balanceOf(userId: string): Promise<number>
  transactionOf(sessionId: string): ReturnType<Database['transaction']['findFirstOrThrow']>
}

export interface PlanFields {
  name: string
  kind: 'pack' | 'subscription'
  priceMinor: number
  currency: string
  seconds: number
  expiresAfterDays: number | null
  active: boolean
}

export interface PaymentsAppOptions {
  drivers: GatewayDriver[]
  now?: () => Date
}

/** The payments module with its routes on a real database, and a queue that works when it is told to. */
export async function startPaymentsApp({ drivers, now }: PaymentsAppOptions): Promise<PaymentsApp> {
  const told = new Map<string, Notification>()
  const handedOver: string[] = []
  let work: (id: string) => Promise<void> = () => Promise.resolve()
  let ledger!: Ledger
  let payments!: PaymentsModule

  function build(app: FastifyInstance, database: Database): void {
    ledger = createLedger({ database })
    payments = createPaymentsModule({
      database,
      ledger,
      gateways: createPaymentGateways(drivers.map(({ gateway }) => gateway)),
      notifier: {
        notify: async (notification) => {
          if (!told.has(notification.idempotencyKey)) told.set(notification.idempotencyKey, notification)
        },
      },
      audit: createAuditLog({ database }),
      tasks: {
        define(_, handle) {
          work = handle
          return async (id) => void handedOver.push(id)
        },
      },
      publicUrl: 'http://localhost:3000',
      tax: { name: 'VAT', basisPoints: 0, inclusive: true },
      logger: pino({ level: 'silent' }),
      now,
    })
    for (const routes of payments.routes) void app.register(routes)
  }

  const accounts = await startAccountsApp({ routes: build })
  const { app, database } = accounts
  return {
    ...accounts,
    ledger,
    payments,
    told,
    async drain() {
      const results = await Promise.allSettled(handedOver.splice(0).map((id) => work(id)))
      return results.filter(({ status }) => status === 'rejected').length
    },
    async newUser() {
      const id = newId()
      await database.user.create({
        data: { id, username: id, displayName: 'Ada', email: `${id}@example.org`, passwordHash: 'none' },
      })
      return id
    },
    async newPlan(fields = {}) {
      const plan: PlanFields = {
        name: '60 minutes',
        kind: 'pack',
        priceMinor: 90_000,
        currency: 'USD',
        seconds: 3600,
        expiresAfterDays: null,
        active: true,
        ...fields,
      }
      const { id } = await database.pricingPlan.create({ data: { id: newId(), ...plan } })
      return id
    },
    async begin(userId, planId, gateway) {
      return (await payments.checkout.create(userId, { planId, gateway })).sessionId
    },
    deliver: (gateway, { rawBody, headers }) =>
      app.inject({ method: 'POST', url: `/api/payment/webhook/${gateway}`, payload: rawBody, headers }),
    balanceOf: async (userId) =>
      (await database.user.findUniqueOrThrow({ where: { id: userId } })).secondsRemaining,
    transactionOf: (sessionId) =>
      database.transaction.findFirstOrThrow({ where: { gatewayReference: sessionId } }),
  }
}
