import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listSchema, pageQuerySchema, principalOf, problems, requireUser } from '../../../platform/http'
import {
  deliveryQuerySchema,
  deliverySchema,
  endpointChangesSchema,
  endpointSchema,
  endpointWithSecretSchema,
  newEndpointSchema,
  replaySchema,
  rotationSchema,
} from './schemas'
import type { WebhookService } from './service'

const tags = ['webhooks']
const path = '/api/webhooks'
const params = z.object({ id: z.uuid() })
const deliveryParams = params.extend({ delivery_id: z.uuid() })
const read = { scope: 'webhooks:read' }
const write = { scope: 'webhooks:write' }

/** Routes under `/api/webhooks`: receivers by Standard Webhooks 1.0. */
export function webhookRoutes(webhooks: WebhookService): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireUser)

    app.get(
      path,
      {
        config: read,
        schema: {
          tags,
          summary: 'Your webhooks, newest first',
          querystring: pageQuerySchema,
          response: { 200: listSchema(endpointSchema), ...problems(400, 401) },
        },
      },
      (request) => webhooks.list(principalOf(request).userId, request.query),
    )

    app.post(
      path,
      {
        // Without `idempotent`: a stored answer would keep the secret.
        config: write,
        schema: {
          tags,
          summary: 'Have events sent to an address',
          description:
            'Messages follow Standard Webhooks 1.0 and are tried for three days. The answer shows the secret that they are signed with, once.',
          body: newEndpointSchema,
          response: { 201: endpointWithSecretSchema, ...problems(400, 401, 409) },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await webhooks.create(principalOf(request).userId, request.body)),
    )

    app.get(
      `${path}/:id`,
      {
        config: read,
        schema: {
          tags,
          summary: 'A webhook',
          params,
          response: { 200: endpointSchema, ...problems(401, 404) },
        },
      },
      (request) => webhooks.get(principalOf(request).userId, request.params.id),
    )

    app.patch(
      `${path}/:id`,
      {
        config: write,
        schema: {
          tags,
          summary: 'Change a webhook, disable or enable it',
          params,
          body: endpointChangesSchema,
          response: { 200: endpointSchema, ...problems(400, 401, 404) },
        },
      },
      (request) => webhooks.change(principalOf(request).userId, request.params.id, request.body),
    )

    app.delete(
      `${path}/:id`,
      {
        config: write,
        schema: {
          tags,
          summary: 'Delete a webhook with its log',
          params,
          response: { 204: z.null(), ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        await webhooks.remove(principalOf(request).userId, request.params.id)
        return reply.code(204).send(null)
      },
    )

    app.post(
      `${path}/:id/rotate`,
      {
        config: write,
        schema: {
          tags,
          summary: 'Replace the secret of a webhook',
          description: 'For a while messages carry signatures by both, so that receivers can change over.',
          params,
          body: rotationSchema,
          response: { 200: endpointWithSecretSchema, ...problems(400, 401, 404) },
        },
      },
      (request) =>
        webhooks.rotate(principalOf(request).userId, request.params.id, request.body.overlap_seconds),
    )

    app.post(
      `${path}/:id/test`,
      {
        config: write,
        schema: {
          tags,
          summary: 'Send a test message at once',
          params,
          response: { 200: deliverySchema, ...problems(401, 404, 409) },
        },
      },
      (request) => webhooks.test(principalOf(request).userId, request.params.id),
    )

    app.get(
      `${path}/:id/deliveries`,
      {
        config: read,
        schema: {
          tags,
          summary: 'Messages to a webhook with every attempt, newest first, kept for 30 days',
          params,
          querystring: deliveryQuerySchema,
          response: { 200: listSchema(deliverySchema), ...problems(400, 401, 404) },
        },
      },
      (request) => webhooks.deliveries(principalOf(request).userId, request.params.id, request.query),
    )

    app.post(
      `${path}/:id/deliveries/:delivery_id/replay`,
      {
        config: write,
        schema: {
          tags,
          summary: 'Send a message again, under the same id',
          params: deliveryParams,
          response: { 202: deliverySchema, ...problems(401, 404, 409) },
        },
      },
      async (request, reply) => {
        const { id, delivery_id: deliveryId } = request.params
        return reply.code(202).send(await webhooks.replay(principalOf(request).userId, id, deliveryId))
      },
    )

    app.post(
      `${path}/:id/replay`,
      {
        config: write,
        schema: {
          tags,
          summary: 'Send everything again that failed since a time',
          params,
          body: replaySchema,
          response: { 202: z.object({ messages: z.int() }), ...problems(400, 401, 404, 409) },
        },
      },
      async (request, reply) => {
        const since = new Date(request.body.since)
        const messages = await webhooks.replaySince(principalOf(request).userId, request.params.id, since)
        return reply.code(202).send({ messages })
      },
    )
  }
}
