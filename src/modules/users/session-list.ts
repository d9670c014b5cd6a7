import type { AuditLog } from '../../platform/audit'
import type { Database, DatabaseClient } from '../../platform/database'
import { AppError } from '../../platform/errors'
import type { SessionView } from './security-schemas'
import { revokeSessions, type RequestOrigin } from './session-tokens'

/** The log-ins of an account: each a session of the web UI, or a family of refresh tokens. */
export interface SessionList {
  /** The last used first. @param currentId The one that asks. */
  list(userId: string, currentId: string | undefined): Promise<SessionView[]>
  /** @throws AppError `not_found`. */
  end(userId: string, sessionId: string, origin: RequestOrigin): Promise<void>
  /** @returns the ids of those that it ended. */
  endOthers(userId: string, currentId: string | undefined, origin: RequestOrigin): Promise<string[]>
}

export function createSessionList({
  database,
  audit,
  now,
}: {
  database: Database
  audit: AuditLog
  now: () => number
}): SessionList {
  const living = (userId: string) => ({
    userId,
    revokedAt: null,
    replacedAt: null,
    expiresAt: { gt: new Date(now()) },
  })

  const record = (client: DatabaseClient, userId: string, { ipAddress }: RequestOrigin, sessions: number) =>
    audit.record({ action: 'session.ended', userId, ipAddress, details: { sessions } }, client)

  return {
    async list(userId, currentId) {
      const rows = await database.session.findMany({
        where: living(userId),
        orderBy: { lastUsedAt: 'desc' },
      })
      const starts = await database.session.groupBy({
        by: ['familyId'],
        where: { userId, familyId: { in: rows.map(({ familyId }) => familyId) } },
        _min: { createdAt: true },
      })
      const startOf = new Map(starts.map(({ familyId, _min }) => [familyId, _min.createdAt]))
      return rows.map((row) => ({
        id: row.familyId,
        kind: row.kind === 'web' ? 'web' : 'api',
        user_agent: row.userAgent,
        ip_address: row.ipAddress,
        created_at: (startOf.get(row.familyId) ?? row.createdAt).toISOString(),
        last_used_at: row.lastUsedAt.toISOString(),
        expires_at: row.expiresAt.toISOString(),
        current: row.familyId === currentId,
      }))
    },
    async end(userId, sessionId, origin) {
      await database.$transaction(async (client) => {
        // The lock that rotations take: none may slip its successor in between.
        await client.$queryRaw`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`
        const { count } = await client.session.updateMany({
          where: { userId, familyId: sessionId, revokedAt: null },
          data: { revokedAt: new Date(now()) },
        })
        if (count === 0) throw new AppError('not_found', { message: 'There is no such session' })
        await record(client, userId, origin, 1)
      })
    },
    endOthers: (userId, currentId, origin) =>
      database.$transaction(async (client) => {
        await client.$queryRaw`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`
        const rows = await client.session.findMany({ where: living(userId), select: { familyId: true } })
        const ended = rows.map(({ familyId }) => familyId).filter((id) => id !== currentId)
        await revokeSessions(client, userId, currentId)
        if (ended.length > 0) await record(client, userId, origin, ended.length)
        return ended
      }),
  }
}
