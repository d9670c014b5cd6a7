import type { Database } from '../../platform/database'
import { createDictionaryRepository } from './repository'
import { storedEntriesSchema, type DictionaryEntry } from './schemas'
import { createDictionaryService } from './service'

export { createDictionaryPersonalData } from './personal-data'
export { dictionaryRoutes } from './routes'
export type { DictionaryEntry, DictionaryView } from './schemas'

/** What jobs ask of dictionaries. */
export interface DictionaryLookup {
  /** The newest version of a user's dictionary; null where there is none of that id that is theirs. */
  resolve(
    userId: string,
    id: string,
  ): Promise<{ version: number; entries: readonly DictionaryEntry[] } | null>
}

export type DictionariesModule = ReturnType<typeof createDictionariesModule>

/** Pronunciation dictionaries of users, in versions. */
export function createDictionariesModule({ database }: { database: Database }) {
  return createDictionaryService(createDictionaryRepository(database))
}

export function createDictionaryLookup(database: Database): DictionaryLookup {
  const repository = createDictionaryRepository(database)
  return {
    async resolve(userId, id) {
      if (!uuid.test(id)) return null
      const row = await repository.find(userId, id)
      const version = row && (await repository.version(id, row.version))
      return version
        ? { version: version.version, entries: storedEntriesSchema.parse(version.entries) }
        : null
    },
  }
}

/** Ids come from clients' parameters. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
