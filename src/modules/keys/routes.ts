import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listSchema, principalOf, problems, requireUser, wholeList } from '../../platform/http'
import {
  keyParamsSchema,
  keySchema,
  keySchemas,
  newKeySchema,
  usageQuerySchema,
  usageSchema,
} from './schemas'
import type { Scopes } from './scopes'
import type { KeyService, Owner } from './service'

const tags = ['keys']
const url = '/api/keys'

export const ownerOf = (request: FastifyRequest): Owner => ({
  userId: principalOf(request).userId,
  ipAddress: request.ip,
})

/** Keys are managed by their owner alone: no route states a scope, so keys and apps are refused. */
export function keyRoutes(service: KeyService, scopes: Scopes): FastifyPluginAsyncZod {
  const schemas = keySchemas(scopes)
  return async (app) => {
    app.addHook('onRequest', requireUser)

    app.get(
      url,
      {
        schema: {
          tags,
          summary: 'Your API keys',
          response: { 200: listSchema(keySchema), ...problems(401) },
        },
      },
      async (request) => wholeList(url, await service.list(principalOf(request).userId)),
    )

    app.get(
      `${url}/scopes`,
      {
        schema: {
          tags,
          summary: 'What keys and apps can be allowed',
          response: { 200: z.object({ data: z.array(z.string()) }), ...problems(401) },
        },
      },
      () => ({ data: scopes.list }),
    )

    app.post(
      url,
      {
        schema: {
          tags,
          summary: 'Make an API key',
          description:
            'For accounts that have bought minutes. The key is shown in this answer and never again.',
          body: schemas.create,
          response: { 201: newKeySchema, ...problems(400, 401, 403, 409) },
        },
      },
      async (request, reply) => reply.code(201).send(await service.create(ownerOf(request), request.body)),
    )

    app.patch(
      `${url}/:id`,
      {
        schema: {
          tags,
          summary: 'Change a key’s name, scopes, limits or expiry',
          params: keyParamsSchema,
          body: schemas.change,
          response: { 200: keySchema, ...problems(400, 401, 404) },
        },
      },
      async (request) => service.change(ownerOf(request), request.params.id, request.body),
    )

    app.post(
      `${url}/:id/rotate`,
      {
        schema: {
          tags,
          summary: 'Give a key a new secret',
          description:
            'The secret before it is still taken for `overlap_seconds`; one from before that no longer.',
          params: keyParamsSchema,
          body: schemas.rotate,
          response: { 200: newKeySchema, ...problems(400, 401, 404) },
        },
      },
      async (request) => service.rotate(ownerOf(request), request.params.id, request.body.overlap_seconds),
    )

    app.delete(
      `${url}/:id`,
      {
        schema: {
          tags,
          summary: 'Revoke a key',
          params: keyParamsSchema,
          response: { 204: z.null(), ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        await service.revoke(ownerOf(request), request.params.id)
        return reply.code(204).send(null)
      },
    )

    app.get(
      `${url}/:id/usage`,
      {
        schema: {
          tags,
          summary: 'Requests and seconds of a key by day',
          params: keyParamsSchema,
          querystring: usageQuerySchema,
          response: { 200: usageSchema, ...problems(400, 401, 404) },
        },
      },
      async (request) => ({
        object: 'list' as const,
        url: `${url}/${request.params.id}/usage`,
        has_more: false as const,
        data: await service.usageOf(principalOf(request).userId, request.params.id, request.query.days),
      }),
    )
  }
}
