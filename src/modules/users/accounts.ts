import type { AuditLog } from '../../platform/audit'
import type { Config } from '../../config'
import {
  uniqueViolation,
  type AccountStatus,
  type Database,
  type DatabaseClient,
} from '../../platform/database'
import { AppError } from '../../platform/errors'
import { invalidFields } from '../../platform/http/problem'
import { fetchPage, type List, type PageQuery } from '../../platform/http/pagination'
import { newId } from '../../platform/ids'
import { passwordProblem, type PasswordHasher } from './passwords'
import type { AccountStatusView, ProfileChanges, RegisterInput, UserView } from './schemas'
import type { RequestOrigin } from './session-tokens'
import { toAccountStatusView, toUserView } from './user-view'

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
  /** Runs in the transaction that creates an account: what fails there undoes the registration. */
  onRegistered(userId: string, client: DatabaseClient): Promise<void>
}

/**
 * Accounts. User names and e-mail addresses are stored in lower case, so that their unique indexes know no case; the
 * user name as it was typed becomes the display name.
 */
export function createAccounts({ database, config, hasher, audit, onRegistered }: AccountsOptions): Accounts {
  async function userOf(userId: string) {
    const user = await database.user.findUnique({ where: { id: userId } })
    if (!user) throw new AppError('not_found', { message: 'The account does not exist any more' })
    return user
  }

  async function confirmPassword(passwordHash: string, password: string | undefined): Promise<void> {
    if (password === undefined) {
      throw invalidFields([
        { field: 'current_password', message: 'Is needed to change the e-mail address or the password' },
      ])
    }
    if (!(await hasher.inTurn(() => hasher.verify(passwordHash, password)))) {
      throw new AppError('invalid_credentials', { message: 'The current password is wrong' })
    }
  }

  return {
    async register({ username, email, password }, origin) {
      if (!config.SIGNUP_ENABLED) {
        throw new AppError('forbidden', {
          message: 'Registration is closed; ask the administrator for an account',
        })
      }
      refuseWeakPassword('password', password, { username, email })
      const names = { username: username.toLowerCase(), email: email.toLowerCase() }
      // Asked before the costly hash; the unique indexes decide between registrations at the same time.
      await refuseTakenNames(database, names)
      const passwordHash = await hasher.inTurn(() => hasher.hash(password))
      const id = newId()
      try {
        return await database.$transaction(async (client) => {
          await client.user.create({ data: { id, ...names, passwordHash, displayName: username } })
          await onRegistered(id, client)
          await audit.record({ action: 'user.registered', userId: id, ipAddress: origin.ipAddress }, client)
          return toUserView(await client.user.findUniqueOrThrow({ where: { id } }))
        })
      } catch (error) {
        throw nameTaken(error) ?? error
      }
    },

    profile: async (userId) => toUserView(await userOf(userId)),

    async updateProfile(userId, changes, { ipAddress }) {
      const user = await userOf(userId)
      const email = changes.email?.toLowerCase()
      const newEmail = email !== undefined && email !== user.email ? email : undefined
      if (newEmail !== undefined || changes.new_password !== undefined) {
        await confirmPassword(user.passwordHash, changes.current_password)
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
            { action, userId, ipAddress, details: { fields: changedFields(changes) } },
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

async function refuseTakenNames(
  client: DatabaseClient,
  names: { username: string; email: string },
): Promise<void> {
  const { username, email } = names
  const others = await client.user.findMany({
    where: { OR: [{ username }, { email }] },
    select: { username: true },
  })
  if (others.length === 0) return
  throw new AppError(others.some((other) => other.username === username) ? 'username_taken' : 'email_taken')
}

function nameTaken(error: unknown): AppError | null {
  const constraint = uniqueViolation(error)
  if (constraint?.includes('username')) return new AppError('username_taken', { cause: error })
  if (constraint?.includes('email')) return new AppError('email_taken', { cause: error })
  return null
}

async function revokeSessions(client: DatabaseClient, userId: string): Promise<void> {
  await client.session.updateMany({ where: { userId, revokedAt: null }, data: { revokedAt: new Date() } })
}

function changedFields(changes: ProfileChanges): string[] {
  return Object.entries(changes)
    .filter(([name, value]) => value !== undefined && name !== 'current_password')
    .map(([name]) => name)
}
