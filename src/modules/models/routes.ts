import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { listSchema } from '../../platform/http'
import type { ModelsModule } from './index'
import { capabilityDescriptionSchema } from './schemas'

/** `GET /api/audio/capabilities`: public, because forms and clients are built from it. */
export function modelRoutes(models: Pick<ModelsModule, 'describe'>): FastifyPluginAsyncZod {
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
  }
}
