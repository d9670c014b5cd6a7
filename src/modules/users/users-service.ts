import type { Config } from '../../config'
import type { AuditLog } from '../../platform/audit'
import type { CounterStore } from '../../platform/cache'
import type { Database, DatabaseClient } from '../../platform/database'
import { AppError } from '../../platform/errors'
import type { Authenticator } from '../../platform/http/auth'
import { accessTokenSeconds, type AccessTokens } from './access-tokens'
import { createAccounts, type Accounts } from './accounts'
import { ensureFirstAdmin, type CreatedAdmin } from './first-admin'
import { createCredentialCheck, createPasswordCheck } from './login'
import { createPasswordHasher } from './passwords'
import { createRefreshSessions } from './refresh-sessions'
import type { LoginInput, Tokens, UserView } from './schemas'
import type { RequestOrigin } from './session-tokens'
import { toUserView } from './user-view'
import { createWebSessions } from './web-sessions'

/** Accounts, log-ins and sessions. Also what the HTTP layer authenticates requests with. */
export interface UsersService extends Accounts, Authenticator {
  /**
   * Checks credentials without starting a session: the web UI then calls `createWebSession`.
   * @throws AppError `invalid_credentials`, `rate_limited`, `account_suspended`.
   */
  checkCredentials(input: LoginInput, origin: RequestOrigin): Promise<UserView>
  /** Logs an API client in. @throws as `checkCredentials`. */
  login(input: LoginInput, origin: RequestOrigin): Promise<Tokens>
  /** @throws AppError `token_invalid`, `token_expired`, `refresh_token_reused`, `account_suspended`. */
  refresh(refreshToken: string, origin: RequestOrigin): Promise<Tokens>
  /** Ends the log-in that a refresh token belongs to; an unknown token is no error. */
  logout(refreshToken: string, origin: RequestOrigin): Promise<void>
  /** Starts a session of the web UI. `setCookie` is the value of the `Set-Cookie` header to answer with. */
  createWebSession(userId: string, origin: RequestOrigin): Promise<{ token: string; setCookie: string }>
  /** Ends a session of the web UI. @returns the `Set-Cookie` header that makes the browser forget it. */
  endWebSession(token: string, origin: RequestOrigin): Promise<string>
  /** Creates an administrator where there is none; null when there is one. */
  ensureAdmin(): Promise<CreatedAdmin | null>
  /** Deletes expired sessions. @returns their number. */
  sweepSessions(): Promise<number>
}

export interface UsersServiceOptions {
  database: Database
  config: Pick<
    Config,
    'publicUrl' | 'SIGNUP_ENABLED' | 'LOGIN_ATTEMPTS_PER_15_MINUTES' | 'ADMIN_EMAIL' | 'ADMIN_PASSWORD'
  >
  accessTokens: AccessTokens
  counters: CounterStore
  audit: AuditLog
  /** Runs in the transaction that creates an account, for example to grant the free minutes. */
  onRegistered(userId: string, client: DatabaseClient): Promise<void>
}

export async function createUsersService(options: UsersServiceOptions): Promise<UsersService> {
  const { database, config, accessTokens, counters, audit, onRegistered } = options
  const hasher = await createPasswordHasher()
  const checkPassword = createPasswordCheck({ config, counters, hasher, audit })
  const checkCredentials = createCredentialCheck({ database, checkPassword, hasher, audit })
  const accounts = createAccounts({ database, config, hasher, audit, checkPassword, onRegistered })
  const refreshSessions = createRefreshSessions({ database, audit })
  const webSessions = createWebSessions({ database, publicUrl: config.publicUrl })
  /** Accounts suspended by this process, until the last access token that they may hold has expired. */
  const suspendedUntilMs = new Map<string, number>()

  function tokens(user: Parameters<typeof toUserView>[0], refreshToken: string): Tokens {
    return {
      access_token: accessTokens.sign(user),
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: refreshToken,
      user: toUserView(user),
    }
  }

  return {
    ...accounts,
    async updateProfile(userId, changes, origin) {
      const user = await accounts.updateProfile(userId, changes, origin)
      if (changes.new_password !== undefined) webSessions.forgetUser(userId)
      return user
    },
    async setStatus(userId, status, by) {
      const user = await accounts.setStatus(userId, status, by)
      webSessions.forgetUser(userId)
      if (status === 'suspended') suspendedUntilMs.set(userId, Date.now() + accessTokenSeconds * 1000)
      else suspendedUntilMs.delete(userId)
      return user
    },
    checkCredentials: async (input, origin) => toUserView(await checkCredentials(input, origin)),
    async login(input, origin) {
      const user = await checkCredentials(input, origin)
      return tokens(user, await refreshSessions.start(user.id, origin))
    },
    async refresh(refreshToken, origin) {
      const { user, token } = await refreshSessions.rotate(refreshToken, origin)
      return tokens(user, token)
    },
    logout: (refreshToken, origin) => refreshSessions.end(refreshToken, origin),
    authenticate(accessToken) {
      const principal = accessTokens.verify(accessToken)
      if (suspendedUntilMs.size > 0 && (suspendedUntilMs.get(principal.userId) ?? 0) > Date.now()) {
        throw new AppError('account_suspended')
      }
      return principal
    },
    authenticateWeb: (token) => webSessions.find(token),
    createWebSession: (userId, origin) => webSessions.start(userId, origin),
    async endWebSession(token, { ipAddress }) {
      const userId = await webSessions.end(token)
      if (userId) await audit.record({ action: 'session.ended', userId, ipAddress })
      return webSessions.clearingCookie()
    },
    ensureAdmin: () => ensureFirstAdmin({ database, config, hasher, audit, onRegistered }),
    async sweepSessions() {
      const { count } = await database.session.deleteMany({ where: { expiresAt: { lte: new Date() } } })
      for (const [userId, untilMs] of suspendedUntilMs)
        if (untilMs <= Date.now()) suspendedUntilMs.delete(userId)
      return count
    },
  }
}
