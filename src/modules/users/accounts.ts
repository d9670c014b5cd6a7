import type { AuditLog } from '../../platform/audit'
import type { Config } from '../../config'
import type { AccountStatus, Database, DatabaseClient, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { addressKey } from '../../platform/http/address'
import { invalidFields, parseFields } from '../../platform/http/problem'
import { fetchPage, type List, type PageQuery } from '../../platform/http/pagination'
import { newId } from '../../platform/ids'
import type { Notifier } from '../notifications'
import { nameTaken, refuseTakenNames } from './names'
import type { EmailAddresses } from './email-addresses'
import type { CheckPassword } from './login'
import type { RefuseWeakPassword } from './password-policy'
import type { PasswordHasher } from './passwords'
import {
  profileChangesSchema,
  registerSchema,
  type AccountStatusView,
  type ProfileChanges,
  type RegisterInput,
  type UserView,
} from './schemas'
import { revokeSessions, type RequestOrigin } from './session-tokens'
import { toAccountStatusView, toUserView } from './user-view'

type User = Prisma.UserGetPayload<object>

export interface Accounts {
  /** @throws AppError `forbidden`, `username_taken`, `email_taken`, `validation_failed`. */
  register(input: RegisterInput, origin: RequestOrigin): Promise<UserView>
  /** @throws AppError `not_found`. */
  profile(userId: string): Promise<UserView>
  /**
   * Changes the fields given. A new password ends all sessions of the account, a new one has to be started. Another
   * e-mail address counts once the link that is sent there was used.
   * @throws AppError `invalid_credentials`, `email_taken`, `validation_failed`.
   */
  updateProfile(userId: string, changes: ProfileChanges, origin: RequestOrigin): Promise<UserView>
  /** @throws AppError `not_found`. */
  accountStatus(userId: string): Promise<AccountStatusView>
  /** All accounts, newest first. */
  list(query: PageQuery): Promise<List<UserView>>
  /** Suspends an account, ending its sessions, or reinstates it. @throws AppError `not_found`. */
  setStatus(
    userId: string,
    status: AccountStatus,
    by: { userId: string; ipAddress: string | null },
  ): Promise<UserView>
}

export interface AccountsOptions {
  database: Database
  config: Pick<Config, 'SIGNUP_ENABLED'>
  hasher: PasswordHasher
  audit: AuditLog
  checkPassword: CheckPassword
  refuseWeakPassword: RefuseWeakPassword
  emailAddresses: EmailAddresses
  notifier: Notifier
  /** Runs in the transaction that creates an account: what fails there undoes the registration. */
  onRegistered(userId: string, client: DatabaseClient): Promise<void>
}

/** Accounts. User names and e-mail addresses are kept as they were typed, and are unique in whatever case. */
export function createAccounts({
  database,
  config,
  hasher,
  audit,
  checkPassword,
  refuseWeakPassword,
  emailAddresses,
  notifier,
  onRegistered,
}: AccountsOptions): Accounts {
  async function userOf(userId: string) {
    const user = await database.user.findUnique({ where: { id: userId } })
    if (!user) throw new AppError('not_found', { message: 'The account does not exist any more' })
    return user
  }

  async function confirmPassword(
    user: User,
    password: string | undefined,
    origin: RequestOrigin,
  ): Promise<void> {
    if (password === undefined) {
      throw invalidFields([
        { field: 'current_password', message: 'Is needed to change the e-mail address or the password' },
      ])
    }
    if (!(await checkPassword(user, user.id, password, origin))) {
      throw new AppError('invalid_credentials', { message: 'The current password is wrong' })
    }
  }

  async function changePassword(
    user: User,
    newPassword: string,
    { ipAddress }: RequestOrigin,
  ): Promise<void> {
    await refuseWeakPassword('new_password', newPassword, user)
    const passwordHash = await hasher.inTurn(partyOf({ ipAddress }), () => hasher.hash(newPassword))
    await database.$transaction(async (client) => {
      const { updatedAt } = await client.user.update({ where: { id: user.id }, data: { passwordHash } })
      await revokeSessions(client, user.id)
      await audit.record({ action: 'user.password_changed', userId: user.id, ipAddress }, client)
      await notifier.notify(
        {
          userId: user.id,
          event: 'account.security',
          data: {
            title: 'Your password was changed',
            message: 'All sessions were ended.',
            ip_address: ipAddress,
          },
          idempotencyKey: `password-changed:${user.id}:${updatedAt.getTime()}`,
        },
        client,
      )
    })
  }

  return {
    async register(input, origin) {
      if (!config.SIGNUP_ENABLED) {
        throw new AppError('forbidden', {
          message: 'Registration is closed; ask the administrator for an account',
        })
      }
      // Routes have done so already; the web UI hands over what was typed.
      const { username, email, password } = parseFields(registerSchema, input)
      await refuseWeakPassword('password', password, { username, email })
      // Asked before the costly hash; the unique indexes decide between registrations at the same time.
      await refuseTakenNames(database, { username, email })
      const passwordHash = await hasher.inTurn(partyOf(origin), () => hasher.hash(password))
      const id = newId()
      try {
        return await database.$transaction(async (client) => {
          await client.user.create({ data: { id, username, email, passwordHash } })
          await onRegistered(id, client)
          await audit.record({ action: 'user.registered', userId: id, ipAddress: origin.ipAddress }, client)
          const user = await client.user.findUniqueOrThrow({ where: { id } })
          await emailAddresses.sendVerification(user, client)
          return toUserView(user)
        })
      } catch (error) {
        throw nameTaken(error) ?? error
      }
    },

    profile: async (userId) => toUserView(await userOf(userId)),

    async updateProfile(userId, input, origin) {
      const changes = parseFields(profileChangesSchema, input)
      const user = await userOf(userId)
      const newEmail = changes.email === user.email ? undefined : changes.email
      if (newEmail !== undefined || changes.new_password !== undefined) {
        await confirmPassword(user, changes.current_password, origin)
      }
      if (newEmail !== undefined) await emailAddresses.requestChange(user, newEmail, origin)
      const { new_password: newPassword } = changes
      if (newPassword !== undefined) await changePassword(user, newPassword, origin)
      if (changes.display_name === undefined) return toUserView(await userOf(userId))
      return database.$transaction(async (client) => {
        await audit.record(
          {
            action: 'user.profile_changed',
            userId,
            ipAddress: origin.ipAddress,
            details: { fields: ['display_name'] },
          },
          client,
        )
        const data = { displayName: changes.display_name! }
        return toUserView(await client.user.update({ where: { id: userId }, data }))
      })
    },

    accountStatus: async (userId) => toAccountStatusView(await userOf(userId)),

    list: (query) =>
      fetchPage({
        url: '/api/users',
        query,
        find: (page) =>
          database.user.findMany({ ...page, where: { erasedAt: null }, orderBy: { id: 'desc' } }),
        toItem: toUserView,
      }),

    async setStatus(userId, status, by) {
      await userOf(userId)
      return database.$transaction(async (client) => {
        const user = await client.user.update({ where: { id: userId }, data: { status } })
        if (status === 'suspended') await revokeSessions(client, userId)
        await audit.record(
          {
            action: 'user.status_changed',
            userId,
            ipAddress: by.ipAddress,
            details: { status, by: by.userId },
          },
          client,
        )
        return toUserView(user)
      })
    },
  }
}

/** Whose turn it is to have a password hashed. */
function partyOf({ ipAddress }: Pick<RequestOrigin, 'ipAddress'>): string {
  return addressKey(ipAddress ?? 'unknown')
}
