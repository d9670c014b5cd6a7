import { AppError } from '../../platform/errors'
import { fetchPage, type PageQuery } from '../../platform/http'
import { newId } from '../../platform/ids'
import type { DictionaryRepository } from './repository'
import { storedEntriesSchema, type DictionaryEntry, type DictionaryView } from './schemas'

const MAX_DICTIONARIES = 100

type Row = NonNullable<Awaited<ReturnType<DictionaryRepository['find']>>>
type VersionRow = NonNullable<Awaited<ReturnType<DictionaryRepository['version']>>>

export interface DictionaryChange {
  name?: string | undefined
  entries: DictionaryEntry[]
  /** The version that was changed. */
  base: number
}

/** Everything but the routes: a user's dictionaries and their versions. All throw AppError `not_found`. */
export function createDictionaryService(repository: DictionaryRepository) {
  async function owned(userId: string, id: string): Promise<Row> {
    const row = await repository.find(userId, id)
    if (row) return row
    throw new AppError('not_found', { message: 'You have no such pronunciation dictionary.' })
  }

  async function versionOf(id: string, version: number): Promise<VersionRow> {
    const row = await repository.version(id, version)
    if (row) return row
    throw new AppError('not_found', { message: `The dictionary has no version ${version}.` })
  }

  return {
    list: (userId: string, url: string, query: PageQuery) =>
      fetchPage({ url, query, find: (page) => repository.page(userId, page), toItem }),
    async create(userId: string, name: string, entries: DictionaryEntry[]): Promise<DictionaryView> {
      if ((await repository.count(userId)) >= MAX_DICTIONARIES) {
        throw new AppError('conflict', {
          message: `There may be ${MAX_DICTIONARIES} dictionaries. Delete one that you no longer need.`,
        })
      }
      return { ...toItem(await repository.create(newId(), userId, { name, entries })), entries }
    },
    async get(userId: string, id: string): Promise<DictionaryView> {
      const row = await owned(userId, id)
      const { entries } = await versionOf(id, row.version)
      return { ...toItem(row), entries: storedEntriesSchema.parse(entries) }
    },
    /** @throws AppError `conflict` where somebody else was quicker. */
    async change(
      userId: string,
      id: string,
      { name, entries, base }: DictionaryChange,
    ): Promise<DictionaryView> {
      const row = await owned(userId, id)
      const changed = await repository.change(id, base, { name: name ?? row.name, entries })
      if (changed) return { ...toItem(changed), entries }
      throw new AppError('conflict', {
        message: `You changed version ${base}, but version ${row.version} is the newest. Load it and change that.`,
        details: { version: row.version },
      })
    },
    async remove(userId: string, id: string): Promise<void> {
      await owned(userId, id)
      await repository.remove(userId, id)
    },
    async versions(userId: string, id: string) {
      await owned(userId, id)
      return (await repository.versions(id)).map(toVersionItem)
    },
    async version(userId: string, id: string, version: number) {
      await owned(userId, id)
      const row = await versionOf(id, version)
      return { ...toVersionItem(row), entries: storedEntriesSchema.parse(row.entries) }
    },
  }
}

function toItem({ id, name, version, entryCount, createdAt, updatedAt }: Row) {
  return {
    id,
    name,
    version,
    entry_count: entryCount,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  }
}

function toVersionItem({
  version,
  name,
  entryCount,
  createdAt,
}: Omit<VersionRow, 'entries' | 'dictionaryId'>) {
  return { version, name, entry_count: entryCount, created_at: createdAt.toISOString() }
}
