import { Prisma, type Database, type VoiceStatus } from '../../platform/database'
import type { PageArguments } from '../../platform/http'
import type { CheckOutcome } from './schemas'

export type VoiceRow = Prisma.VoiceGetPayload<object>

export interface NewVoice {
  id: string
  userId: string
  name: string
  description: string
  tags: string[]
  consent: Prisma.InputJsonObject
  uploadId: string
  checkJobId: string
}

export interface VoiceFilter {
  search?: string | undefined
  tag?: string | undefined
}

export type VoiceRepository = ReturnType<typeof createVoiceRepository>

const newestFirst = { id: 'desc' } as const

/** The table `voice_library`. Withdrawn voices stay as records of consent and are otherwise not there. */
export function createVoiceRepository(database: Database) {
  const voices = database.voice
  const present = { status: { not: 'withdrawn' as const } }

  /** True for the one caller that made the change. */
  async function change(where: Prisma.VoiceWhereInput, data: Prisma.VoiceUpdateManyMutationInput) {
    const { count } = await voices.updateMany({ where, data: { updatedAt: new Date(), ...data } })
    return count > 0
  }

  return {
    create: (data: NewVoice) => voices.create({ data }),
    findOwned: (id: string, userId: string) => voices.findFirst({ where: { id, userId } }),
    find: (id: string) => voices.findUnique({ where: { id } }),
    count: (userId: string) => voices.count({ where: { userId, ...present } }),

    /** Newest first: ids are UUIDv7. */
    list: (userId: string, { search, tag }: VoiceFilter, page: PageArguments) =>
      voices.findMany({
        where: {
          userId,
          ...present,
          ...(tag === undefined ? {} : { tags: { has: tag } }),
          ...(search === undefined
            ? {}
            : {
                OR: [
                  { name: { contains: search, mode: 'insensitive' } },
                  { description: { contains: search, mode: 'insensitive' } },
                  { tags: { has: search.toLowerCase() } },
                ],
              }),
        },
        orderBy: newestFirst,
        ...page,
      }),
    listByStatus: (status: VoiceStatus | undefined, page: PageArguments) =>
      voices.findMany({
        where: status === undefined ? present : { status },
        orderBy: newestFirst,
        ...page,
        include: { user: { select: { username: true } } },
      }),

    describe: (id: string, userId: string, data: { name?: string; description?: string; tags?: string[] }) =>
      change({ id, userId, ...present }, data),

    /** Voices whose check is not over, or whose outcome was not taken over. */
    beingChecked: (limit: number) =>
      voices.findMany({ where: { checkJobId: { not: null } }, orderBy: { id: 'desc' }, take: limit }),
    /** For a voice that never came to be. */
    remove: (id: string) => voices.deleteMany({ where: { id } }),

    /** Ends the check; the job and the upload are removed by whoever calls `forgetCheck` next. */
    settle: (id: string, outcome: CheckOutcome & { sampleKey: string | null }) =>
      change(
        { id, status: 'checking' },
        {
          status: outcome.status,
          reason: outcome.reason,
          sampleKey: outcome.sampleKey,
          findings: outcome.findings,
          profile: outcome.profile ?? Prisma.DbNull,
        },
      ),
    forgetCheck: (id: string) => change({ id }, { checkJobId: null, uploadId: null }),

    moderate: (id: string, status: 'ready' | 'rejected', reason: string | null) =>
      change({ id, status: 'awaiting_moderation' }, { status, reason }),

    withdraw: (id: string, userId: string) =>
      change(
        { id, userId, ...present },
        {
          status: 'withdrawn',
          sampleKey: null,
          profile: Prisma.DbNull,
          findings: Prisma.DbNull,
          withdrawnAt: new Date(),
        },
      ),

    /** Of these voices, those whose objects are still wanted. */
    keptOf: async (ids: string[]) => {
      const rows = await voices.findMany({ where: { id: { in: ids }, ...present }, select: { id: true } })
      return new Set(rows.map(({ id }) => id))
    },
  }
}
