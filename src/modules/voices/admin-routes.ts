import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listSchema, pageQuerySchema, problems, requireAdmin } from '../../platform/http'
import { callerOf } from './routes'
import { adminVoiceSchema, voiceStatusSchema, voiceViewSchema } from './schemas'
import type { VoiceService } from './service'

const tags = ['admin']
const security = [{ bearer: [] }]
const params = z.object({ id: z.uuid() })

/** Routes under `/api/admin/voices`: moderation of samples. */
export function voiceAdminRoutes(service: VoiceService): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireAdmin)

    app.get(
      '/api/admin/voices',
      {
        schema: {
          tags,
          security,
          summary: 'Voices of all libraries, newest first',
          querystring: pageQuerySchema.extend({ status: voiceStatusSchema.optional() }),
          response: { 200: listSchema(adminVoiceSchema), ...problems(400, 401, 403) },
        },
      },
      (request) => service.listForAdmin(request.query),
    )

    app.post(
      '/api/admin/voices/:id/approve',
      {
        schema: {
          tags,
          security,
          summary: 'Let a voice be used',
          params,
          response: { 200: voiceViewSchema, ...problems(401, 403, 404, 409) },
        },
      },
      (request) => service.moderate(callerOf(request), request.params.id, { approve: true }),
    )

    app.post(
      '/api/admin/voices/:id/reject',
      {
        schema: {
          tags,
          security,
          summary: 'Refuse a voice, with a reason for its owner',
          params,
          body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
          response: { 200: voiceViewSchema, ...problems(400, 401, 403, 404, 409) },
        },
      },
      (request) => service.moderate(callerOf(request), request.params.id, request.body),
    )
  }
}
