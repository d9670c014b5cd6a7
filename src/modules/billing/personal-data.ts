import type { Database } from '../../platform/database'
import type { PersonalData } from '../../platform/personal-data'

/** Payments and minutes: kept, under a number that names nobody; only the gateways' names of the customer go. */
export function createBillingPersonalData({ database }: { database: Database }): PersonalData {
  return {
    async *export(userId) {
      const where = { userId }
      yield { name: 'transactions.json', json: await database.transaction.findMany({ where }) }
      yield { name: 'subscriptions.json', json: await database.subscription.findMany({ where }) }
      yield { name: 'minutes.json', json: await database.minuteEntry.findMany({ where }) }
    },
    async erase(userId) {
      await database.gatewayCustomer.deleteMany({ where: { userId } })
    },
  }
}
