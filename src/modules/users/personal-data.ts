import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AuditLog } from '../../platform/audit'
import type { Database } from '../../platform/database'
import { principalOf, requireUser } from '../../platform/http/auth'
import { problems } from '../../platform/http/problem'
import type { Logger } from '../../platform/logger'
import type { PersonalData } from '../../platform/personal-data'
import { zipOf } from './export-zip'
import { hashNoPassword } from './passwords'
import { originOf } from './request-origin'

const erasedAtOnce = 50

export interface PersonalDataModule {
  /** Erases the accounts whose time has come. @returns how many. */
  eraseDue(): Promise<number>
  /** Everything of somebody, as a zip file that is made while it is read. */
  exportOf(userId: string): Readable
  /** `GET /api/users/export`. */
  routes: FastifyPluginAsyncZod
}

export interface PersonalDataOptions {
  database: Database
  audit: AuditLog
  logger: Pick<Logger, 'info' | 'error'>
  /** What the modules keep of people; they are erased in this order. */
  sources: readonly PersonalData[]
  now?: () => number
}

/** What happens to all that modules keep of somebody: it can be taken along, and it is gone in the end. */
export function createPersonalDataModule(options: PersonalDataOptions): PersonalDataModule {
  const { database, audit, logger, now = Date.now } = options
  const sources = [accountData(database), ...options.sources]

  /** @returns false where another process was faster. The row stays for the ledger's sake and names nobody any more. It goes last: a crash before it repeats the rest. */
  async function erase(userId: string): Promise<boolean> {
    for (const source of sources) await source.erase?.(userId)
    const passwordHash = await hashNoPassword()
    return database.$transaction(async (client) => {
      const { count } = await client.user.updateMany({
        where: { id: userId, erasedAt: null },
        data: {
          username: `erased-${userId}`,
          email: `${userId}@erased.invalid`,
          displayName: null,
          passwordHash,
          role: 'user',
          status: 'suspended',
          emailVerifiedAt: null,
          deleteAfter: null,
          erasedAt: new Date(now()),
        },
      })
      if (count === 0) return false
      await audit.forget(userId, client)
      await audit.record({ action: 'user.erased', userId, ipAddress: null }, client)
      return true
    })
  }

  async function* entriesOf(userId: string) {
    for (const source of sources) yield* source.export(userId)
  }

  const exportOf = (userId: string) => Readable.from(zipOf(entriesOf(userId)), { objectMode: false })

  return {
    exportOf,
    async eraseDue() {
      const due = await database.user.findMany({
        where: { deleteAfter: { lte: new Date(now()) } },
        select: { id: true },
        take: erasedAtOnce,
      })
      let erased = 0
      for (const { id } of due) {
        try {
          if (await erase(id)) erased += 1
        } catch (error) {
          logger.error({ err: error, userId: id }, 'account not erased yet')
        }
      }
      if (erased > 0) logger.info({ erased }, 'accounts erased')
      return erased
    },
    routes: async (app) => {
      app.route({
        method: 'GET',
        url: '/api/users/export',
        onRequest: requireUser,
        schema: {
          tags: ['users'],
          security: [{ bearer: [] }],
          summary: 'Everything that is kept of you, as a zip file',
          description:
            'JSON files of every kind of record, and your own uploads and results as they are stored.',
          produces: ['application/zip'],
          response: { 200: z.any().describe('A zip file.'), ...problems(401, 429) },
        },
        handler: async (request, reply) => {
          const { userId } = principalOf(request)
          const { ipAddress } = originOf(request)
          await audit.record({ action: 'user.exported', userId, ipAddress })
          const day = new Date(now()).toISOString().slice(0, 10)
          return reply
            .type('application/zip')
            .header('content-disposition', `attachment; filename="timbre-${day}.zip"`)
            .header('cache-control', 'no-store')
            .send(exportOf(userId))
        },
      })
    },
  }
}

/** What this module itself keeps. */
function accountData(database: Database): PersonalData {
  return {
    async *export(userId) {
      const account = { where: { id: userId }, omit: { passwordHash: true } } as const
      yield { name: 'account.json', json: await database.user.findUniqueOrThrow(account) }
      const where = { userId }
      const sessions = await database.session.findMany({ where, omit: { tokenHash: true } })
      yield { name: 'sessions.json', json: sessions }
      yield { name: 'security-events.json', json: await database.auditEntry.findMany({ where }) }
    },
    async erase(userId) {
      const where = { userId }
      await database.session.deleteMany({ where })
      await database.accountToken.deleteMany({ where })
      await database.recoveryCode.deleteMany({ where })
      await database.secondFactor.deleteMany({ where })
    },
  }
}
