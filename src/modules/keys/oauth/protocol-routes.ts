import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { errorForCaller } from '../../../platform/http'
import type { Scopes } from '../scopes'
import type { AuthorizationServer } from './server'
import type { GrantStore } from './store'

export interface ProtocolOptions {
  server: AuthorizationServer
  store: GrantStore
  scopes: Scopes
  issuer: string
}

const tags = ['oauth']
const formSchema = z.record(z.string(), z.string())
const errorSchema = z.object({ error: z.string(), error_description: z.string().optional() })
const clientMethods = ['none', 'client_secret_basic', 'client_secret_post']

/** What apps talk to (RFC 6749, 7009, 8414). Errors are told in these RFCs' form. */
export function protocolRoutes({ server, store, scopes, issuer }: ProtocolOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    app.setErrorHandler((error, request, reply) => {
      const known = errorForCaller(error)
      if (known.status >= 500) request.log.error({ err: known.cause ?? known }, known.message)
      const name = known.status >= 500 ? 'server_error' : 'invalid_request'
      const description = known.status >= 500 ? known.title : known.message
      return refuse(reply, known.status, name, description)
    })

    app.get(
      '/.well-known/oauth-authorization-server',
      {
        schema: {
          tags,
          summary: 'The authorization server’s metadata (RFC 8414)',
          response: { 200: z.looseObject({ issuer: z.string() }) },
        },
      },
      () => ({
        issuer,
        authorization_endpoint: `${issuer}/oauth/authorize`,
        token_endpoint: `${issuer}/oauth/token`,
        revocation_endpoint: `${issuer}/oauth/revoke`,
        scopes_supported: scopes.list,
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: clientMethods,
        revocation_endpoint_auth_methods_supported: clientMethods,
        authorization_response_iss_parameter_supported: true,
      }),
    )

    app.post(
      '/oauth/token',
      {
        schema: {
          tags,
          summary: 'Tokens for a code or a refresh token',
          consumes: ['application/x-www-form-urlencoded'],
          body: formSchema,
          response: { 200: z.looseObject({ access_token: z.string() }), 400: errorSchema, 401: errorSchema },
        },
      },
      async (request, reply) => {
        const { authorization, 'content-type': type = '' } = request.headers
        const length = String(request.headers['content-length'] ?? 1)
        // The library does not decode the parts of HTTP Basic, so that they are handed on as form fields.
        const { id, secret } = credentialsOf(authorization, request.body)
        const proof = { client_id: id, ...(secret === undefined ? {} : { client_secret: secret }) }
        const headers = { 'content-type': type, 'content-length': length }
        const answer = await server.token(headers, { ...request.body, ...proof })
        if ('error' in answer.body && answer.body.error === 'invalid_client') {
          reply.header('www-authenticate', 'Basic realm="timbre"')
          return refuse(reply, 401, 'invalid_client', 'Unknown client, or a wrong secret')
        }
        return reply
          .code(answer.status as 200)
          .headers({ ...answer.headers, 'cache-control': 'no-store' })
          .send(answer.body as never)
      },
    )

    app.post(
      '/oauth/revoke',
      {
        schema: {
          tags,
          summary: 'End a token (RFC 7009)',
          consumes: ['application/x-www-form-urlencoded'],
          body: formSchema,
          response: { 200: z.null(), 400: errorSchema, 401: errorSchema },
        },
      },
      async (request, reply) => {
        const { id, secret } = credentialsOf(request.headers.authorization, request.body)
        if (!(await server.proven(id, secret))) {
          reply.header('www-authenticate', 'Basic realm="timbre"')
          return refuse(reply, 401, 'invalid_client', 'Unknown client, or a wrong secret')
        }
        const { token } = request.body
        if (!token) return refuse(reply, 400, 'invalid_request', 'The token is missing')
        await store.revokeToken(id, token)
        return reply.code(200).send(null)
      },
    )
  }
}

function refuse(reply: FastifyReply, status: number, error: string, description: string): FastifyReply {
  const body = JSON.stringify({ error, error_description: description })
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(Buffer.from(body))
}

/** By HTTP Basic, whose parts are form-encoded (RFC 6749, 2.3.1), else from the form. */
function credentialsOf(
  authorization: string | undefined,
  body: Record<string, string>,
): { id: string; secret: string | undefined } {
  const [, basic] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '') ?? []
  if (basic === undefined) return { id: body.client_id ?? '', secret: body.client_secret }
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':')
  return { id: decode(id), secret: decode(secret) || undefined }
}

function decode(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? ''
}
