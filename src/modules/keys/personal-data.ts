import type { Database } from '../../platform/database'
import type { PersonalData } from '../../platform/personal-data'

/** API keys, own apps, and what was granted to others' apps. */
export function createKeyPersonalData({ database }: { database: Database }): PersonalData {
  return {
    async *export(userId) {
      const where = { userId }
      const keys = await database.apiKey.findMany({
        ...{ where, include: { usage: true } },
        omit: { keyHash: true, previousHash: true },
      })
      const clients = await database.oauthClient.findMany({ where, omit: { secretHash: true } })
      yield { name: 'api-keys.json', json: keys }
      yield {
        name: 'apps.json',
        json: {
          own: clients,
          granted: await database.oauthGrant.findMany({ where }),
        },
      }
    },
    async erase(userId) {
      const where = { userId }
      await database.apiKey.deleteMany({ where })
      await database.oauthGrant.deleteMany({ where })
      await database.oauthClient.deleteMany({ where })
    },
  }
}
