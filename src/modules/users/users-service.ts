import type { Config } from '../../config'
import type { AuditLog } from '../../platform/audit'
import type { CounterStore } from '../../platform/cache'
import type { Database, DatabaseClient, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import type { Authenticator } from '../../platform/http/auth'
import { parseFields } from '../../platform/http/problem'
import type { Logger } from '../../platform/logger'
import { createSeal } from '../../platform/seal'
import type { Notifier } from '../notifications'
import { accessTokenSeconds, type AccessTokens } from './access-tokens'
import { createAccountTokens } from './account-tokens'
import { createAccounts, type Accounts } from './accounts'
import { createAdministration, type Administration } from './administration'
import { createDeletion } from './deletion'
import { createEmailAddresses } from './email-addresses'
import { ensureFirstAdmin, type CreatedAdmin } from './first-admin'
import { createLogIn, createPasswordCheck } from './login'
import { createPasswordPolicy } from './password-policy'
import { createPasswordReset } from './password-reset'
import { createPasswordHasher } from './passwords'
import { createRefreshSessions } from './refresh-sessions'
import type { LoginInput, Tokens, UserView } from './schemas'
import { createSecondFactor, requireCode } from './second-factor'
import { createSecurity, type Security } from './security'
import { confirmationSchema, type MfaChallenge, type MfaLoginInput } from './security-schemas'
import { createSessionList } from './session-list'
import type { RequestOrigin } from './session-tokens'
import { toUserView } from './user-view'
import { createWebSessions } from './web-sessions'

type User = Prisma.UserGetPayload<object>

/** Accounts, log-ins, sessions and what secures them. Also what the HTTP layer authenticates requests with. */
export interface UsersService extends Accounts, Administration, Security, Authenticator {
  /**
   * Checks a name and a password without starting a session: the web UI then calls `createWebSession`, or
   * `completeLogin` with a code where a second factor is set up.
   * @throws AppError `invalid_credentials`, `rate_limited`, `account_suspended`.
   */
  beginLogin(
    input: LoginInput,
    origin: RequestOrigin,
  ): Promise<{ user: UserView } | { challenge: MfaChallenge }>
  /** @throws AppError `token_invalid` for a challenge that is over, `mfa_code_invalid`, `rate_limited`. */
  completeLogin(input: MfaLoginInput, origin: RequestOrigin): Promise<UserView>
  /** Logs an API client in. @throws as `beginLogin`. */
  login(input: LoginInput, origin: RequestOrigin): Promise<Tokens | MfaChallenge>
  /** @throws as `completeLogin`. */
  loginWithCode(input: MfaLoginInput, origin: RequestOrigin): Promise<Tokens>
  /** @throws AppError `token_invalid`, `token_expired`, `refresh_token_reused`, `account_suspended`. */
  refresh(refreshToken: string, origin: RequestOrigin): Promise<Tokens>
  /** Ends the log-in that a refresh token belongs to; an unknown token is no error. */
  logout(refreshToken: string, origin: RequestOrigin): Promise<void>
  /** Starts a session of the web UI. `setCookie` is the value of the `Set-Cookie` header to answer with. */
  createWebSession(userId: string, origin: RequestOrigin): Promise<{ token: string; setCookie: string }>
  /** Ends a session of the web UI. @returns the `Set-Cookie` header that makes the browser forget it. */
  endWebSession(token: string, origin: RequestOrigin): Promise<string>
  /** @throws AppError `email_not_verified` where the operator asks for a confirmed address and there is none. */
  requireVerifiedEmail(userId: string): Promise<void>
  /** Creates an administrator where there is none; null when there is one. */
  ensureAdmin(): Promise<CreatedAdmin | null>
  /** Deletes expired sessions and links. @returns their number. */
  sweepSessions(): Promise<number>
}

export interface UsersServiceOptions {
  database: Database
  config: Pick<
    Config,
    | 'publicUrl'
    | 'SIGNUP_ENABLED'
    | 'LOGIN_ATTEMPTS_PER_15_MINUTES'
    | 'ADMIN_EMAIL'
    | 'ADMIN_PASSWORD'
    | 'REQUIRE_VERIFIED_EMAIL'
    | 'ADMIN_MFA_REQUIRED'
    | 'BREACHED_PASSWORDS_URL'
  >
  accessTokens: AccessTokens
  /** Signs links, and encrypts and hashes what second factors are made of. At least 32 characters. */
  secret: string
  counters: CounterStore
  audit: AuditLog
  notifier: Notifier
  logger: Pick<Logger, 'warn'>
  /** Runs in the transaction that creates an account, for example to grant the free minutes. */
  onRegistered(userId: string, client: DatabaseClient): Promise<void>
  /** Runs in the transaction in which an address is proved; more than once for an account. */
  onVerified(userId: string, client: DatabaseClient): Promise<void>
  /** Runs before an account is given up, to end what goes on elsewhere; where it fails, the account stays. */
  beforeDeletion?: ((userId: string, ipAddress: string | null) => Promise<void>) | undefined
  now?: () => number
}

export async function createUsersService(options: UsersServiceOptions): Promise<UsersService> {
  const { database, config, accessTokens, counters, audit, notifier, logger, secret } = options
  const { onRegistered, onVerified, now = Date.now } = options
  const { publicUrl, ADMIN_MFA_REQUIRED: adminMfaRequired } = config
  const hasher = await createPasswordHasher()
  const passwords = createPasswordCheck({ config, counters, hasher, audit })
  const refuseWeakPassword = createPasswordPolicy({ rangeUrl: config.BREACHED_PASSWORDS_URL, logger })
  const links = createAccountTokens({ secret: `${secret} links`, now })
  const shared = { database, counters, tokens: links, notifier, audit, publicUrl, onVerified, now }
  const emailAddresses = createEmailAddresses(shared)
  const passwordReset = createPasswordReset({ ...shared, hasher, refuseWeakPassword, logger })
  const deletion = createDeletion({ ...shared, beforeDeletion: options.beforeDeletion })
  const secondFactor = createSecondFactor({
    ...{ database, counters, audit, notifier, now },
    seal: createSeal(`${secret} second factors`),
    secret: `${secret} recovery codes`,
    isRequired: async (userId) => adminMfaRequired && (await userOf(userId)).role === 'admin',
  })
  const accounts = createAccounts({
    ...{ database, config, hasher, audit, emailAddresses, refuseWeakPassword, notifier, onRegistered },
    checkPassword: passwords.check,
  })
  const logIn = createLogIn({
    ...{ database, passwords, hasher, secondFactor, audit, tokens: links },
    async onEntered(user, origin) {
      if (!user.deleteAfter) return
      await deletion.cancel(user, origin)
      refused.delete(user.id)
    },
  })
  const refreshSessions = createRefreshSessions({ database, audit })
  const webSessions = createWebSessions({ database, publicUrl, adminMfaRequired, now })
  /** Accounts and log-ins that this process ended, until the last access token that they may hold has expired. */
  const refused = new Map<string, { untilMs: number; error: 'account_suspended' | 'token_invalid' }>()

  function refuse(id: string, error: 'account_suspended' | 'token_invalid'): void {
    refused.set(id, { untilMs: Date.now() + accessTokenSeconds * 1000, error })
  }

  function throwIfRefused(id: string | undefined): void {
    const refusal = id === undefined ? undefined : refused.get(id)
    if (refusal && refusal.untilMs > Date.now()) throw new AppError(refusal.error)
  }

  async function userOf(userId: string): Promise<User> {
    const user = await database.user.findUnique({ where: { id: userId, erasedAt: null } })
    if (!user) throw new AppError('not_found', { message: 'The account does not exist any more' })
    return user
  }

  async function tokens(user: User, session: { token: string; sessionId: string }): Promise<Tokens> {
    const setupOnly = adminMfaRequired && user.role === 'admin' && !(await secondFactor.isEnabled(user.id))
    return {
      access_token: accessTokens.sign({
        id: user.id,
        role: user.role,
        sessionId: session.sessionId,
        setupOnly,
      }),
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: session.token,
      user: toUserView(user),
    }
  }

  /** @throws AppError `invalid_credentials`, `mfa_code_invalid`, `validation_failed`, `rate_limited`. */
  async function confirmIdentity(userId: string, input: unknown, origin: RequestOrigin): Promise<User> {
    const { current_password: password, code } = parseFields(confirmationSchema, input)
    const user = await userOf(userId)
    const withCode = await secondFactor.isEnabled(userId)
    if (withCode) requireCode(code)
    if (!(await passwords.check(user, user.id, password, origin))) {
      throw new AppError('invalid_credentials', { message: 'The current password is wrong' })
    }
    if (withCode) await secondFactor.check(userId, requireCode(code), origin)
    return user
  }

  function sessionsChanged(userId: string, endedIds: readonly string[]): void {
    webSessions.forgetUser(userId)
    for (const id of endedIds) refuse(id, 'token_invalid')
  }

  return {
    ...accounts,
    ...createAdministration({ database, audit, onSessionsEnded: sessionsChanged }),
    ...createSecurity({
      ...{ userOf, confirmIdentity, emailAddresses, passwordReset, secondFactor, deletion },
      sessions: createSessionList(shared),
      onSessionsChanged: sessionsChanged,
    }),
    async updateProfile(userId, changes, origin) {
      const user = await accounts.updateProfile(userId, changes, origin)
      if (changes.new_password !== undefined) webSessions.forgetUser(userId)
      return user
    },
    async setStatus(userId, status, by) {
      const user = await accounts.setStatus(userId, status, by)
      webSessions.forgetUser(userId)
      if (status === 'suspended') refuse(userId, 'account_suspended')
      else refused.delete(userId)
      return user
    },
    async beginLogin(input, origin) {
      const step = await logIn.begin(input, origin)
      return 'user' in step ? { user: toUserView(step.user) } : step
    },
    completeLogin: async (input, origin) => toUserView(await logIn.complete(input, origin)),
    async login(input, origin) {
      const step = await logIn.begin(input, origin)
      if ('challenge' in step) return step.challenge
      return tokens(step.user, await refreshSessions.start(step.user.id, origin))
    },
    async loginWithCode(input, origin) {
      const user = await logIn.complete(input, origin)
      return tokens(user, await refreshSessions.start(user.id, origin))
    },
    async refresh(refreshToken, origin) {
      const { user, ...session } = await refreshSessions.rotate(refreshToken, origin)
      return tokens(user, session)
    },
    logout: (refreshToken, origin) => refreshSessions.end(refreshToken, origin),
    authenticate(accessToken) {
      const principal = accessTokens.verify(accessToken)
      if (refused.size > 0) {
        throwIfRefused(principal.userId)
        throwIfRefused(principal.sessionId)
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
    async requireVerifiedEmail(userId) {
      if (!config.REQUIRE_VERIFIED_EMAIL || (await userOf(userId)).emailVerifiedAt) return
      throw new AppError('email_not_verified', {
        message:
          'Use the link in the e-mail that was sent to you, or ask for another one on the account page',
      })
    },
    ensureAdmin: () => ensureFirstAdmin({ database, config, hasher, audit, onRegistered }),
    async sweepSessions() {
      const expired = { where: { expiresAt: { lte: new Date(now()) } } }
      const [sessions, tokens] = await Promise.all([
        database.session.deleteMany(expired),
        database.accountToken.deleteMany(expired),
      ])
      for (const [id, { untilMs }] of refused) if (untilMs <= Date.now()) refused.delete(id)
      return sessions.count + tokens.count
    },
  }
}
