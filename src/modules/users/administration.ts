import type { AuditLog } from '../../platform/audit'
import type { Database, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { fetchPage, type List, type PageQuery } from '../../platform/http/pagination'
import { nameTaken } from './names'

/** Who does it, for the audit log. */
export interface AdministratorOrigin {
  userId: string
  ipAddress: string | null
}

export interface ManagedAccount {
  id: string
  username: string
  display_name: string
  email: string
  email_verified: boolean
  role: 'user' | 'admin'
  status: 'active' | 'suspended'
  paid: boolean
  seconds_remaining: number
  created_at: string
}

export interface AccountQuery extends PageQuery {
  /** In user name, e-mail address or display name. */
  search?: string | undefined
  role?: 'user' | 'admin' | undefined
  status?: 'active' | 'suspended' | undefined
}

export interface AccountChanges {
  email?: string | undefined
  display_name?: string | undefined
  role?: 'user' | 'admin' | undefined
}

export interface Administration {
  /** Accounts, newest first. */
  searchAccounts(query: AccountQuery): Promise<List<ManagedAccount>>
  /** @throws AppError `not_found`. */
  managedAccount(userId: string): Promise<ManagedAccount>
  /**
   * Changes an account on behalf of an administrator. A new role ends its sessions, which carry the old one.
   * @throws AppError `not_found`, `email_taken`, `conflict` for one's own role.
   */
  changeAccount(userId: string, changes: AccountChanges, by: AdministratorOrigin): Promise<ManagedAccount>
}

/** What administrators do with accounts. */
export function createAdministration({
  database,
  audit,
  onSessionsEnded,
}: {
  database: Database
  audit: AuditLog
  /** `sessionIds`: of which access tokens may still be about. */
  onSessionsEnded(userId: string, sessionIds: readonly string[]): void
}): Administration {
  async function managedAccount(userId: string): Promise<ManagedAccount> {
    const user = await database.user.findUnique({ where: { id: userId, erasedAt: null } })
    if (!user) throw new AppError('not_found', { message: 'There is no such account.' })
    return view(user)
  }

  return {
    managedAccount,
    searchAccounts: ({ search, role, status, ...query }) =>
      fetchPage({
        url: '/api/admin/users',
        query,
        find: (page) =>
          database.user.findMany({
            ...page,
            where: {
              ...{ erasedAt: null, ...(role ? { role } : {}), ...(status ? { status } : {}) },
              ...(search ? { OR: fieldsWith(search) } : {}),
            },
            orderBy: { id: 'desc' },
          }),
        toItem: view,
      }),
    async changeAccount(userId, { email, display_name: displayName, role }, by) {
      const before = await managedAccount(userId)
      const newRole = role !== undefined && role !== before.role
      if (newRole && userId === by.userId) {
        throw new AppError('conflict', {
          message: 'Nobody changes their own role: ask another administrator.',
        })
      }
      const newEmail = email !== undefined && email !== before.email
      let ended: { familyId: string }[] = []
      try {
        await database.$transaction(async (client) => {
          await client.user.update({
            where: { id: userId },
            data: {
              ...{ displayName, role },
              // Nobody has shown yet that the new address is theirs.
              ...(newEmail ? { email, emailVerifiedAt: null } : {}),
            },
          })
          if (newRole) {
            ended = await client.session.updateManyAndReturn({
              where: { userId, revokedAt: null },
              data: { revokedAt: new Date() },
              select: { familyId: true },
            })
          }
          const details = {
            by: by.userId,
            ...(newRole ? { role, former_role: before.role } : {}),
            ...(newEmail ? { email, former_email: before.email } : {}),
            ...(displayName === undefined ? {} : { display_name: displayName }),
          }
          await audit.record(
            { action: 'user.administered', userId, ipAddress: by.ipAddress, details },
            client,
          )
        })
      } catch (error) {
        throw nameTaken(error) ?? error
      }
      if (newRole) {
        onSessionsEnded(
          userId,
          ended.map(({ familyId }) => familyId),
        )
      }
      return managedAccount(userId)
    },
  }
}

const fieldsWith = (search: string): Prisma.UserWhereInput[] =>
  (['username', 'email', 'displayName'] as const).map((field) => ({
    [field]: { contains: search, mode: 'insensitive' },
  }))

function view(user: Prisma.UserGetPayload<object>): ManagedAccount {
  return {
    id: user.id,
    username: user.username,
    display_name: user.displayName ?? user.username,
    email: user.email,
    email_verified: user.emailVerifiedAt !== null,
    role: user.role,
    status: user.status,
    paid: user.paid,
    seconds_remaining: user.secondsRemaining,
    created_at: user.createdAt.toISOString(),
  }
}
