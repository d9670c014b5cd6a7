import { createHash } from 'node:crypto'
import type { Config } from '../../config'
import type { AuditLog } from '../../platform/audit'
import type { CounterStore } from '../../platform/cache'
import type { Database, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { addressKey } from '../../platform/http/address'
import { parseFields } from '../../platform/http/problem'
import { rateLimited } from '../../platform/http/rate-limit'
import { findByIdentifier } from './names'
import type { PasswordHasher } from './passwords'
import { loginSchema, type LoginInput } from './schemas'
import type { RequestOrigin } from './session-tokens'

type User = Prisma.UserGetPayload<object>

const windowMs = 15 * 60_000

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

export function createPasswordCheck({
  config,
  counters,
  hasher,
  audit,
}: PasswordCheckOptions): CheckPassword {
  const limit = config.LOGIN_ATTEMPTS_PER_15_MINUTES

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
    const resetMs = Math.max(...exceeded.map((count) => count.resetMs))
    throw rateLimited(resetMs, 'Too many wrong passwords. Wait, then try again')
  }

  return (user, account, password, origin) => {
    const accountKey = `login:account:${account}`
    const addressLimitKey = `login:${addressKey(origin.ipAddress ?? 'unknown')}`
    return hasher.inTurn(async () => {
      await takeAttempt([accountKey, addressLimitKey], user, origin)
      const matches = await hasher.verify(user?.passwordHash ?? null, password)
      if (matches)
        await Promise.all([counters.reset(accountKey), counters.add(addressLimitKey, windowMs, -1)])
      else
        await audit.record({ action: 'login.failed', userId: user?.id ?? null, ipAddress: origin.ipAddress })
      return matches
    })
  }
}

/**
 * Finds the account that a user name or e-mail address and a password belong to.
 * @throws AppError `invalid_credentials` (whether the account exists or not), `rate_limited`, `account_suspended`
 * (only to who knows the password).
 */
export type CheckCredentials = (input: LoginInput, origin: RequestOrigin) => Promise<User>

export interface CredentialCheckOptions {
  database: Database
  checkPassword: CheckPassword
  hasher: PasswordHasher
  audit: AuditLog
}

export function createCredentialCheck(options: CredentialCheckOptions): CheckCredentials {
  const { database, checkPassword, hasher, audit } = options
  return async (input, origin) => {
    const { identifier, password } = parseFields(loginSchema, input)
    const user = await findByIdentifier(database, identifier)
    const account = user?.id ?? digest(identifier.trim().toLowerCase())
    if (!(await checkPassword(user, account, password, origin)) || !user) {
      throw new AppError('invalid_credentials')
    }
    if (user.status === 'suspended') throw new AppError('account_suspended')
    if (hasher.isOutdated(user.passwordHash)) {
      const passwordHash = await hasher.hash(password)
      await database.user.update({ where: { id: user.id }, data: { passwordHash } })
    }
    await audit.record({ action: 'login.succeeded', userId: user.id, ipAddress: origin.ipAddress })
    return user
  }
}

/** Keys of unknown names have one length, and what people type into the wrong field is not kept. */
function digest(name: string): string {
  return createHash('sha256').update(name).digest('base64url')
}
