import type { AuditLog } from '../../platform/audit'
import type { Database, DatabaseClient, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { newId } from '../../platform/ids'
import {
  hashSessionToken,
  newSessionToken,
  originColumns,
  sessionLifetimeMs,
  type RequestOrigin,
} from './session-tokens'

type User = Prisma.UserGetPayload<object>

/** Rotating refresh tokens: each works once, and using one a second time ends the log-in that it came from. */
export interface RefreshSessions {
  /** Starts a family: one log-in. @returns its first token, and the id of the log-in. */
  start(userId: string, origin: RequestOrigin): Promise<{ token: string; sessionId: string }>
  /**
   * Exchanges a token for the next one of its family.
   * @throws AppError `token_invalid`, `token_expired`, `refresh_token_reused`, `account_suspended`.
   */
  rotate(token: string, origin: RequestOrigin): Promise<{ token: string; sessionId: string; user: User }>
  /** Ends the family of a token; an unknown token is no error. */
  end(token: string, origin: RequestOrigin): Promise<void>
}

type Rotation = { token: string; sessionId: string; user: User } | { refused: AppError }

export function createRefreshSessions({
  database,
  audit,
}: {
  database: Database
  audit: AuditLog
}): RefreshSessions {
  async function insert(
    client: DatabaseClient,
    userId: string,
    familyId: string,
    origin: RequestOrigin,
  ): Promise<string> {
    const token = newSessionToken()
    await client.session.create({
      data: {
        id: newId(),
        kind: 'refresh',
        userId,
        familyId,
        tokenHash: hashSessionToken(token),
        expiresAt: new Date(Date.now() + sessionLifetimeMs),
        ...originColumns(origin),
      },
    })
    return token
  }

  async function exchange(client: DatabaseClient, token: string, origin: RequestOrigin): Promise<Rotation> {
    const tokenHash = hashSessionToken(token)
    const found = await client.session.findFirst({ where: { tokenHash, kind: 'refresh' } })
    if (!found) return { refused: new AppError('token_invalid') }
    await lockUser(client, found.userId)
    const { count } = await client.session.updateMany({
      where: { id: found.id, replacedAt: null, revokedAt: null, expiresAt: { gt: new Date() } },
      data: { replacedAt: new Date() },
    })
    if (count === 0) return { refused: await refuse(client, found.id, origin) }
    const user = await client.user.findUniqueOrThrow({ where: { id: found.userId } })
    if (user.status === 'suspended') return { refused: new AppError('account_suspended') }
    const successor = await insert(client, user.id, found.familyId, origin)
    return { token: successor, sessionId: found.familyId, user }
  }

  /** Why a token could not be replaced; one that had been replaced before was stolen, by whoever came first or second. */
  async function refuse(client: DatabaseClient, sessionId: string, origin: RequestOrigin): Promise<AppError> {
    const session = await client.session.findUniqueOrThrow({ where: { id: sessionId } })
    if (session.replacedAt) {
      await revokeFamily(client, session.familyId)
      await audit.record(
        {
          action: 'session.reuse_detected',
          userId: session.userId,
          ipAddress: origin.ipAddress,
          details: { family_id: session.familyId },
        },
        client,
      )
      return new AppError('refresh_token_reused', {
        message: 'This refresh token was used before, so the log-in was ended. Log in again',
      })
    }
    return new AppError(session.revokedAt ? 'token_invalid' : 'token_expired')
  }

  return {
    async start(userId, origin) {
      const sessionId = newId()
      return { token: await insert(database, userId, sessionId, origin), sessionId }
    },
    async rotate(token, origin) {
      // A refusal is returned, not thrown, so that the revocation it made is committed.
      const rotation = await database.$transaction((client) => exchange(client, token, origin))
      if ('refused' in rotation) throw rotation.refused
      return rotation
    },
    async end(token, origin) {
      await database.$transaction(async (client) => {
        const found = await client.session.findFirst({
          where: { tokenHash: hashSessionToken(token), kind: 'refresh' },
        })
        if (!found) return
        await lockUser(client, found.userId)
        if ((await revokeFamily(client, found.familyId)) === 0) return
        await audit.record(
          { action: 'session.ended', userId: found.userId, ipAddress: origin.ipAddress },
          client,
        )
      })
    },
  }
}

/**
 * Rotations and revocations of one account follow one another. Without this a revocation would miss the successor that
 * a rotation at the same time is just inserting. (Whoever changes a password or a status updates the row first.)
 */
async function lockUser(client: DatabaseClient, userId: string): Promise<void> {
  await client.$queryRaw`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`
}

async function revokeFamily(client: DatabaseClient, familyId: string): Promise<number> {
  const { count } = await client.session.updateMany({
    where: { familyId, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  return count
}
