import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AuditLog } from '../../platform/audit'
import { fetchPage, listSchema, pageQuerySchema, problems, requireAdmin } from '../../platform/http'

const path = '/api/admin/audit-log'

const entrySchema = z.object({
  id: z.uuid(),
  action: z.string(),
  user_id: z
    .uuid()
    .nullable()
    .describe('Whom it concerns; `details.by` names who did it, where that is another.'),
  ip_address: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  created_at: z.iso.datetime(),
})

/** The log of security events and of what administrators did. */
export function auditRoutes({ audit }: { audit: AuditLog }): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      path,
      {
        onRequest: requireAdmin,
        schema: {
          tags: ['admin'],
          security: [{ bearer: [] }],
          summary: 'The audit log, newest first',
          querystring: pageQuerySchema.extend({
            action: z.string().max(100).optional().describe('An action, or the area of some: `user.`'),
            user_id: z.uuid().optional(),
            ip_address: z.string().max(64).optional(),
            from: z.iso.datetime().optional(),
            to: z.iso.datetime().optional().describe('Exclusive.'),
          }),
          response: { 200: listSchema(entrySchema), ...problems(400, 401, 403) },
        },
      },
      ({ query: { action, user_id: userId, ip_address: ipAddress, from, to, ...query } }) =>
        fetchPage({
          url: path,
          query,
          find: (page) => audit.find({ action, userId, ipAddress, from, to }, page),
          toItem: (entry) => ({
            ...{ id: entry.id, action: entry.action, user_id: entry.userId, ip_address: entry.ipAddress },
            details: entry.details as Record<string, unknown>,
            created_at: entry.createdAt.toISOString(),
          }),
        }),
    )
  }
}
