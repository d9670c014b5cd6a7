import type { AuditLog } from '../../platform/audit'
import type { Database } from '../../platform/database'
import type { EventBus } from '../../platform/events'
import type { Principal } from '../../platform/http'
import type { Logger } from '../../platform/logger'
import { createGrantCache } from './grant-cache'
import { createOauth } from './oauth'
import { keyRoutes } from './routes'
import { createScopes } from './scopes'
import { isApiKey } from './secrets'
import { createKeyService } from './service'
import { createKeyUsage } from './usage'

export { createKeyPersonalData } from './personal-data'
export { keyLimitReached } from './usage'

export interface KeysModuleOptions {
  database: Database
  events: EventBus
  audit: AuditLog
  logger: Logger
  /** Ids of the capabilities that clients may use. */
  capabilities: readonly string[]
  /** Address of the product as browsers see it. */
  publicUrl: string
}

export type KeysModule = ReturnType<typeof createKeysModule>

/** API keys of paid accounts and apps of other people: what they may do, what they have done, and when they end. */
export function createKeysModule(options: KeysModuleOptions) {
  const { database, events, audit, logger, capabilities, publicUrl } = options
  const scopes = createScopes(capabilities)
  const cache = createGrantCache(events)
  const usage = createKeyUsage({ database, logger })
  const service = createKeyService({ database, audit, cache, usage })
  const oauth = createOauth({ database, audit, cache, scopes, publicUrl })
  return {
    service,
    scopes,
    /** Everything that acts for somebody, and what they could allow. */
    async overview(userId: string) {
      const [keys, grants] = await Promise.all([service.list(userId), oauth.grants(userId)])
      return { keys, grants, scopes: scopes.list }
    },
    /** Minutes that keys may spend. */
    spending: { reserve: usage.reserve, left: usage.left },
    routes: [keyRoutes(service, scopes), ...oauth.routes],
    /** For the HTTP layer: null for what is neither a key nor an app’s token. */
    authenticateGrant: (token: string): Promise<Principal> | null =>
      isApiKey(token) ? service.authenticate(token) : oauth.authenticate(token),
    /** Removes what has expired. */
    sweep: oauth.sweep,
    async close() {
      cache.close()
      await usage.close()
    },
  }
}
