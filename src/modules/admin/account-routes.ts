import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AuditLog } from '../../platform/audit'
import type { Database } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { listSchema, pageQuerySchema, problems, requireAdmin } from '../../platform/http'
import { newId } from '../../platform/ids'
import type { BillingModule } from '../billing'
import type { UsersModule } from '../users'
import { administratorOf } from './administrator'

const tags = ['admin']
const security = [{ bearer: [] }]
const path = '/api/admin/users'
const params = z.object({ id: z.uuid() })
const roleSchema = z.enum(['user', 'admin'])
const statusSchema = z.enum(['active', 'suspended'])
const reasonSchema = z.string().trim().min(1).max(500).describe('For the ledger and the audit log.')

const accountSchema = z.object({
  id: z.uuid(),
  username: z.string(),
  display_name: z.string(),
  email: z.string(),
  email_verified: z.boolean(),
  role: roleSchema,
  status: statusSchema,
  paid: z.boolean(),
  seconds_remaining: z.int(),
  created_at: z.iso.datetime(),
})

const maxMinutes = 1_000_000

export interface AccountRoutesOptions {
  database: Database
  users: UsersModule
  billing: Pick<BillingModule, 'ledger'>
  audit: AuditLog
}

/** Routes under `/api/admin/users`. */
export function accountRoutes({
  database,
  users,
  billing,
  audit,
}: AccountRoutesOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireAdmin)

    app.get(
      path,
      {
        schema: {
          tags,
          security,
          summary: 'Accounts, newest first',
          querystring: pageQuerySchema.extend({
            search: z
              .string()
              .trim()
              .min(1)
              .max(200)
              .optional()
              .describe('In user name, e-mail address or display name.'),
            role: roleSchema.optional(),
            status: statusSchema.optional(),
          }),
          response: { 200: listSchema(accountSchema), ...problems(400, 401, 403) },
        },
      },
      (request) => users.searchAccounts(request.query),
    )

    app.get(
      `${path}/:id`,
      {
        schema: {
          tags,
          security,
          summary: 'An account',
          params,
          response: { 200: accountSchema, ...problems(401, 403, 404) },
        },
      },
      (request) => users.managedAccount(request.params.id),
    )

    app.patch(
      `${path}/:id`,
      {
        schema: {
          tags,
          security,
          summary: 'Change an account, its role or its standing',
          description: 'Only the fields given are changed. A new role or a suspension ends the sessions.',
          params,
          body: z.strictObject({
            email: z.email().max(254).optional(),
            display_name: z.string().trim().min(1).max(100).optional(),
            role: roleSchema.optional(),
            status: statusSchema.optional(),
          }),
          response: { 200: accountSchema, ...problems(400, 401, 403, 404, 409) },
        },
      },
      async (request) => {
        const { id } = request.params
        const { status, ...changes } = request.body
        const by = administratorOf(request)
        const { status: before } = await users.managedAccount(id)
        if (status === 'suspended' && id === by.userId) {
          throw new AppError('conflict', { message: 'Nobody suspends themselves.' })
        }
        if (Object.keys(changes).length > 0) await users.changeAccount(id, changes, by)
        if (status !== undefined && status !== before) await users.setStatus(id, status, by)
        return users.managedAccount(id)
      },
    )

    app.post(
      `${path}/:id/minutes`,
      {
        config: { idempotent: true },
        schema: {
          tags,
          security,
          summary: 'Grant or take minutes',
          description: 'Takes no more than there is; `seconds` of the answer says how much was moved.',
          params,
          body: z.strictObject({
            minutes: z
              .number()
              .min(-maxMinutes)
              .max(maxMinutes)
              .refine((minutes) => Math.round(minutes * 60) !== 0, 'Must be a second at least')
              .describe('Above zero: granted; below: taken. Rounded to seconds.'),
            reason: reasonSchema,
          }),
          response: {
            200: z.object({ seconds: z.int(), account: accountSchema }),
            ...problems(400, 401, 403, 404, 409, 422),
          },
        },
      },
      async (request) => {
        const { id: userId } = request.params
        const { minutes, reason } = request.body
        const by = administratorOf(request)
        await users.managedAccount(userId)
        const seconds = await database.$transaction(async (client) => {
          const wanted = Math.round(minutes * 60)
          const idempotencyKey = `admin:${newId()}`
          const entry = { userId, kind: 'grant' as const, idempotencyKey, note: reason, actorId: by.userId }
          let moved = wanted
          if (wanted > 0) await billing.ledger.credit({ ...entry, seconds: wanted }, client)
          else {
            const taken = { ...entry, kind: 'refund' as const, seconds: -wanted }
            moved = -(await billing.ledger.takeBack(taken, client)).takenSeconds
          }
          await audit.record(
            {
              action: wanted > 0 ? 'user.minutes_granted' : 'user.minutes_taken',
              userId,
              ipAddress: by.ipAddress,
              details: { by: by.userId, seconds: moved, reason },
            },
            client,
          )
          return moved
        })
        return { seconds, account: await users.managedAccount(userId) }
      },
    )
  }
}
