import type { Database } from '../../platform/database'
import type { ObjectStore } from '../../platform/objects'
import type { PersonalData } from '../../platform/personal-data'

export interface StoragePersonalDataOptions {
  database: Database
  objects: ObjectStore
}

/** Uploads. */
export function createStoragePersonalData({ database, objects }: StoragePersonalDataOptions): PersonalData {
  return {
    async *export(userId) {
      const rows = await database.storedObject.findMany({ where: { userId }, orderBy: { id: 'asc' } })
      yield { name: 'uploads.json', json: rows.map((row) => ({ ...row, key: undefined })) }
      for (const { id, key, filename, status } of rows) {
        const stored = status === 'stored' ? await objects.stat(key) : null
        if (!stored) continue
        // Names are the user's: they may not lead out of the folder that the file is unpacked into.
        const name = `uploads/${id}-${filename.replaceAll(/[^\p{L}\p{N}._ -]/gu, '_')}`
        yield { name, bytes: stored.bytes, open: () => objects.read(key) }
      }
    },
    async erase(userId) {
      const rows = await database.storedObject.findMany({
        where: { userId },
        select: { id: true, key: true },
      })
      for (const { id, key } of rows) {
        await objects.remove(key)
        await database.storedObject.deleteMany({ where: { id } })
      }
    },
  }
}
