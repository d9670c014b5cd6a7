import type { AuditLog } from '../../../platform/audit'
import type { Database, OauthClientModel } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import type { Principal } from '../../../platform/http'
import { newId } from '../../../platform/ids'
import type { GrantCache } from '../grant-cache'
import { hashSecret } from '../secrets'
import type { Owner } from '../service'
import type { AuthorizeRequest, ClientView, GrantView, NewClient } from './schemas'
import { newClientSecret, type AuthorizationServer, type AuthorizeProblem } from './server'
import type { GrantStore } from './store'

export interface OauthServiceOptions {
  database: Database
  audit: AuditLog
  cache: GrantCache
  store: GrantStore
  server: AuthorizationServer
  /** Our name as an issuer (RFC 8414): the product's origin. */
  issuer: string
}

const maxClients = 20

export type OauthService = ReturnType<typeof createOauthService>

/** Apps that users register, what users grant to apps, and whom an app's token stands for. */
export function createOauthService(options: OauthServiceOptions) {
  const { database, audit, cache, store, server, issuer } = options

  /** Where the browser goes with the outcome; the issuer's name keeps apps with many of them from mixing them up (RFC 9207). */
  function backTo(
    { redirect_uri, state }: AuthorizeRequest,
    outcome: { code: string } | AuthorizeProblem,
  ): string {
    const url = new URL(redirect_uri)
    if ('code' in outcome) url.searchParams.set('code', outcome.code)
    else {
      url.searchParams.set('error', outcome.error)
      url.searchParams.set('error_description', outcome.description)
    }
    if (state !== undefined) url.searchParams.set('state', state)
    url.searchParams.set('iss', issuer)
    return url.href
  }

  return {
    clients: async (userId: string): Promise<ClientView[]> => {
      const rows = await database.oauthClient.findMany({ where: { userId }, orderBy: { id: 'desc' } })
      return rows.map(toClientView)
    },

    async register({ userId, ipAddress }: Owner, wanted: NewClient) {
      if ((await database.oauthClient.count({ where: { userId } })) >= maxClients) {
        throw new AppError('conflict', { message: `At most ${maxClients} apps. Remove one first.` })
      }
      const made = wanted.confidential ? newClientSecret() : null
      const id = newId()
      const row = await database.$transaction(async (client) => {
        const details = { client: id, name: wanted.name }
        await audit.record({ action: 'oauth.client_registered', userId, ipAddress, details }, client)
        return client.oauthClient.create({
          data: {
            ...{ id, userId, name: wanted.name, redirectUris: wanted.redirect_uris },
            secretHash: made?.hash ?? null,
          },
        })
      })
      return { ...toClientView(row), client_secret: made?.secret ?? null }
    },

    /** With everything that was granted to it. @throws AppError `not_found`. */
    async removeClient({ userId, ipAddress }: Owner, id: string): Promise<void> {
      const client = await database.oauthClient.findFirst({
        where: { id, userId },
        include: { grants: { where: { revokedAt: null }, select: { id: true } } },
      })
      if (!client) throw new AppError('not_found', { message: 'There is no such app.' })
      await database.$transaction(async (tx) => {
        await audit.record({ action: 'oauth.client_removed', userId, ipAddress, details: { client: id } }, tx)
        await tx.oauthClient.delete({ where: { id } })
      })
      for (const grant of client.grants) await cache.changed(grant.id)
    },

    grants: async (userId: string): Promise<GrantView[]> => {
      const rows = await database.oauthGrant.findMany({
        where: { userId, revokedAt: null, lastUsedAt: { not: null } },
        include: { client: true },
        orderBy: { id: 'desc' },
      })
      return rows.map(({ id, client, scopes, createdAt, lastUsedAt }) => ({
        ...{ id, scopes, client_name: client.name },
        created_at: createdAt.toISOString(),
        last_used_at: lastUsedAt?.toISOString() ?? null,
      }))
    },

    /** @throws AppError `not_found`. */
    async withdraw(userId: string, id: string): Promise<void> {
      const grant = await database.oauthGrant.findFirst({ where: { id, userId } })
      if (!grant || !(await store.revoke(id, 'oauth.withdrawn'))) {
        throw new AppError('not_found', { message: 'There is no such grant.' })
      }
    },

    /** What a user is to be asked. @throws AppError `bad_request`, which must not be redirected. */
    async consent(request: AuthorizeRequest) {
      const { client, wanted, problem } = await server.check(request)
      return {
        client_name: client.name,
        redirect_host: new URL(request.redirect_uri).host || new URL(request.redirect_uri).protocol,
        scopes: wanted,
        redirect_to: problem ? backTo(request, problem) : null,
      }
    },

    /** What the user said, as the address that the browser goes to. @throws AppError `bad_request`. */
    async decide(userId: string, request: AuthorizeRequest, approve: boolean): Promise<string> {
      const { problem } = await server.check(request)
      if (problem) return backTo(request, problem)
      if (!approve) {
        return backTo(request, { error: 'access_denied', description: 'The user did not allow it' })
      }
      return backTo(request, { code: await server.authorize(userId, request) })
    },

    /** Whom an app's token stands for. @throws AppError `token_invalid`, `token_expired`, `account_suspended`. */
    async authenticate(token: string): Promise<Principal> {
      const hash = hashSecret(token)
      const found = await cache.get(hash, async () => {
        const row = await store.findAccessToken(hash)
        if (!row || row.grant.user.deleteAfter || row.grant.user.erasedAt) return null
        if (row.grant.user.status === 'suspended') throw new AppError('account_suspended')
        const principal: Principal = {
          ...{ userId: row.grant.userId, role: 'user', via: 'app' },
          grant: { id: row.grantId, scopes: row.scopes, requestsPerMinute: null },
        }
        return { principal, expiresAtMs: row.expiresAt.getTime() }
      })
      if (!found) throw new AppError('token_invalid')
      if (found.expiresAtMs !== null && found.expiresAtMs <= Date.now()) throw new AppError('token_expired')
      return found.principal
    },
  }
}

function toClientView({ id, name, redirectUris, secretHash, createdAt }: OauthClientModel): ClientView {
  return {
    client_id: id,
    name,
    redirect_uris: redirectUris,
    confidential: secretHash !== null,
    created_at: createdAt.toISOString(),
  }
}
