import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listSchema, principalOf, problems, requireAdmin } from '../../../platform/http'
import type { PlanAdministrator, Plans } from './index'
import {
  adminPlanSchema,
  newPlanSchema,
  planChangesSchema,
  planListSchema,
  planParamsSchema,
  planQuerySchema,
} from './schemas'

/** What anybody may see. */
export function planRoutes(plans: Plans): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/payment/plans',
      {
        schema: {
          tags: ['payment'],
          security: [],
          summary: 'Plans on sale, and the ways to pay',
          querystring: planQuerySchema,
          response: { 200: planListSchema, ...problems(400) },
        },
      },
      (request) => plans.forSale(request.query.currency),
    )
  }
}

function administrator(request: FastifyRequest): PlanAdministrator {
  return { userId: principalOf(request).userId, ipAddress: request.ip }
}

/** What administrators may do. */
export function planAdminRoutes(plans: Plans): FastifyPluginAsyncZod {
  const tags = ['admin']
  const path = '/api/admin/plans'
  return async (app) => {
    app.addHook('onRequest', requireAdmin)

    app.get(
      path,
      {
        schema: {
          tags,
          summary: 'Plans in their order',
          querystring: z.object({
            retired: z.stringbool().default(false).describe('With those that were superseded or removed.'),
          }),
          response: { 200: listSchema(adminPlanSchema), ...problems(400, 401, 403) },
        },
      },
      (request) => plans.list(request.query),
    )

    app.post(
      path,
      {
        config: { idempotent: true },
        schema: {
          tags,
          summary: 'Make a plan',
          body: newPlanSchema,
          response: { 201: adminPlanSchema, ...problems(400, 401, 403) },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await plans.create(request.body, administrator(request))),
    )

    app.get(
      `${path}/:id`,
      {
        schema: {
          tags,
          summary: 'A plan',
          params: planParamsSchema,
          response: { 200: adminPlanSchema, ...problems(400, 401, 403, 404) },
        },
      },
      (request) => plans.get(request.params.id),
    )

    app.patch(
      `${path}/:id`,
      {
        schema: {
          tags,
          summary: 'Change a plan',
          description:
            'A plan that was sold is never rewritten: where its terms change, the answer is a new plan that supersedes it.',
          params: planParamsSchema,
          body: planChangesSchema,
          response: { 200: adminPlanSchema, ...problems(400, 401, 403, 404, 409) },
        },
      },
      (request) => plans.change(request.params.id, request.body, administrator(request)),
    )

    app.delete(
      `${path}/:id`,
      {
        schema: {
          tags,
          summary: 'Take a plan off sale for good',
          params: planParamsSchema,
          response: { 204: z.null(), ...problems(400, 401, 403, 404, 409) },
        },
      },
      async (request, reply) => {
        await plans.remove(request.params.id, administrator(request))
        return reply.code(204).send(null)
      },
    )

    app.get(
      `${path}/:id/history`,
      {
        schema: {
          tags,
          summary: 'A plan and those that it superseded, newest first',
          params: planParamsSchema,
          response: { 200: listSchema(adminPlanSchema), ...problems(400, 401, 403, 404) },
        },
      },
      (request) => plans.history(request.params.id),
    )
  }
}
