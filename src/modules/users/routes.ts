import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  cookieValue,
  principalOf,
  requireAdmin,
  requireUser,
  sessionCookieName,
} from '../../platform/http/auth'
import { listSchema, pageQuerySchema } from '../../platform/http/pagination'
import { problems } from '../../platform/http/problem'
import { originOf } from './request-origin'
import {
  accountStatusSchema,
  loginSchema,
  logoutSchema,
  profileChangesSchema,
  refreshSchema,
  registerSchema,
  tokensSchema,
  userSchema,
} from './schemas'
import { mfaChallengeSchema, mfaLoginSchema } from './security-schemas'
import type { UsersService } from './users-service'

const tags = ['users']
const security = [{ bearer: [] }]

/** Routes under `/api/users`. */
export function createUsersRoutes(users: UsersService): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'POST',
      url: '/api/users/register',
      config: { idempotent: true },
      schema: {
        tags,
        summary: 'Create an account',
        body: registerSchema,
        response: { 201: z.object({ user: userSchema }), ...problems(400, 403, 409, 422, 429) },
      },
      handler: async (request, reply) =>
        reply.code(201).send({ user: await users.register(request.body, originOf(request)) }),
    })

    app.route({
      method: 'POST',
      url: '/api/users/login',
      schema: {
        tags,
        summary: 'Log in with a user name or e-mail address',
        description:
          'Where a second factor is set up, the answer carries a challenge for `/api/users/login/mfa` instead of tokens.',
        body: loginSchema,
        response: { 200: z.union([tokensSchema, mfaChallengeSchema]), ...problems(400, 401, 403, 429) },
      },
      handler: (request) => users.login(request.body, originOf(request)),
    })

    app.route({
      method: 'POST',
      url: '/api/users/login/mfa',
      schema: {
        tags,
        summary: 'Log in with a code, as the second step',
        body: mfaLoginSchema,
        response: { 200: tokensSchema, ...problems(400, 401, 403, 429) },
      },
      handler: (request) => users.loginWithCode(request.body, originOf(request)),
    })

    app.route({
      method: 'POST',
      url: '/api/users/refresh',
      schema: {
        tags,
        summary: 'Exchange a refresh token for new tokens',
        description: 'A refresh token works once. Using it again ends the log-in that it came from.',
        body: refreshSchema,
        response: { 200: tokensSchema, ...problems(400, 401, 403, 429) },
      },
      handler: (request) => users.refresh(request.body.refresh_token, originOf(request)),
    })

    app.route({
      method: 'POST',
      url: '/api/users/logout',
      schema: {
        tags,
        summary: 'End a log-in',
        description:
          'Ends the log-in of the refresh token, and the session of the cookie, whichever is sent.',
        body: logoutSchema,
        response: { 204: z.null(), ...problems(400, 403, 429) },
      },
      handler: async (request, reply) => {
        const origin = originOf(request)
        if (request.body?.refresh_token) await users.logout(request.body.refresh_token, origin)
        const sessionToken = cookieValue(request.headers.cookie, sessionCookieName)
        if (sessionToken) reply.header('set-cookie', await users.endWebSession(sessionToken, origin))
        return reply.code(204).send(null)
      },
    })

    app.route({
      method: 'GET',
      url: '/api/users/profile',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'Your account',
        response: { 200: userSchema, ...problems(401, 429) },
      },
      handler: (request) => users.profile(principalOf(request).userId),
    })

    app.route({
      method: 'PUT',
      url: '/api/users/profile',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'Change your account',
        description: 'A new password ends all log-ins of the account.',
        body: profileChangesSchema,
        response: { 200: userSchema, ...problems(400, 401, 409, 429) },
      },
      handler: (request) => users.updateProfile(principalOf(request).userId, request.body, originOf(request)),
    })

    app.route({
      method: 'GET',
      url: '/api/users/account-status',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'Minutes and standing of your account',
        response: { 200: accountStatusSchema, ...problems(401, 429) },
      },
      handler: (request) => users.accountStatus(principalOf(request).userId),
    })

    app.route({
      method: 'GET',
      url: '/api/users',
      onRequest: requireAdmin,
      schema: {
        tags,
        security,
        summary: 'All accounts, newest first (administrators)',
        querystring: pageQuerySchema,
        response: { 200: listSchema(userSchema), ...problems(400, 401, 403, 429) },
      },
      handler: (request) => users.list(request.query),
    })
  }
}
