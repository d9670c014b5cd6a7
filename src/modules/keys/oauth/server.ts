import { randomBytes } from 'node:crypto'
import OAuth2Server, { type AuthorizationCodeModel, type RefreshTokenModel } from '@node-oauth/oauth2-server'
import type { OauthClientModel } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import type { Scopes } from '../scopes'
import { hashSecret, matchesHash } from '../secrets'
import { isRegistered } from './redirects'
import type { AuthorizeRequest } from './schemas'
import type { GrantStore } from './store'

const codeSeconds = 300
const accessTokenSeconds = 3600
const refreshTokenSeconds = 30 * 24 * 3600
export const accessTokenPrefix = 'ta_'
const refreshTokenPrefix = 'tr_'
const grants = ['authorization_code', 'refresh_token']

/** Whom tokens are for, and what was granted: known from the code or the refresh token on. */
interface Owner extends OAuth2Server.User {
  id: string
  grantId?: string
}

export interface OauthAnswer {
  status: number
  headers: Record<string, string>
  body: object
}

/** A request of an app that cannot be granted, in the words of RFC 6749, 4.1.2.1. */
export interface AuthorizeProblem {
  error: string
  description: string
}

export type AuthorizationServer = ReturnType<typeof createAuthorizationServer>

/** The protocol, by `@node-oauth/oauth2-server`: authorization codes with PKCE (S256 only) and rotating refresh tokens. */
export function createAuthorizationServer({ store, scopes }: { store: GrantStore; scopes: Scopes }) {
  const random = (prefix: string) => Promise.resolve(prefix + randomBytes(32).toString('base64url'))
  const toClient = (client: OauthClientModel): OAuth2Server.Client => ({
    id: client.id,
    redirectUris: client.redirectUris,
    grants,
  })

  const model: AuthorizationCodeModel & RefreshTokenModel = {
    generateAccessToken: () => random(accessTokenPrefix),
    generateRefreshToken: () => random(refreshTokenPrefix),
    /** @param secret Null where the browser asks: then nobody has to prove anything yet. */
    async getClient(id, secret: string | null | undefined) {
      const client = await store.findClient(id)
      if (!client || (secret !== null && !provesItself(client, secret))) return null
      return toClient(client)
    },
    validateRedirectUri: (address, { redirectUris }) =>
      Promise.resolve(isRegistered(address, [redirectUris ?? []].flat())),
    validateScope: (_user, _client, wanted) =>
      Promise.resolve(wanted?.length && wanted.every((scope) => scopes.has(scope)) ? wanted : false),

    async saveAuthorizationCode(code, client, user) {
      await store.grant({
        code: code.authorizationCode,
        clientId: client.id,
        userId: (user as Owner).id,
        scopes: code.scope ?? [],
        redirectUri: code.redirectUri,
        codeChallenge: code.codeChallenge ?? '',
        expiresAt: code.expiresAt,
      })
      return { ...code, client, user }
    },
    async getAuthorizationCode(code) {
      const row = await store.findCode(code)
      if (!row) return null
      return {
        authorizationCode: code,
        expiresAt: row.expiresAt,
        redirectUri: row.redirectUri,
        scope: row.grant.scopes,
        codeChallenge: row.codeChallenge,
        codeChallengeMethod: 'S256',
        client: toClient(row.grant.client),
        user: { id: row.grant.userId, grantId: row.grantId } satisfies Owner,
      }
    },
    revokeAuthorizationCode: ({ authorizationCode }) => store.useCode(authorizationCode),

    async saveToken(token, client, user) {
      const { grantId = '' } = user as Owner
      await store.addTokens(grantId, token.scope ?? [], [
        { kind: 'access', token: token.accessToken, expiresAt: token.accessTokenExpiresAt! },
        { kind: 'refresh', token: token.refreshToken!, expiresAt: token.refreshTokenExpiresAt! },
      ])
      return { ...token, client, user }
    },
    async getRefreshToken(token) {
      const row = await store.findRefreshToken(token)
      if (!row) return null
      return {
        refreshToken: token,
        refreshTokenExpiresAt: row.expiresAt,
        scope: row.scopes,
        client: toClient(row.grant.client),
        user: { id: row.grant.userId, grantId: row.grantId } satisfies Owner,
      }
    },
    revokeToken: ({ refreshToken, user }) =>
      store.useRefreshToken(refreshToken, (user as Owner).grantId ?? ''),
    /** Requests are authenticated by the HTTP layer. */
    getAccessToken: () => Promise.resolve(null),
  }
  const server = new OAuth2Server({
    model,
    authorizationCodeLifetime: codeSeconds,
    accessTokenLifetime: accessTokenSeconds,
    refreshTokenLifetime: refreshTokenSeconds,
    allowEmptyState: true,
    // The model demands a secret of every client that has one.
    requireClientAuthentication: { authorization_code: false, refresh_token: false },
  })

  return {
    /**
     * The client of a request, once it is sure that the browser may be sent back to it, and what is wrong with the rest.
     * @throws AppError `bad_request`: to be shown, never to be redirected.
     */
    async check(
      request: AuthorizeRequest,
    ): Promise<{ client: OauthClientModel; wanted: string[]; problem: AuthorizeProblem | null }> {
      const client = await store.findClient(request.client_id)
      if (!client) throw new AppError('bad_request', { message: 'There is no app with this client_id.' })
      if (!isRegistered(request.redirect_uri, client.redirectUris)) {
        throw new AppError('bad_request', {
          message: 'The app did not register this redirect_uri. Nothing was granted.',
        })
      }
      const wanted = [...new Set((request.scope ?? '').split(' ').filter(Boolean))]
      return { client, wanted, problem: problemOf(request, wanted, scopes) }
    },

    /** The code for a request that `check` found nothing wrong with. */
    async authorize(userId: string, request: AuthorizeRequest): Promise<string> {
      const query = Object.fromEntries(
        Object.entries<string | undefined>(request).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value] as const],
        ),
      )
      const asked = new OAuth2Server.Request({ headers: {}, method: 'GET', query })
      const { authorizationCode } = await server.authorize(asked, new OAuth2Server.Response(), {
        authenticateHandler: { handle: () => ({ id: userId }) satisfies Owner },
      })
      return authorizationCode
    },

    /** `POST /oauth/token`, in the words of RFC 6749, 5. */
    async token(headers: Record<string, string>, body: Record<string, string>): Promise<OauthAnswer> {
      const response = new OAuth2Server.Response()
      try {
        await server.token(new OAuth2Server.Request({ headers, method: 'POST', query: {}, body }), response)
      } catch (error) {
        if (!(error instanceof OAuth2Server.OAuthError) || error.code >= 500) throw error
      }
      const { status = 200, headers: answered = {} } = response
      const answer: unknown = response.body
      return { status, headers: answered, body: answer ?? {} }
    },

    /** Whether a client is who it says. */
    async proven(id: string, secret: string | undefined): Promise<boolean> {
      const client = await store.findClient(id)
      return client !== null && provesItself(client, secret)
    },
  }
}

function provesItself({ secretHash }: OauthClientModel, secret: string | undefined): boolean {
  return secretHash === null ? !secret : secret !== undefined && matchesHash(secret, secretHash)
}

function problemOf(request: AuthorizeRequest, wanted: string[], scopes: Scopes): AuthorizeProblem | null {
  if (request.response_type !== 'code') {
    return { error: 'unsupported_response_type', description: 'The response_type must be code' }
  }
  if (request.code_challenge_method !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(request.code_challenge ?? '')) {
    return { error: 'invalid_request', description: 'PKCE with code_challenge_method S256 is required' }
  }
  const unknown = wanted.filter((scope) => !scopes.has(scope))
  if (wanted.length === 0 || unknown.length > 0) {
    return { error: 'invalid_scope', description: `Unknown or no scope: ${unknown.join(' ')}`.trim() }
  }
  return null
}

/** A client's secret, and what is kept of it. */
export function newClientSecret(): { secret: string; hash: string } {
  const secret = `ts_${randomBytes(32).toString('base64url')}`
  return { secret, hash: hashSecret(secret) }
}
