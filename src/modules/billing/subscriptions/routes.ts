import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listSchema, principalOf, problems, requireUser, wholeList } from '../../../platform/http'
import { subscriptionSchema } from './schemas'
import type { Subscriptions } from './service'

const tags = ['payment']
const url = '/api/payment/subscriptions'
const paramsSchema = z.object({ id: z.uuid() })

/** People end and resume their subscriptions themselves: no route states a scope, so keys and apps are refused. */
export function subscriptionRoutes(subscriptions: Subscriptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireUser)

    app.get(
      url,
      {
        schema: {
          tags,
          summary: 'Your subscriptions',
          response: { 200: listSchema(subscriptionSchema), ...problems(401) },
        },
      },
      async (request) => wholeList(url, await subscriptions.list(principalOf(request).userId)),
    )

    for (const [verb, renews, summary] of [
      ['cancel', false, 'End a subscription with the period that is paid for'],
      ['resume', true, 'Have a subscription go on after all'],
    ] as const) {
      app.post(
        `${url}/:id/${verb}`,
        {
          schema: {
            tags,
            summary,
            params: paramsSchema,
            response: { 200: subscriptionSchema, ...problems(401, 404, 409, 502, 503) },
          },
        },
        (request) =>
          subscriptions.setRenewal(principalOf(request).userId, request.params.id, renews, request.ip),
      )
    }
  }
}
