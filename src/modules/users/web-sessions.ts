import fastifyCookie from '@fastify/cookie'
import type { Database } from '../../platform/database'
import { sessionCookieName } from '../../platform/http/auth'
import type { Principal } from '../../platform/http/principal'
import { newId } from '../../platform/ids'
import {
  hashSessionToken,
  newSessionToken,
  originColumns,
  sessionLifetimeMs,
  type RequestOrigin,
} from './session-tokens'

/** How long a session once read is believed without asking the database again. */
const cacheMs = 10_000
const maxCached = 10_000
/** How exactly is kept when a session was last used. */
const useNotedAfterMs = 5 * 60_000
/** A session in use is prolonged once a day, not with every request. */
const renewAfterMs = 24 * 3600_000
const tokenPattern = /^[A-Za-z0-9_-]{43}$/

export interface WebSessions {
  /** @returns the value of the `Set-Cookie` header and the token in it. */
  start(userId: string, origin: RequestOrigin): Promise<{ token: string; setCookie: string }>
  /** Null for a token that is no session (any more); `setCookie` when the session was prolonged. */
  find(token: string): Promise<{ principal: Principal; setCookie: string | null } | null>
  /** Ends a session. @returns whose it was, or null. */
  end(token: string): Promise<string | null>
  /** The `Set-Cookie` header that makes a browser forget the session. */
  clearingCookie(): string
  /** Forgets what was read of an account's sessions. */
  forgetUser(userId: string): void
}

interface CachedSession {
  principal: Principal
  validUntilMs: number
}

export interface WebSessionsOptions {
  database: Database
  /** The cookie is `Secure` where the product is reached by https. */
  publicUrl: string
  /** Whether administrators without a second factor may only set one up. */
  adminMfaRequired: boolean
  now?: () => number
}

/** Sessions of the web UI: a random token in a cookie, its hash in the table `sessions`, 30 days from the last use. */
export function createWebSessions({
  database,
  publicUrl,
  adminMfaRequired,
  now = Date.now,
}: WebSessionsOptions): WebSessions {
  const cache = new Map<string, CachedSession>()
  /** Grows when sessions end: what was read before that must not be remembered after it. */
  let endings = 0
  const secure = publicUrl.startsWith('https:')

  const cookie = (value: string, maxAgeMs: number) =>
    fastifyCookie.serialize(sessionCookieName, value, {
      httpOnly: true,
      sameSite: 'lax',
      secure,
      path: '/',
      maxAge: Math.floor(maxAgeMs / 1000),
    })

  function remember(tokenHash: string, principal: Principal, expiresAtMs: number): void {
    if (cache.size >= maxCached) cache.delete(cache.keys().next().value!)
    cache.set(tokenHash, { principal, validUntilMs: Math.min(now() + cacheMs, expiresAtMs) })
  }

  async function noteUse({ id, lastUsedAt }: { id: string; lastUsedAt: Date }): Promise<void> {
    if (now() - lastUsedAt.getTime() < useNotedAfterMs) return
    await database.session.updateMany({ where: { id }, data: { lastUsedAt: new Date(now()) } })
  }

  async function renew(sessionId: string, token: string): Promise<string> {
    await database.session.updateMany({
      where: { id: sessionId, revokedAt: null },
      data: { expiresAt: new Date(now() + sessionLifetimeMs) },
    })
    return cookie(token, sessionLifetimeMs)
  }

  return {
    async start(userId, origin) {
      const token = newSessionToken()
      const id = newId()
      await database.session.create({
        data: {
          id,
          kind: 'web',
          userId,
          familyId: id,
          tokenHash: hashSessionToken(token),
          expiresAt: new Date(now() + sessionLifetimeMs),
          ...originColumns(origin),
        },
      })
      return { token, setCookie: cookie(token, sessionLifetimeMs) }
    },
    async find(token) {
      if (!tokenPattern.test(token)) return null
      const tokenHash = hashSessionToken(token)
      const cached = cache.get(tokenHash)
      if (cached && cached.validUntilMs > now()) return { principal: cached.principal, setCookie: null }
      cache.delete(tokenHash)
      const endingsBefore = endings
      const session = await database.session.findFirst({
        where: { tokenHash, kind: 'web', revokedAt: null, expiresAt: { gt: new Date(now()) } },
        include: {
          user: { select: { role: true, status: true, secondFactor: { select: { enabledAt: true } } } },
        },
      })
      if (!session || session.user.status === 'suspended') return null
      const { role, secondFactor } = session.user
      const setupOnly = adminMfaRequired && role === 'admin' && !secondFactor?.enabledAt
      const principal: Principal = {
        userId: session.userId,
        role,
        via: 'web',
        sessionId: session.id,
        ...(setupOnly ? { setupOnly } : {}),
      }
      await noteUse(session)
      if (endings === endingsBefore) remember(tokenHash, principal, session.expiresAt.getTime())
      const age = sessionLifetimeMs - (session.expiresAt.getTime() - now())
      return { principal, setCookie: age > renewAfterMs ? await renew(session.id, token) : null }
    },
    async end(token) {
      const tokenHash = hashSessionToken(token)
      const session = await database.session.findFirst({ where: { tokenHash, kind: 'web', revokedAt: null } })
      if (!session) return null
      await database.session.update({ where: { id: session.id }, data: { revokedAt: new Date(now()) } })
      endings += 1
      cache.delete(tokenHash)
      return session.userId
    },
    clearingCookie: () => cookie('', 0),
    forgetUser(userId) {
      endings += 1
      for (const [key, { principal }] of cache) if (principal.userId === userId) cache.delete(key)
    },
  }
}
