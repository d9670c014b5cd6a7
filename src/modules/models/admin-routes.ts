import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { principalOf, problems, requireAdmin } from '../../platform/http'
import type { Administrator, ModelAdmin } from './admin'
import {
  adminModelListSchema,
  adminModelSchema,
  modelChangesSchema,
  modelParamsSchema,
  verificationSchema,
  versionQuerySchema,
} from './admin-schemas'

const tags = ['admin']
const security = [{ bearer: [] }]
const guarded = { onRequest: requireAdmin }

function administrator(request: FastifyRequest): Administrator {
  return { userId: principalOf(request).userId, ipAddress: request.ip }
}

/** Routes under `/api/admin/models`: administrators only. */
export function modelAdminRoutes(admin: ModelAdmin): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      ...guarded,
      method: 'GET',
      url: '/api/admin/models',
      schema: {
        tags,
        security,
        summary: 'Every model: versions, files, pulls, where it is loaded and how fast it is',
        response: { 200: adminModelListSchema, ...problems(401, 403) },
      },
      handler: () => admin.list(),
    })

    app.route({
      ...guarded,
      method: 'POST',
      url: '/api/admin/models',
      config: { idempotent: true },
      schema: {
        tags,
        security,
        summary: 'Add the manifest of a model',
        body: z.record(z.string(), z.unknown()).describe('manifest.json'),
        response: { 201: adminModelSchema, ...problems(400, 401, 403, 409, 422) },
      },
      handler: async (request, reply) =>
        reply.code(201).send(await admin.add(request.body, administrator(request))),
    })

    app.route({
      ...guarded,
      method: 'PUT',
      url: '/api/admin/models/:id',
      schema: {
        tags,
        security,
        summary: 'Switch a model on or off, make it the default, choose its version',
        params: modelParamsSchema,
        body: modelChangesSchema,
        response: { 200: adminModelSchema, ...problems(400, 401, 403, 404, 409) },
      },
      handler: (request) => admin.change(request.params.id, request.body, administrator(request)),
    })

    app.route({
      ...guarded,
      method: 'POST',
      url: '/api/admin/models/:id/pull',
      schema: {
        tags,
        security,
        summary: 'Start fetching the files of a model',
        description: 'Goes on in the background; GET shows how far it is. A second call joins the first.',
        params: modelParamsSchema,
        querystring: versionQuerySchema,
        response: { 202: adminModelSchema, ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) =>
        reply
          .code(202)
          .send(await admin.startPull(request.params.id, request.query.version, administrator(request))),
    })

    app.route({
      ...guarded,
      method: 'DELETE',
      url: '/api/admin/models/:id/pull',
      schema: {
        tags,
        security,
        summary: 'Cancel fetching the files of a model',
        description: 'What has arrived is kept: the next pull goes on from there.',
        params: modelParamsSchema,
        querystring: versionQuerySchema,
        response: { 202: adminModelSchema, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) =>
        reply
          .code(202)
          .send(await admin.cancelPull(request.params.id, request.query.version, administrator(request))),
    })

    app.route({
      ...guarded,
      method: 'POST',
      url: '/api/admin/models/:id/verify',
      schema: {
        tags,
        security,
        summary: 'Read the files of a model and compare them with what they are known to be',
        params: modelParamsSchema,
        querystring: versionQuerySchema,
        response: { 200: verificationSchema, ...problems(400, 401, 403, 404) },
      },
      handler: (request) => admin.verify(request.params.id, request.query.version, administrator(request)),
    })

    app.route({
      ...guarded,
      method: 'DELETE',
      url: '/api/admin/models/:id',
      schema: {
        tags,
        security,
        summary: 'Delete what was pulled of a model, and its manifest where that was added here',
        params: modelParamsSchema,
        querystring: versionQuerySchema,
        response: { 204: z.null(), ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        await admin.remove(request.params.id, request.query.version, administrator(request))
        return reply.code(204).send(null)
      },
    })
  }
}
