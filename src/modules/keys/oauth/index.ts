import type { AuditLog } from '../../../platform/audit'
import type { Database } from '../../../platform/database'
import type { Principal } from '../../../platform/http'
import type { GrantCache } from '../grant-cache'
import type { Scopes } from '../scopes'
import { protocolRoutes } from './protocol-routes'
import { oauthRoutes } from './routes'
import { accessTokenPrefix, createAuthorizationServer } from './server'
import { createOauthService } from './service'
import { createGrantStore } from './store'

export interface OauthOptions {
  database: Database
  audit: AuditLog
  cache: GrantCache
  scopes: Scopes
  publicUrl: string
}

/** OAuth 2.1 for apps of other people: authorization code with PKCE, consent, rotating refresh tokens, revocation. */
export function createOauth({ database, audit, cache, scopes, publicUrl }: OauthOptions) {
  const issuer = new URL(publicUrl).origin
  const store = createGrantStore({ database, audit, cache })
  const server = createAuthorizationServer({ store, scopes })
  const service = createOauthService({ database, audit, cache, store, server, issuer })
  return {
    /** Apps that somebody has let in. */
    grants: service.grants,
    routes: [oauthRoutes(service), protocolRoutes({ server, store, scopes, issuer })],
    /** Null for what is no app's token. */
    authenticate: (token: string): Promise<Principal> | null =>
      token.startsWith(accessTokenPrefix) ? service.authenticate(token) : null,
    sweep: store.sweep,
  }
}
