import type { AuditLog } from '../../platform/audit'
import type { CounterStore } from '../../platform/cache'
import type { Database, DatabaseClient, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { rateLimited } from '../../platform/http/rate-limit'
import type { Notifier } from '../notifications'
import { tokenLifetimesMs, type AccountTokens } from './account-tokens'
import { findByIdentifier, nameTaken } from './names'
import type { UserView } from './schemas'
import type { RequestOrigin } from './session-tokens'
import { toUserView } from './user-view'

type User = Prisma.UserGetPayload<object>

const hourMs = 3_600_000
const maxMailsPerHour = 5

/** Whether an address is its account's own, and the change to another one. */
export interface EmailAddresses {
  /** Sends the link that proves the address of a new account. */
  sendVerification(user: User, client: DatabaseClient): Promise<void>
  /** Sends it once more. @throws AppError `conflict` where it is proved already, `rate_limited`. */
  resendVerification(user: User): Promise<void>
  /** Sends a link to the new address, and word of it to the old one. @throws AppError `email_taken`, `rate_limited`. */
  requestChange(user: User, email: string, origin: RequestOrigin): Promise<void>
  /** What a link of either kind does. @throws AppError `link_invalid`, `email_taken`. */
  confirm(token: string, origin: RequestOrigin): Promise<UserView>
}

export interface EmailAddressesOptions {
  database: Database
  counters: CounterStore
  tokens: AccountTokens
  notifier: Notifier
  audit: AuditLog
  publicUrl: string
  /** Runs in the transaction in which an account's address is proved for the first time. */
  onVerified(userId: string, client: DatabaseClient): Promise<void>
  now: () => number
}

export function createEmailAddresses(options: EmailAddressesOptions): EmailAddresses {
  const { database, counters, tokens, notifier, audit, publicUrl, now } = options
  const linkTo = (token: string) => `${publicUrl}/verify-email?token=${token}`
  const minutesOf = (kind: keyof typeof tokenLifetimesMs) => tokenLifetimesMs[kind] / 60_000

  /** Nobody's mailbox is flooded in our name. */
  async function limitMails(userId: string): Promise<void> {
    const { count, resetMs } = await counters.add(`mails:${userId}`, hourMs)
    if (count > maxMailsPerHour)
      throw rateLimited(resetMs, 'Enough e-mails were sent. Look for them, or wait')
  }

  async function sendVerification(user: User, client: DatabaseClient): Promise<void> {
    const { id, token } = await tokens.issue(client, {
      kind: 'verify_email',
      userId: user.id,
      email: user.email,
    })
    await notifier.notify(
      {
        userId: user.id,
        event: 'account.verify_email',
        data: { link: linkTo(token), expires_minutes: minutesOf('verify_email') },
        idempotencyKey: `account-token:${id}`,
      },
      client,
    )
  }

  async function markVerified(client: DatabaseClient, userId: string, ipAddress: string | null) {
    await client.user.update({ where: { id: userId }, data: { emailVerifiedAt: new Date(now()) } })
    await options.onVerified(userId, client)
    await audit.record({ action: 'user.email_verified', userId, ipAddress }, client)
  }

  async function change(client: DatabaseClient, user: User, email: string, origin: RequestOrigin) {
    await client.user.update({ where: { id: user.id }, data: { email } })
    await tokens.withdraw(client, user.id, ['verify_email', 'email_change', 'password_reset'])
    await audit.record({ action: 'user.email_changed', userId: user.id, ipAddress: origin.ipAddress }, client)
    await notifier.notify(
      {
        userId: user.id,
        event: 'account.security',
        to: user.email,
        data: {
          title: 'The e-mail address of your account was changed',
          message: 'Mail goes to the new address from now on; this is the last one to the old address.',
          ip_address: origin.ipAddress,
        },
        idempotencyKey: `email-changed:${user.id}:${now()}`,
      },
      client,
    )
  }

  return {
    sendVerification,
    async resendVerification(user) {
      if (user.emailVerifiedAt) {
        throw new AppError('conflict', { message: 'The e-mail address is confirmed already' })
      }
      await limitMails(user.id)
      await database.$transaction((client) => sendVerification(user, client))
    },

    async requestChange(user, email, origin) {
      const holder = await findByIdentifier(database, email)
      if (holder && holder.id !== user.id) throw new AppError('email_taken')
      await limitMails(user.id)
      await database.$transaction(async (client) => {
        await tokens.withdraw(client, user.id, ['email_change'])
        const { id, token } = await tokens.issue(client, { kind: 'email_change', userId: user.id, email })
        await notifier.notify(
          {
            userId: user.id,
            event: 'account.email_change',
            to: email,
            data: { link: linkTo(token), new_email: email, expires_minutes: minutesOf('email_change') },
            idempotencyKey: `account-token:${id}`,
          },
          client,
        )
        await notifier.notify(
          {
            userId: user.id,
            event: 'account.security',
            to: user.email,
            data: {
              title: 'Another e-mail address was asked for',
              message: `Your account is to be reached at ${email}, once that address is confirmed.`,
              ip_address: origin.ipAddress,
            },
            idempotencyKey: `email-change-asked:${id}`,
          },
          client,
        )
        await audit.record(
          { action: 'user.email_change_requested', userId: user.id, ipAddress: origin.ipAddress },
          client,
        )
      })
    },

    async confirm(token, origin) {
      try {
        return await database.$transaction(async (client) => {
          const { kind, userId, email } = await tokens.take(client, token, ['verify_email', 'email_change'])
          const user = await client.user.findUniqueOrThrow({ where: { id: userId } })
          if (kind === 'email_change') await change(client, user, email!, origin)
          else if (user.email !== email) throw new AppError('link_invalid')
          await markVerified(client, userId, origin.ipAddress)
          return toUserView(await client.user.findUniqueOrThrow({ where: { id: userId } }))
        })
      } catch (error) {
        throw nameTaken(error) ?? error
      }
    },
  }
}
