import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { listSchema, problems } from '../../platform/http'
import { modelAdminRoutes } from './admin-routes'
import type { ModelsModule } from './index'
import { capabilityDescriptionSchema, estimateRequestSchema, estimateSchema } from './schemas'

/** What is offered and what it costs: public, because forms and clients are built from it; and the admin's side. */
export function modelRoutes(
  models: Pick<ModelsModule, 'describe' | 'estimate' | 'admin'>,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/audio/capabilities',
      {
        schema: {
          tags: ['audio'],
          summary: 'Every capability with its models, parameters and limits',
          response: { 200: listSchema(capabilityDescriptionSchema) },
        },
      },
      async () => ({
        object: 'list' as const,
        url: '/api/audio/capabilities',
        has_more: false,
        data: models.describe(),
      }),
    )

    app.post(
      '/api/audio/estimate',
      {
        schema: {
          tags: ['audio'],
          summary: 'What a job would cost and how long it would work',
          body: estimateRequestSchema,
          response: { 200: estimateSchema, ...problems(400, 404, 422) },
        },
      },
      (request) => models.estimate(request.body),
    )

    await app.register(modelAdminRoutes(models.admin))
  }
}
