import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { principalOf, problems, requireUser } from '../../../platform/http'
import type { CheckoutService } from './service'

const address = z.string().min(1).max(2000)

const bodySchema = z.strictObject({
  plan_id: z.uuid(),
  gateway: z
    .string()
    .max(40)
    .optional()
    .describe('Default: the gateway that suits the currency of the plan.'),
  success_url: address
    .optional()
    .describe('Where the customer comes back to after paying: a path or address of this site.'),
  cancel_url: address.optional().describe('Where the customer comes back to without paying.'),
})

const checkoutSchema = z.object({
  session_id: z.string().describe('What the gateway calls the checkout.'),
  url: z.string().describe('Where the customer pays.'),
  gateway: z.string(),
})

export function checkoutRoutes(checkout: CheckoutService): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/api/payment/create-checkout-session',
      {
        onRequest: requireUser,
        config: { idempotent: true },
        schema: {
          tags: ['payment'],
          summary: 'Begin to pay for a plan',
          description:
            'Minutes are credited once the gateway confirms the payment. `payments_off` where no gateway is configured.',
          body: bodySchema,
          response: { 201: checkoutSchema, ...problems(400, 401, 404, 409, 502, 503) },
        },
      },
      async (request, reply) => {
        const { plan_id: planId, gateway, success_url: successUrl, cancel_url: cancelUrl } = request.body
        const { userId } = principalOf(request)
        const begun = await checkout.create(userId, { planId, gateway, successUrl, cancelUrl })
        reply.code(201)
        return { session_id: begun.sessionId, url: begun.url, gateway: begun.gateway }
      },
    )
  }
}
