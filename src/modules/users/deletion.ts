import type { AuditLog } from '../../platform/audit'
import type { Database, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import type { Notifier } from '../notifications'
import { revokeSessions, type RequestOrigin } from './session-tokens'

type User = Prisma.UserGetPayload<object>

/** How long a deleted account can still be had back. */
export const graceMs = 30 * 24 * 3_600_000

/** What happens between the wish to have an account deleted and its end, which `createPersonalDataModule` makes. */
export interface Deletion {
  /** Ends all sessions at once. @returns when the account is erased. @throws AppError `conflict` for the last administrator. */
  request(user: User, origin: RequestOrigin): Promise<Date>
  /** A log-in says that the account is wanted. */
  cancel(user: User, origin: RequestOrigin): Promise<void>
}

export interface DeletionOptions {
  database: Database
  audit: AuditLog
  notifier: Notifier
  beforeDeletion?: ((userId: string, ipAddress: string | null) => Promise<void>) | undefined
  now: () => number
}

export function createDeletion({
  database,
  audit,
  notifier,
  beforeDeletion,
  now,
}: DeletionOptions): Deletion {
  return {
    async request(user, { ipAddress }) {
      await beforeDeletion?.(user.id, ipAddress)
      const deleteAfter = new Date(now() + graceMs)
      await database.$transaction(async (client) => {
        if (user.role === 'admin') {
          const others = await client.user.count({
            where: { role: 'admin', status: 'active', deleteAfter: null, id: { not: user.id } },
          })
          if (others === 0) {
            throw new AppError('conflict', {
              message: 'This is the last administrator. Make another one before you delete this account',
            })
          }
        }
        await client.user.update({ where: { id: user.id }, data: { deleteAfter } })
        await revokeSessions(client, user.id)
        await audit.record({ action: 'user.deletion_requested', userId: user.id, ipAddress }, client)
        await notifier.notify(
          {
            userId: user.id,
            event: 'account.deletion',
            data: { delete_at: deleteAfter.toISOString().slice(0, 10) },
            idempotencyKey: `deletion:${user.id}:${deleteAfter.getTime()}`,
          },
          client,
        )
      })
      return deleteAfter
    },
    async cancel(user, { ipAddress }) {
      await database.$transaction(async (client) => {
        const { count } = await client.user.updateMany({
          where: { id: user.id, deleteAfter: { not: null }, erasedAt: null },
          data: { deleteAfter: null },
        })
        if (count === 0) return
        await audit.record({ action: 'user.deletion_canceled', userId: user.id, ipAddress }, client)
        await notifier.notify(
          {
            userId: user.id,
            event: 'account.security',
            data: {
              title: 'Your account stays',
              message: 'It was to be deleted; a log-in has put that off.',
              ip_address: ipAddress,
            },
            idempotencyKey: `deletion-canceled:${user.id}:${now()}`,
          },
          client,
        )
      })
    },
  }
}
