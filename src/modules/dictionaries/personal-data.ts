import type { Database } from '../../platform/database'
import type { PersonalData } from '../../platform/personal-data'

/** Pronunciation dictionaries in all their versions. */
export function createDictionaryPersonalData({ database }: { database: Database }): PersonalData {
  return {
    async *export(userId) {
      const versions = { orderBy: { version: 'asc' } } as const
      const where = { userId }
      yield {
        name: 'dictionaries.json',
        json: await database.pronunciationDictionary.findMany({ where, include: { versions } }),
      }
    },
    async erase(userId) {
      await database.pronunciationDictionary.deleteMany({ where: { userId } })
    },
  }
}
