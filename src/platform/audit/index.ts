import type { AuditEntryModel, Database, DatabaseClient, Prisma } from '../database'
import { newId } from '../ids'

/** Security events that are recorded; a name is never reused for another meaning. */
export type AuditAction =
  | 'user.registered'
  | 'user.profile_changed'
  | 'user.password_changed'
  | 'user.email_changed'
  | 'user.email_verified'
  | 'user.email_change_requested'
  | 'user.password_reset'
  | 'user.mfa_enabled'
  | 'user.mfa_disabled'
  | 'user.recovery_codes_made'
  | 'user.recovery_code_used'
  | 'user.deletion_requested'
  | 'user.deletion_canceled'
  | 'user.erased'
  | 'user.exported'
  | 'user.status_changed'
  | 'user.admin_created'
  | 'login.succeeded'
  | 'login.failed'
  | 'login.limited'
  | 'session.reuse_detected'
  | 'session.ended'
  | 'model.changed'
  | 'model.added'
  | 'model.removed'
  | 'model.verified'
  | 'model.pull_started'
  | 'model.pull_canceled'
  | 'voice.consent_given'
  | 'voice.withdrawn'
  | 'voice.approved'
  | 'voice.rejected'
  | 'user.administered'
  | 'user.minutes_granted'
  | 'user.minutes_taken'
  | 'queue.paused'
  | 'queue.resumed'
  | 'queue.retried'
  | 'job.retried'
  | 'mailbox.read'
  | 'revenue.exported'
  | 'subscription.ended'
  | 'subscription.resumed'
  | 'key.created'
  | 'key.changed'
  | 'key.rotated'
  | 'key.revoked'
  | 'oauth.client_registered'
  | 'oauth.client_removed'
  | 'oauth.granted'
  | 'oauth.withdrawn'
  | 'oauth.reuse_detected'
  | 'plan.created'
  | 'plan.changed'
  | 'plan.superseded'
  | 'plan.removed'

export interface AuditEvent {
  action: AuditAction
  /** Whom the event concerns; null where no account is known. */
  userId: string | null
  ipAddress: string | null
  /** Facts without secrets. */
  details?: Prisma.InputJsonObject
}

export interface AuditLog {
  /** Appends an event; within `client`'s transaction when one is given, so that both happen or neither. */
  record(event: AuditEvent, client?: DatabaseClient): Promise<void>
  /** Of somebody who is no more, what happened is kept, but not from where. */
  forget(userId: string, client?: DatabaseClient): Promise<void>
  /** One page of entries, newest first. `action` ending in a dot: all of its area. Times are ISO 8601, `to` exclusive. */
  find(filter: AuditFilter, page: PageArguments): Promise<AuditEntryModel[]>
}

export interface AuditFilter {
  action?: string | undefined
  userId?: string | undefined
  ipAddress?: string | undefined
  from?: string | undefined
  to?: string | undefined
}

interface PageArguments {
  take: number
  skip?: number
  cursor?: { id: string }
}

/** The append-only log of security events (table `audit_log`). */
export function createAuditLog({ database }: { database: Database }): AuditLog {
  return {
    async record(event, client = database) {
      await client.auditEntry.create({
        data: {
          id: newId(),
          userId: event.userId,
          action: event.action,
          ipAddress: event.ipAddress,
          details: event.details ?? {},
        },
      })
    },
    async forget(userId, client = database) {
      await client.auditEntry.updateMany({ where: { userId }, data: { ipAddress: null } })
    },
    find: ({ action, userId, ipAddress, from, to }, page) =>
      database.auditEntry.findMany({
        ...page,
        where: {
          ...(action ? { action: action.endsWith('.') ? { startsWith: action } : action } : {}),
          ...(userId ? { userId } : {}),
          ...(ipAddress ? { ipAddress } : {}),
          createdAt: { ...(from ? { gte: new Date(from) } : {}), ...(to ? { lt: new Date(to) } : {}) },
        },
        orderBy: { id: 'desc' },
      }),
  }
}
