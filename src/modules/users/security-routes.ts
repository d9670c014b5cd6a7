import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { principalOf, requireUser } from '../../platform/http/auth'
import { listSchema } from '../../platform/http/pagination'
import { problems } from '../../platform/http/problem'
import { originOf } from './request-origin'
import { userSchema } from './schemas'
import type { Security } from './security'
import {
  confirmationSchema,
  confirmEmailSchema,
  deletionSchema,
  mfaCodeSchema,
  mfaSchema,
  mfaSetupRequestSchema,
  mfaSetupSchema,
  passwordResetRequestSchema,
  passwordResetSchema,
  recoveryCodesSchema,
  sessionSchema,
} from './security-schemas'

const tags = ['users']
const security = [{ bearer: [] }]

/** Routes under `/api/users` that secure an account: addresses, passwords, second factors, sessions and its end. */
export function createSecurityRoutes(users: Security): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'POST',
      url: '/api/users/verify-email',
      schema: {
        tags,
        summary: 'Confirm an e-mail address with the link that was sent there',
        body: confirmEmailSchema,
        response: { 200: userSchema, ...problems(400, 409, 410, 429) },
      },
      handler: (request) => users.confirmEmail(request.body.token, originOf(request)),
    })

    app.route({
      method: 'POST',
      url: '/api/users/verify-email/resend',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'Send the link to your e-mail address once more',
        response: { 202: z.null(), ...problems(401, 409, 429) },
      },
      handler: async (request, reply) => {
        await users.resendVerification(principalOf(request).userId)
        return reply.code(202).send(null)
      },
    })

    app.route({
      method: 'POST',
      url: '/api/users/password-reset',
      schema: {
        tags,
        summary: 'Send a link that sets a new password',
        description: 'The answer is the same whether the address belongs to an account or not.',
        body: passwordResetRequestSchema,
        response: { 202: z.null(), ...problems(400, 429) },
      },
      handler: async (request, reply) => {
        await users.requestPasswordReset(request.body.email, originOf(request))
        return reply.code(202).send(null)
      },
    })

    app.route({
      method: 'POST',
      url: '/api/users/password-reset/confirm',
      schema: {
        tags,
        summary: 'Set a new password with the link that was sent',
        description: 'Ends all log-ins of the account.',
        body: passwordResetSchema,
        response: { 204: z.null(), ...problems(400, 410, 429) },
      },
      handler: async (request, reply) => {
        const { token, new_password: newPassword } = request.body
        await users.resetPassword(token, newPassword, originOf(request))
        return reply.code(204).send(null)
      },
    })

    app.route({
      method: 'GET',
      url: '/api/users/mfa',
      onRequest: requireUser,
      config: { duringSetup: true },
      schema: {
        tags,
        security,
        summary: 'Your second factor',
        response: { 200: mfaSchema, ...problems(401, 429) },
      },
      handler: (request) => users.mfaState(principalOf(request).userId),
    })

    app.route({
      method: 'POST',
      url: '/api/users/mfa/setup',
      onRequest: requireUser,
      config: { duringSetup: true },
      schema: {
        tags,
        security,
        summary: 'Make the secret of a code generator',
        description: 'It counts once `/api/users/mfa/enable` has seen a code of it.',
        body: mfaSetupRequestSchema,
        response: { 200: mfaSetupSchema, ...problems(400, 401, 409, 429) },
      },
      handler: (request) => users.setUpMfa(principalOf(request).userId, request.body, originOf(request)),
    })

    app.route({
      method: 'POST',
      url: '/api/users/mfa/enable',
      onRequest: requireUser,
      config: { duringSetup: true },
      schema: {
        tags,
        security,
        summary: 'Let log-ins ask for a code from now on',
        description: 'Administrators who had to do this first refresh their tokens afterwards.',
        body: mfaCodeSchema,
        response: { 200: recoveryCodesSchema, ...problems(400, 401, 409, 429) },
      },
      handler: async (request) => {
        const { userId } = principalOf(request)
        return { recovery_codes: await users.enableMfa(userId, request.body.code, originOf(request)) }
      },
    })

    app.route({
      method: 'POST',
      url: '/api/users/mfa/disable',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'Log in with the password alone again',
        body: confirmationSchema,
        response: { 204: z.null(), ...problems(400, 401, 403, 429) },
      },
      handler: async (request, reply) => {
        await users.disableMfa(principalOf(request).userId, request.body, originOf(request))
        return reply.code(204).send(null)
      },
    })

    app.route({
      method: 'POST',
      url: '/api/users/mfa/recovery-codes',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'New recovery codes in place of the old ones',
        body: confirmationSchema,
        response: { 200: recoveryCodesSchema, ...problems(400, 401, 429) },
      },
      handler: async (request) => {
        const { userId } = principalOf(request)
        return { recovery_codes: await users.renewRecoveryCodes(userId, request.body, originOf(request)) }
      },
    })

    app.route({
      method: 'GET',
      url: '/api/users/sessions',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'Your log-ins, the last used first',
        response: { 200: listSchema(sessionSchema), ...problems(401, 429) },
      },
      handler: async (request) => {
        const { userId, sessionId } = principalOf(request)
        const data = await users.listSessions(userId, sessionId)
        return { object: 'list' as const, url: '/api/users/sessions', has_more: false, data }
      },
    })

    app.route({
      method: 'DELETE',
      url: '/api/users/sessions',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'End all your other log-ins',
        response: { 204: z.null(), ...problems(401, 429) },
      },
      handler: async (request, reply) => {
        const { userId, sessionId } = principalOf(request)
        await users.endOtherSessions(userId, sessionId, originOf(request))
        return reply.code(204).send(null)
      },
    })

    app.route({
      method: 'DELETE',
      url: '/api/users/sessions/:session_id',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'End one of your log-ins',
        description: 'An access token of it is refused by this server at once, by others within 15 minutes.',
        params: z.object({ session_id: z.uuid() }),
        response: { 204: z.null(), ...problems(400, 401, 404, 429) },
      },
      handler: async (request, reply) => {
        await users.endSession(principalOf(request).userId, request.params.session_id, originOf(request))
        return reply.code(204).send(null)
      },
    })

    app.route({
      method: 'POST',
      url: '/api/users/delete',
      onRequest: requireUser,
      schema: {
        tags,
        security,
        summary: 'Delete your account in 30 days',
        description:
          'All log-ins end at once. Logging in before the 30 days are over keeps the account; after that everything is gone but the entries of the ledger, which name nobody any more.',
        body: confirmationSchema,
        response: { 202: deletionSchema, ...problems(400, 401, 409, 429) },
      },
      handler: async (request, reply) => {
        const { userId } = principalOf(request)
        return reply.code(202).send(await users.requestDeletion(userId, request.body, originOf(request)))
      },
    })
  }
}
