import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../../../platform/errors'
import { problems } from '../../../platform/http'
import type { PaymentGateways } from '../gateways'
import type { WebhookInbox } from './inbox'

const tags = ['payment']
const path = '/api/payment/webhook'
const bodyLimit = 512 * 1024
const response = { 200: z.object({ received: z.literal(true) }), ...problems(400, 409, 413) }

/** Where gateways tell what happened: their signature is the authentication. */
export function webhookRoutes(inbox: WebhookInbox, gateways: PaymentGateways): FastifyPluginAsyncZod {
  return async (app) => {
    // Signatures are made over the bytes, so nothing here parses them.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))

    async function receive(
      gatewayId: string,
      body: unknown,
      headers: Record<string, string | string[] | undefined>,
    ) {
      if (!Buffer.isBuffer(body)) throw new AppError('webhook_refused', { message: 'The body is missing.' })
      await inbox.receive(gatewayId, { rawBody: body, headers })
      return { received: true as const }
    }

    app.post(
      path,
      {
        bodyLimit,
        config: { exempt: true },
        schema: {
          tags,
          summary: 'A gateway tells what happened; its signature header says which one',
          description: 'The answer says that the event was written down; it is worked on afterwards.',
          security: [],
          response,
        },
      },
      (request) => {
        const sender = gateways.list.find(({ signatureHeader }) => signatureHeader in request.headers)
        if (sender) return receive(sender.id, request.body, request.headers)
        gateways.assertOn()
        throw new AppError('webhook_refused', {
          message: 'No signature header of a payment gateway was sent.',
        })
      },
    )

    app.post(
      `${path}/:gateway`,
      {
        bodyLimit,
        config: { exempt: true },
        schema: {
          tags,
          summary: 'A gateway (stripe, razorpay) tells what happened',
          description: 'The answer says that the event was written down; it is worked on afterwards.',
          security: [],
          params: z.object({ gateway: z.string().max(40) }),
          response,
        },
      },
      (request) => receive(request.params.gateway, request.body, request.headers),
    )
  }
}
