import type { Database } from '../../platform/database'
import type { PageArguments } from '../../platform/http'
import type { DictionaryEntry } from './schemas'

export interface DictionaryContent {
  name: string
  entries: DictionaryEntry[]
}

export function createDictionaryRepository(database: Database) {
  const rows = database.pronunciationDictionary
  const versions = database.pronunciationDictionaryVersion
  const listed = { version: true, name: true, entryCount: true, createdAt: true } as const
  return {
    page: (userId: string, page: PageArguments) =>
      rows.findMany({ where: { userId }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], ...page }),
    find: (userId: string, id: string) => rows.findFirst({ where: { id, userId } }),
    versions: (dictionaryId: string) =>
      versions.findMany({ where: { dictionaryId }, orderBy: { version: 'asc' }, select: listed }),
    version: (dictionaryId: string, version: number) =>
      versions.findUnique({ where: { dictionaryId_version: { dictionaryId, version } } }),
    count: (userId: string) => rows.count({ where: { userId } }),
    create: (id: string, userId: string, { name, entries }: DictionaryContent) => {
      const entryCount = entries.length
      return rows.create({
        data: {
          id,
          userId,
          name,
          entryCount,
          versions: { create: { version: 1, name, entries, entryCount } },
        },
      })
    },
    /** Null where another version than `base` is the newest by now. */
    change: (id: string, base: number, { name, entries }: DictionaryContent) =>
      database.$transaction(async (transaction) => {
        const entryCount = entries.length
        const version = base + 1
        const { count } = await transaction.pronunciationDictionary.updateMany({
          where: { id, version: base },
          data: { name, version, entryCount, updatedAt: new Date() },
        })
        if (count === 0) return null
        await transaction.pronunciationDictionaryVersion.create({
          data: { dictionaryId: id, version, name, entries, entryCount },
        })
        return transaction.pronunciationDictionary.findUnique({ where: { id } })
      }),
    remove: async (userId: string, id: string) =>
      (await rows.deleteMany({ where: { id, userId } })).count > 0,
  }
}

export type DictionaryRepository = ReturnType<typeof createDictionaryRepository>
