import type { AuditLog } from '../../platform/audit'
import type { CounterStore } from '../../platform/cache'
import type { Database, DatabaseClient } from '../../platform/database'
import { addressKey } from '../../platform/http/address'
import { rateLimited } from '../../platform/http/rate-limit'
import type { Logger } from '../../platform/logger'
import type { Notifier } from '../notifications'
import { tokenLifetimesMs, type AccountTokens } from './account-tokens'
import { findByIdentifier } from './names'
import type { RefuseWeakPassword } from './password-policy'
import type { PasswordHasher } from './passwords'
import { digestOfName, revokeSessions, type RequestOrigin } from './session-tokens'

const hourMs = 3_600_000
const maxPerName = 3
const maxPerAddress = 20

export interface PasswordReset {
  /**
   * Sends a link where the address belongs to an account. Whether it does shows neither in the answer nor in its time:
   * the work is done behind it.
   * @throws AppError `rate_limited`, for unknown addresses as well.
   */
  request(email: string, origin: RequestOrigin): Promise<void>
  /**
   * Sets a new password and ends all sessions. @returns whose it was.
   * @throws AppError `link_invalid`, `validation_failed`.
   */
  reset(token: string, newPassword: string, origin: RequestOrigin): Promise<string>
}

export interface PasswordResetOptions {
  database: Database
  counters: CounterStore
  tokens: AccountTokens
  notifier: Notifier
  audit: AuditLog
  hasher: PasswordHasher
  refuseWeakPassword: RefuseWeakPassword
  logger: Pick<Logger, 'warn'>
  publicUrl: string
  /** The link came to the account's address, so that is proved as well. */
  onVerified(userId: string, client: DatabaseClient): Promise<void>
  now: () => number
}

export function createPasswordReset(options: PasswordResetOptions): PasswordReset {
  const { database, counters, tokens, notifier, audit, hasher, refuseWeakPassword, logger, now } = options

  async function takeRequest(email: string, origin: RequestOrigin): Promise<void> {
    const limits: [key: string, limit: number][] = [
      [`reset:${addressKey(origin.ipAddress ?? 'unknown')}`, maxPerAddress],
      [`reset:${digestOfName(email)}`, maxPerName],
    ]
    for (const [key, limit] of limits) {
      const { count, resetMs } = await counters.add(key, hourMs)
      if (count > limit)
        throw rateLimited(resetMs, 'A new password was asked for too often. Wait, then try again')
    }
  }

  async function sendLink(email: string): Promise<void> {
    const user = await findByIdentifier(database, email)
    if (!user || user.status === 'suspended') return
    await database.$transaction(async (client) => {
      const { id, token } = await tokens.issue(client, { kind: 'password_reset', userId: user.id })
      await notifier.notify(
        {
          userId: user.id,
          event: 'account.password_reset',
          data: {
            link: `${options.publicUrl}/reset-password?token=${token}`,
            expires_minutes: tokenLifetimesMs.password_reset / 60_000,
          },
          idempotencyKey: `account-token:${id}`,
        },
        client,
      )
    })
  }

  return {
    async request(email, origin) {
      await takeRequest(email, origin)
      sendLink(email).catch((error: unknown) => logger.warn({ err: error }, 'password reset not sent'))
    },

    async reset(token, newPassword, origin) {
      // Looked at before the password is judged and hashed; used up only together with what it is for.
      const { userId } = await tokens.find(database, token, ['password_reset'])
      const user = await database.user.findUniqueOrThrow({ where: { id: userId } })
      await refuseWeakPassword('new_password', newPassword, user)
      const passwordHash = await hasher.inTurn(addressKey(origin.ipAddress ?? 'unknown'), () =>
        hasher.hash(newPassword),
      )
      await database.$transaction(async (client) => {
        await tokens.take(client, token, ['password_reset'])
        await tokens.withdraw(client, userId, ['password_reset', 'login_challenge'])
        const firstProof = user.emailVerifiedAt === null
        await client.user.update({
          where: { id: userId },
          data: { passwordHash, ...(firstProof ? { emailVerifiedAt: new Date(now()) } : {}) },
        })
        if (firstProof) await options.onVerified(userId, client)
        await revokeSessions(client, userId)
        await audit.record({ action: 'user.password_reset', userId, ipAddress: origin.ipAddress }, client)
        await notifier.notify(
          {
            userId,
            event: 'account.security',
            data: {
              title: 'Your password was changed',
              message: 'A link to this address was used. All sessions were ended.',
              ip_address: origin.ipAddress,
            },
            idempotencyKey: `password-reset:${userId}:${now()}`,
          },
          client,
        )
      })
      return userId
    },
  }
}
