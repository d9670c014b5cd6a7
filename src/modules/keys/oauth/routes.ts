import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listSchema, principalOf, problems, requireUser, wholeList } from '../../../platform/http'
import { ownerOf } from '../routes'
import {
  authorizeRequestSchema,
  clientSchema,
  consentSchema,
  createdClientSchema,
  decidedSchema,
  decisionSchema,
  grantSchema,
  newClientSchema,
} from './schemas'
import type { OauthService } from './service'

const tags = ['oauth']
const clientsUrl = '/api/oauth/clients'
const grantsUrl = '/api/oauth/grants'
const idParams = z.object({ id: z.uuid() })

/** What people do: register apps, say what an app may do, and take it back. No route states a scope. */
export function oauthRoutes(service: OauthService): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireUser)

    app.get(
      clientsUrl,
      {
        schema: {
          tags,
          summary: 'Apps that you registered',
          response: { 200: listSchema(clientSchema), ...problems(401) },
        },
      },
      async (request) => wholeList(clientsUrl, await service.clients(principalOf(request).userId)),
    )

    app.post(
      clientsUrl,
      {
        schema: {
          tags,
          summary: 'Register an app',
          body: newClientSchema,
          response: { 201: createdClientSchema, ...problems(400, 401, 409) },
        },
      },
      async (request, reply) => reply.code(201).send(await service.register(ownerOf(request), request.body)),
    )

    app.delete(
      `${clientsUrl}/:id`,
      {
        schema: {
          tags,
          summary: 'Remove an app, with everything that was granted to it',
          params: idParams,
          response: { 204: z.null(), ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        await service.removeClient(ownerOf(request), request.params.id)
        return reply.code(204).send(null)
      },
    )

    app.get(
      grantsUrl,
      {
        schema: {
          tags,
          summary: 'Apps that you let in',
          response: { 200: listSchema(grantSchema), ...problems(401) },
        },
      },
      async (request) => wholeList(grantsUrl, await service.grants(principalOf(request).userId)),
    )

    app.delete(
      `${grantsUrl}/:id`,
      {
        schema: {
          tags,
          summary: 'Take back what an app was allowed',
          params: idParams,
          response: { 204: z.null(), ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        await service.withdraw(principalOf(request).userId, request.params.id)
        return reply.code(204).send(null)
      },
    )

    app.get(
      '/api/oauth/authorize',
      {
        schema: {
          tags,
          summary: 'What an app asks for',
          querystring: authorizeRequestSchema,
          response: { 200: consentSchema, ...problems(400, 401) },
        },
      },
      (request) => service.consent(request.query),
    )

    app.post(
      '/api/oauth/authorize',
      {
        schema: {
          tags,
          summary: 'Allow or refuse what an app asks for',
          body: decisionSchema,
          response: { 200: decidedSchema, ...problems(400, 401) },
        },
      },
      async (request) => {
        const { approve, ...asked } = request.body
        return { redirect_to: await service.decide(principalOf(request).userId, asked, approve) }
      },
    )
  }
}
