import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../config'
import type { AuditLog } from '../../platform/audit'
import type { CounterStore } from '../../platform/cache'
import type { Database, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { addressKey } from '../../platform/http/address'
import { parseFields } from '../../platform/http/problem'
import { rateLimited } from '../../platform/http/rate-limit'
import { tokenLifetimesMs, type AccountTokens } from './account-tokens'
import { findByIdentifier } from './names'
import type { PasswordHasher } from './passwords'
import { loginSchema, type LoginInput } from './schemas'
import type { SecondFactor } from './second-factor'
import { mfaLoginSchema, type MfaChallenge, type MfaLoginInput } from './security-schemas'
import { digestOfName, type RequestOrigin } from './session-tokens'

type User = Prisma.UserGetPayload<object>

const windowMs = 15 * 60_000
const maxCodesPerChallenge = 5
/** How long an address that has used up its attempts waits for each refusal: it cannot keep the server busy with them. */
const refusalDelayMs = 1000
/** Refusals that wait at a time; more are answered at once, so that they do not fill the memory instead. */
const maxWaitingRefusals = 500

const addressLimitKey = ({ ipAddress }: RequestOrigin) => `login:${addressKey(ipAddress ?? 'unknown')}`

/**
 * Whether `password` is the account's, within the limits of failures per account and per address.
 * @param user Null for an unknown account: the same work is done, and the answer is false.
 * @param accountKey What failures of the account are counted under.
 * @throws AppError `rate_limited`.
 */
export type CheckPassword = (
  user: User | null,
  accountKey: string,
  password: string,
  origin: RequestOrigin,
) => Promise<boolean>

export interface PasswordCheckOptions {
  config: Pick<Config, 'LOGIN_ATTEMPTS_PER_15_MINUTES'>
  counters: CounterStore
  hasher: PasswordHasher
  audit: AuditLog
}

export interface PasswordCheck {
  check: CheckPassword
  /** Turns a flood away slowly, and before anything is looked up. @throws AppError `rate_limited`. */
  refuseSpentAddress(origin: RequestOrigin): Promise<void>
}

export function createPasswordCheck({
  config,
  counters,
  hasher,
  audit,
}: PasswordCheckOptions): PasswordCheck {
  const limit = config.LOGIN_ATTEMPTS_PER_15_MINUTES

  const refusal = (resetMs: number) => rateLimited(resetMs, 'Too many wrong passwords. Wait, then try again')

  /** Refuses before the wait for a turn what would be refused after it. */
  async function refuseSpent(keys: string[]): Promise<void> {
    const counts = await Promise.all(keys.map(async (key) => counters.add(key, windowMs, 0)))
    // Only what was refused before is: the attempt that passes the limit is left a trace of.
    const spent = counts.filter(({ count }) => count > limit)
    if (spent.length > 0) throw refusal(Math.max(...spent.map(({ resetMs }) => resetMs)))
  }

  /** Counts an attempt before it is made, so that attempts at the same time cannot pass the limit together. */
  async function takeAttempt(keys: string[], user: User | null, origin: RequestOrigin): Promise<void> {
    const counts = await Promise.all(keys.map(async (key) => counters.add(key, windowMs)))
    const exceeded = counts.filter(({ count }) => count > limit)
    if (exceeded.length === 0) return
    if (exceeded.some(({ count }) => count === limit + 1)) {
      await audit.record({ action: 'login.limited', userId: user?.id ?? null, ipAddress: origin.ipAddress })
    }
    // An attempt that is refused by one limit does not use up the other.
    for (const [index, key] of keys.entries()) {
      if (counts[index]!.count <= limit) await counters.add(key, windowMs, -1)
    }
    throw refusal(Math.max(...exceeded.map((count) => count.resetMs)))
  }

  let waitingRefusals = 0

  return {
    async refuseSpentAddress(origin) {
      try {
        await refuseSpent([addressLimitKey(origin)])
      } catch (error) {
        if (waitingRefusals >= maxWaitingRefusals) throw error
        waitingRefusals += 1
        await sleep(refusalDelayMs).finally(() => (waitingRefusals -= 1))
        throw error
      }
    },
    async check(user, account, password, origin) {
      const accountKey = `login:account:${account}`
      const addressLimit = addressLimitKey(origin)
      await refuseSpent([accountKey, addressLimit])
      return hasher.inTurn(addressLimit, async () => {
        await takeAttempt([accountKey, addressLimit], user, origin)
        const matches = await hasher.verify(user?.passwordHash ?? null, password)
        if (matches) await Promise.all([counters.reset(accountKey), counters.add(addressLimit, windowMs, -1)])
        else
          await audit.record({
            action: 'login.failed',
            userId: user?.id ?? null,
            ipAddress: origin.ipAddress,
          })
        return matches
      })
    },
  }
}

/** A log-in in one step, or in two where a second factor is set up. */
export interface LogIn {
  /**
   * @returns the account, or what the second step needs.
   * @throws AppError `invalid_credentials` (whether the account exists or not), `rate_limited`, `account_suspended`
   * (only to who knows the password).
   */
  begin(input: LoginInput, origin: RequestOrigin): Promise<{ user: User } | { challenge: MfaChallenge }>
  /** @throws AppError `token_invalid` for a challenge that is over, `mfa_code_invalid`, `rate_limited`, `account_suspended`. */
  complete(input: MfaLoginInput, origin: RequestOrigin): Promise<User>
}

export interface LogInOptions {
  database: Database
  passwords: PasswordCheck
  hasher: PasswordHasher
  secondFactor: Pick<SecondFactor, 'isEnabled' | 'check'>
  tokens: AccountTokens
  audit: AuditLog
  /** Runs before a session is started. */
  onEntered(user: User, origin: RequestOrigin): Promise<void>
}

export function createLogIn(options: LogInOptions): LogIn {
  const { database, passwords, hasher, secondFactor, tokens, audit } = options

  async function enter(user: User, origin: RequestOrigin): Promise<User> {
    await audit.record({ action: 'login.succeeded', userId: user.id, ipAddress: origin.ipAddress })
    await options.onEntered(user, origin)
    return user
  }

  return {
    async begin(input, origin) {
      const { identifier, password } = parseFields(loginSchema, input)
      await passwords.refuseSpentAddress(origin)
      const user = await findByIdentifier(database, identifier)
      const account = user?.id ?? digestOfName(identifier)
      if (!(await passwords.check(user, account, password, origin)) || !user) {
        throw new AppError('invalid_credentials')
      }
      if (user.status === 'suspended') throw new AppError('account_suspended')
      if (hasher.isOutdated(user.passwordHash)) {
        const passwordHash = await hasher.hash(password)
        await database.user.update({ where: { id: user.id }, data: { passwordHash } })
      }
      if (!(await secondFactor.isEnabled(user.id))) return { user: await enter(user, origin) }
      const { token } = await tokens.issue(database, { kind: 'login_challenge', userId: user.id })
      const expiresIn = tokenLifetimesMs.login_challenge / 1000
      return { challenge: { mfa_required: true, challenge: token, expires_in: expiresIn } }
    },

    async complete(input, origin) {
      const { challenge, code } = parseFields(mfaLoginSchema, input)
      const over = new AppError('token_invalid', { message: 'The log-in took too long. Start it again' })
      const attempt = await tokens.attempt(database, challenge, 'login_challenge', maxCodesPerChallenge)
      if (!attempt) throw over
      try {
        await secondFactor.check(attempt.userId, code, origin)
      } catch (error) {
        await audit.record({ action: 'login.failed', userId: attempt.userId, ipAddress: origin.ipAddress })
        throw error
      }
      await tokens.take(database, challenge, ['login_challenge']).catch(() => Promise.reject(over))
      const user = await database.user.findUniqueOrThrow({ where: { id: attempt.userId } })
      if (user.status === 'suspended') throw new AppError('account_suspended')
      return enter(user, origin)
    },
  }
}
