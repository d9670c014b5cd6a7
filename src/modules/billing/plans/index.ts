import type { AuditAction, AuditLog } from '../../../platform/audit'
import type { Database, DatabaseClient, Prisma, PricingPlanModel } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import type { List } from '../../../platform/http'
import { newId } from '../../../platform/ids'
import { priceOf, type TaxRules } from '../money'
import type { AdminPlanView, NewPlan, PlanChanges, PlanList, PlanView } from './schemas'

/** What the list of plans says of a way to pay. */
export interface OfferedGateway {
  id: string
  title: string
  currencies: readonly string[]
  planKinds: readonly ('pack' | 'subscription')[]
}

export interface PlansOptions {
  database: Database
  audit: AuditLog
  tax: TaxRules
  gateways: readonly OfferedGateway[]
}

export interface PlanAdministrator {
  userId: string
  ipAddress: string
}

export type Plans = ReturnType<typeof createPlans>

const publicUrl = '/api/payment/plans'
const adminUrl = '/api/admin/plans'
const counted = { _count: { select: { transactions: true, subscriptions: true } } } as const
type CountedPlan = Prisma.PricingPlanGetPayload<{ include: typeof counted }>
const inOrder = [{ position: 'asc' }, { createdAt: 'asc' }, { id: 'asc' }] as const

/** Plans on sale, and what administrators do with them. */
export function createPlans({ database, audit, tax, gateways }: PlansOptions) {
  const view = (plan: PricingPlanModel): PlanView => {
    const { amountMinor, taxMinor } = priceOf(plan.priceMinor, tax)
    return {
      id: plan.id,
      name: plan.name,
      description: plan.description,
      kind: plan.kind,
      price_minor: plan.priceMinor,
      amount_minor: amountMinor,
      tax_minor: taxMinor,
      currency: plan.currency,
      minutes: plan.seconds / 60,
      expires_after_days: plan.expiresAfterDays,
      position: plan.position,
    }
  }

  const viewForAdmin = (plan: CountedPlan): AdminPlanView => ({
    ...view(plan),
    active: plan.active,
    sold: plan._count.transactions,
    supersedes_id: plan.supersedesId,
    retired_at: plan.retiredAt?.toISOString() ?? null,
    created_at: plan.createdAt.toISOString(),
    updated_at: plan.updatedAt.toISOString(),
  })

  const record = (
    tx: DatabaseClient,
    { userId, ipAddress }: PlanAdministrator,
    action: AuditAction,
    details: Prisma.InputJsonObject,
  ) => audit.record({ action, userId, ipAddress, details }, tx)

  /** The plan, so locked that nothing of it is sold meanwhile. @throws AppError `not_found`, `conflict`. */
  async function lock(tx: DatabaseClient, id: string): Promise<CountedPlan> {
    await tx.$queryRaw`SELECT id FROM pricing_plans WHERE id = ${id}::uuid FOR UPDATE`
    const plan = await find(tx, id)
    if (plan.retiredAt === null) return plan
    throw new AppError('conflict', {
      message:
        'This plan was superseded or removed. It stays as it was sold; change the one that took its place.',
    })
  }

  async function changeIn(tx: DatabaseClient, id: string, changes: PlanChanges, admin: PlanAdministrator) {
    const plan = await lock(tx, id)
    const { active = plan.active, position = plan.position, ...termChanges } = changes
    const terms = { ...termsOf(plan), ...toTerms(termChanges) }
    const differs = Object.entries(termsOf(plan)).some(
      ([name, value]) => terms[name as keyof Terms] !== value,
    )
    if (!differs || !isSold(plan)) {
      await tx.pricingPlan.update({ where: { id }, data: { ...terms, active, position } })
      await record(tx, admin, 'plan.changed', { plan_id: id, before: toWire(plan), changes })
      return find(tx, id)
    }
    const successor = newId()
    await tx.pricingPlan.update({ where: { id }, data: { active: false, retiredAt: new Date() } })
    await tx.pricingPlan.create({ data: { id: successor, ...terms, active, position, supersedesId: id } })
    await record(tx, admin, 'plan.superseded', { plan_id: id, by: successor, before: toWire(plan), changes })
    return find(tx, successor)
  }

  return {
    tax,
    async forSale(currency?: string): Promise<PlanList> {
      const plans = await database.pricingPlan.findMany({
        where: { active: true, ...(currency ? { currency } : {}) },
        orderBy: [...inOrder],
      })
      return {
        object: 'list',
        url: publicUrl,
        has_more: false,
        data: plans.map(view),
        tax: { name: tax.name, percent: tax.basisPoints / 100, inclusive: tax.inclusive },
        gateways: gateways.map(({ id, title, currencies, planKinds }) => ({
          id,
          title,
          currencies: [...currencies],
          plan_kinds: [...planKinds],
        })),
      }
    },

    /** Those in force, in their order; with `retired` those that were sold before as well. */
    async list({ retired }: { retired: boolean }): Promise<List<AdminPlanView>> {
      const plans = await database.pricingPlan.findMany({
        where: retired ? {} : { retiredAt: null },
        include: counted,
        orderBy: [...inOrder],
      })
      return { object: 'list', url: adminUrl, has_more: false, data: plans.map(viewForAdmin) }
    },

    get: async (id: string) => viewForAdmin(await find(database, id)),

    /** The plan and those whose place it took, newest first. */
    async history(id: string): Promise<List<AdminPlanView>> {
      const data: AdminPlanView[] = []
      for (let next: string | null = id; next !== null; next = data.at(-1)?.supersedes_id ?? null) {
        data.push(viewForAdmin(await find(database, next)))
      }
      return { object: 'list', url: `${adminUrl}/${id}/history`, has_more: false, data }
    },

    create(plan: NewPlan, admin: PlanAdministrator): Promise<AdminPlanView> {
      return database.$transaction(async (tx) => {
        const { active, position, ...terms } = plan
        const id = newId()
        await tx.pricingPlan.create({ data: { id, ...toNewTerms(terms), active, position } })
        await record(tx, admin, 'plan.created', { plan_id: id, plan })
        return viewForAdmin(await find(tx, id))
      })
    },

    /** @returns the plan that is in force then: a new one where the old one was sold and its terms change. */
    change: (id: string, changes: PlanChanges, admin: PlanAdministrator): Promise<AdminPlanView> =>
      database.$transaction(async (tx) => viewForAdmin(await changeIn(tx, id, changes, admin))),

    remove(id: string, admin: PlanAdministrator): Promise<void> {
      return database.$transaction(async (tx) => {
        const plan = await lock(tx, id)
        if (isSold(plan) || plan.supersedesId !== null) {
          await tx.pricingPlan.update({ where: { id }, data: { active: false, retiredAt: new Date() } })
        } else {
          await tx.pricingPlan.delete({ where: { id } })
        }
        await record(tx, admin, 'plan.removed', { plan_id: id, before: toWire(plan) })
      })
    },
  }
}

async function find(client: DatabaseClient, id: string): Promise<CountedPlan> {
  const plan = await client.pricingPlan.findUnique({ where: { id }, include: counted })
  if (plan) return plan
  throw new AppError('not_found', { message: 'There is no such plan.' })
}

const isSold = ({ _count }: CountedPlan) => _count.transactions > 0 || _count.subscriptions > 0

/** What a buyer agrees to. */
type Terms = Pick<
  PricingPlanModel,
  'name' | 'description' | 'kind' | 'priceMinor' | 'currency' | 'seconds' | 'expiresAfterDays'
>

function termsOf({ name, description, kind, priceMinor, currency, seconds, expiresAfterDays }: Terms): Terms {
  return { name, description, kind, priceMinor, currency, seconds, expiresAfterDays }
}

type WireTerms = Omit<NewPlan, 'active' | 'position'>

function toNewTerms({ price_minor: priceMinor, minutes, expires_after_days, ...rest }: WireTerms): Terms {
  return { ...rest, priceMinor, seconds: minutes * 60, expiresAfterDays: expires_after_days }
}

function toTerms(changes: Omit<PlanChanges, 'active' | 'position'>): Partial<Terms> {
  const { price_minor: priceMinor, minutes, expires_after_days: expiresAfterDays, ...rest } = changes
  const terms = {
    ...rest,
    priceMinor,
    seconds: minutes === undefined ? undefined : minutes * 60,
    expiresAfterDays,
  }
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined))
}

function toWire({ seconds, priceMinor, expiresAfterDays, ...plan }: CountedPlan) {
  const { name, description, kind, currency, active, position } = plan
  return {
    ...{ name, description, kind, currency, active, position },
    ...{ price_minor: priceMinor, minutes: seconds / 60, expires_after_days: expiresAfterDays },
  }
}
