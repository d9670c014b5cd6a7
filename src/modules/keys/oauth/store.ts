import type { AuditLog } from '../../../platform/audit'
import type { Database } from '../../../platform/database'
import { newId } from '../../../platform/ids'
import type { GrantCache } from '../grant-cache'
import { hashSecret } from '../secrets'

export interface GrantStoreOptions {
  database: Database
  audit: AuditLog
  cache: GrantCache
}

export interface NewCode {
  code: string
  clientId: string
  userId: string
  scopes: string[]
  redirectUri: string
  codeChallenge: string
  expiresAt: Date
}

const clientIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export type GrantStore = ReturnType<typeof createGrantStore>

/** What users granted to apps, with the codes and tokens that come from it. Secrets are kept as hashes. */
export function createGrantStore({ database, audit, cache }: GrantStoreOptions) {
  const withGrant = { include: { grant: { include: { client: true } } } } as const

  /** Ends a grant with all its tokens. @returns false where it was over already. */
  async function revoke(grantId: string, action: 'oauth.withdrawn' | 'oauth.reuse_detected') {
    const grant = await database.oauthGrant.findFirst({ where: { id: grantId, revokedAt: null } })
    if (!grant) return false
    await database.$transaction(async (client) => {
      const details = { grant: grantId, client: grant.clientId }
      await audit.record({ action, userId: grant.userId, ipAddress: null, details }, client)
      await client.oauthGrant.update({ where: { id: grantId }, data: { revokedAt: new Date() } })
      await client.oauthToken.deleteMany({ where: { grantId } })
    })
    await cache.changed(grantId)
    return true
  }

  return {
    revoke,
    findClient: async (id: string) =>
      clientIdPattern.test(id) ? database.oauthClient.findUnique({ where: { id } }) : null,

    /** A consent, and the code that the app gets for it. */
    async grant(wanted: NewCode): Promise<void> {
      const { clientId, userId, scopes, redirectUri, codeChallenge, expiresAt } = wanted
      const id = newId()
      await database.$transaction(async (client) => {
        const details = { client: clientId, scopes }
        await audit.record({ action: 'oauth.granted', userId, ipAddress: null, details }, client)
        await client.oauthGrant.create({ data: { id, clientId, userId, scopes } })
        await client.oauthCode.create({
          data: { codeHash: hashSecret(wanted.code), grantId: id, redirectUri, codeChallenge, expiresAt },
        })
      })
    },

    /** A code that comes a second time was stolen, from the app or by it: its tokens end (RFC 6749, 4.1.2). */
    async findCode(code: string) {
      const row = await database.oauthCode.findUnique({ where: { codeHash: hashSecret(code) }, ...withGrant })
      if (row?.usedAt) await revoke(row.grantId, 'oauth.reuse_detected')
      return row && !row.usedAt && !row.grant.revokedAt ? row : null
    },
    /** @returns false where somebody else was quicker. */
    useCode: async (code: string) =>
      (
        await database.oauthCode.updateMany({
          where: { codeHash: hashSecret(code), usedAt: null },
          data: { usedAt: new Date() },
        })
      ).count > 0,

    /** A refresh token that was used before was stolen: the grant ends. */
    async findRefreshToken(token: string) {
      const row = await database.oauthToken.findUnique({
        where: { tokenHash: hashSecret(token), kind: 'refresh' },
        ...withGrant,
      })
      if (row?.replacedAt) await revoke(row.grantId, 'oauth.reuse_detected')
      return row && !row.replacedAt && !row.grant.revokedAt ? row : null
    },
    /** @returns false where it was used at the same time: then the grant ends as well. */
    async useRefreshToken(token: string, grantId: string): Promise<boolean> {
      const { count } = await database.oauthToken.updateMany({
        where: { tokenHash: hashSecret(token), replacedAt: null },
        data: { replacedAt: new Date() },
      })
      if (count === 0) await revoke(grantId, 'oauth.reuse_detected')
      return count > 0
    },

    async addTokens(
      grantId: string,
      scopes: string[],
      tokens: { kind: 'access' | 'refresh'; token: string; expiresAt: Date }[],
    ): Promise<void> {
      const rows = tokens.map(({ kind, token, expiresAt }) => ({
        ...{ tokenHash: hashSecret(token), kind, grantId, scopes, expiresAt },
      }))
      await database.$transaction([
        database.oauthToken.createMany({ data: rows }),
        database.oauthGrant.update({ where: { id: grantId }, data: { lastUsedAt: new Date() } }),
      ])
    },

    findAccessToken: (tokenHash: string) =>
      database.oauthToken.findFirst({
        where: { tokenHash, kind: 'access', grant: { revokedAt: null } },
        include: {
          grant: { include: { user: { select: { status: true, deleteAfter: true, erasedAt: true } } } },
        },
      }),

    /** Of a client's own tokens: an access token ends alone, a refresh token with the whole grant (RFC 7009, 2.1). */
    async revokeToken(clientId: string, token: string): Promise<void> {
      const row = await database.oauthToken.findFirst({
        where: { tokenHash: hashSecret(token), grant: { clientId } },
      })
      if (row?.kind === 'refresh') await revoke(row.grantId, 'oauth.withdrawn')
      else if (row) {
        await database.oauthToken.deleteMany({ where: { tokenHash: row.tokenHash } })
        await cache.changed(row.grantId)
      }
    },

    /** Removes what has expired. */
    async sweep(): Promise<void> {
      const expired = { expiresAt: { lte: new Date() } }
      await database.oauthCode.deleteMany({ where: expired })
      await database.oauthToken.deleteMany({ where: expired })
    },
  }
}
