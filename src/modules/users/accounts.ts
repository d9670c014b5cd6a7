import type { AuditLog } from '../../platform/audit'
import type { Config } from '../../config'
import type { AccountStatus, Database, DatabaseClient, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { invalidFields, parseFields } from '../../platform/http/problem'
import { fetchPage, type List, type PageQuery } from '../../platform/http/pagination'
import { newId } from '../../platform/ids'
import { nameTaken, refuseTakenNames } from './names'
import { passwordProblem, type PasswordHasher } from './passwords'
import type { CheckPassword } from './login'
import {
  profileChangesSchema,
  registerSchema,
  type AccountStatusView,
  type ProfileChanges,
  type RegisterInput,
  type UserView,
} from './schemas'
import type { RequestOrigin } from './session-tokens'
import { toAccountStatusView, toUserView } from './user-view'

type User = Prisma.UserGetPayload<object>

export interface Accounts {
  /** @throws AppError `forbidden`, `username_taken`, `email_taken`, `validation_failed`. */
  register(input: RegisterInput, origin: RequestOrigin): Promise<UserView>
  /** @throws AppError `not_found`. */
  profile(userId: string): Promise<UserView>
  /**
   * Changes the fields given. A new password ends all sessions of the account, a new one has to be started.
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

  return {
    async register(input, origin) {
      if (!config.SIGNUP_ENABLED) {
        throw new AppError('forbidden', {
          message: 'Registration is closed; ask the administrator for an account',
        })
      }
      // Routes have done so already; the web UI hands over what was typed.
      const { username, email, password } = parseFields(registerSchema, input)
      refuseWeakPassword('password', password, { username, email })
      // Asked before the costly hash; the unique indexes decide between registrations at the same time.
      await refuseTakenNames(database, { username, email })
      const passwordHash = await hasher.inTurn(() => hasher.hash(password))
      const id = newId()
      try {
        return await database.$transaction(async (client) => {
          await client.user.create({ data: { id, username, email, passwordHash } })
          await onRegistered(id, client)
          await audit.record({ action: 'user.registered', userId: id, ipAddress: origin.ipAddress }, client)
          return toUserView(await client.user.findUniqueOrThrow({ where: { id } }))
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
      const { new_password: newPassword } = changes
      let passwordHash: string | undefined
      if (newPassword !== undefined) {
        refuseWeakPassword('new_password', newPassword, {
          username: user.username,
          email: newEmail ?? user.email,
        })
        passwordHash = await hasher.inTurn(() => hasher.hash(newPassword))
      }
      try {
        return await database.$transaction(async (client) => {
          const updated = await client.user.update({
            where: { id: userId },
            data: { displayName: changes.display_name, email: newEmail, passwordHash },
          })
          if (passwordHash) await revokeSessions(client, userId)
          const action = passwordHash
            ? 'user.password_changed'
            : newEmail
              ? 'user.email_changed'
              : 'user.profile_changed'
          await audit.record(
            { action, userId, ipAddress: origin.ipAddress, details: { fields: changedFields(changes) } },
            client,
          )
          return toUserView(updated)
        })
      } catch (error) {
        throw nameTaken(error) ?? error
      }
    },

    accountStatus: async (userId) => toAccountStatusView(await userOf(userId)),

    list: (query) =>
      fetchPage({
        url: '/api/users',
        query,
        find: (page) => database.user.findMany({ ...page, orderBy: { id: 'desc' } }),
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

function refuseWeakPassword(
  field: string,
  password: string,
  account: { username: string; email: string },
): void {
  const message = passwordProblem(password, account)
  if (message) throw invalidFields([{ field, message }])
}

async function revokeSessions(client: DatabaseClient, userId: string): Promise<void> {
  await client.session.updateMany({ where: { userId, revokedAt: null }, data: { revokedAt: new Date() } })
}

function changedFields(changes: ProfileChanges): string[] {
  return Object.entries<string | null | undefined>(changes)
    .filter(([name, value]) => value !== undefined && name !== 'current_password')
    .map(([name]) => name)
}
