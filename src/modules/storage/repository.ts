import type { Database, Prisma } from '../../platform/database'

export interface NewObject {
  id: string
  userId: string
  key: string
  filename: string
  contentType: string
  bytes: number
  expiresAt: Date
}

export type ObjectRow = Prisma.StoredObjectGetPayload<object>

/** An object that is there. */
export type StoredObject = Omit<NewObject, 'expiresAt'> & { sha256: string | null }

export function createStorageRepository(database: Database) {
  const objects = database.storedObject
  return {
    insert: ({ bytes, ...row }: NewObject) => objects.create({ data: { ...row, bytes: BigInt(bytes) } }),
    insertStored: ({ bytes, ...row }: StoredObject) =>
      objects.create({ data: { ...row, bytes: BigInt(bytes), status: 'stored', storedAt: new Date() } }),
    find: (id: string) => objects.findUnique({ where: { id } }),
    findByKey: (key: string) => objects.findUnique({ where: { key } }),

    /** True for the one caller that made the change. */
    async markStored(
      id: string,
      { bytes, sha256 }: { bytes: number; sha256: string | null },
    ): Promise<boolean> {
      const data = {
        status: 'stored',
        bytes: BigInt(bytes),
        sha256,
        storedAt: new Date(),
        expiresAt: null,
      } as const
      const { count } = await objects.updateMany({ where: { id, status: 'pending' }, data })
      return count === 1
    },

    async refusePending(id: string): Promise<boolean> {
      const { count } = await objects.updateMany({
        where: { id, status: 'pending' },
        data: { status: 'deleted' },
      })
      return count === 1
    },

    /** One statement, so that no job can slip in between looking and deleting. */
    async markDeletedUnlessUsed(id: string, userId: string): Promise<boolean> {
      const { count } = await objects.updateMany({
        where: {
          id,
          userId,
          status: { not: 'deleted' },
          jobs: { none: { status: { in: ['pending', 'processing'] } } },
        },
        data: { status: 'deleted' },
      })
      return count === 1
    },

    list: (userId: string, page: { take: number; skip?: number; cursor?: { id: string } }) =>
      objects.findMany({
        where: { userId, status: { not: 'deleted' } },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        ...page,
      }),

    expiredPending: (now: Date, take: number) =>
      objects.findMany({
        where: { status: 'pending', expiresAt: { lt: now } },
        take,
        orderBy: { expiresAt: 'asc' },
      }),

    async knownKeys(keys: string[]): Promise<Set<string>> {
      const rows = await objects.findMany({
        where: { key: { in: keys }, status: { not: 'deleted' } },
        select: { key: true },
      })
      return new Set(rows.map(({ key }) => key))
    },
  }
}

export type StorageRepository = ReturnType<typeof createStorageRepository>
