import fastifyCookie from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { AppError } from '../errors'
import type { Principal } from './principal'

export const sessionCookieName = 'timbre_session'

/** What proves who makes a request; the users module provides it. */
export interface Authenticator {
  /** @throws AppError `token_invalid`, `token_expired`, `account_suspended`. */
  authenticate(accessToken: string): Principal
  /** Null for a cookie that is no session (any more). `setCookie` renews a session in use. */
  authenticateWeb(sessionToken: string): Promise<{ principal: Principal; setCookie: string | null } | null>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request; null when nobody is logged in or the proof was refused. */
    principal: Principal | null
    /** Why the request's token was refused, told to the caller only where somebody must be logged in. */
    authenticationError: AppError | null
  }
  interface FastifyContextConfig {
    /** The route serves the same to everybody: no authentication, no rate limit (static files, health). */
    exempt?: boolean
  }
}

/** Who makes the request. @throws AppError `not_authenticated` or what was wrong with the token. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal) return request.principal
  throw request.authenticationError ?? new AppError('not_authenticated')
}

/** Route hook (`onRequest`): somebody must be logged in. */
export function requireUser(request: FastifyRequest, _: FastifyReply, done: HookHandlerDoneFunction): void {
  principalOf(request)
  done()
}

/** Route hook (`onRequest`): an administrator must be logged in. */
export function requireAdmin(request: FastifyRequest, _: FastifyReply, done: HookHandlerDoneFunction): void {
  if (principalOf(request).role !== 'admin') {
    throw new AppError('forbidden', { message: 'Only administrators may do this' })
  }
  done()
}

/** The value of one cookie of a `Cookie` header. */
export function cookieValue(header: string | undefined, name: string): string | null {
  if (!header?.includes(`${name}=`)) return null
  const value = fastifyCookie.parse(header)[name]
  return value === undefined || value === '' ? null : value
}

const bearerPattern = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i

/** Other schemes (a proxy's Basic) are added by browsers of their own accord and say nothing to us. */
export function carriesBearer(request: FastifyRequest): boolean {
  return /^Bearer\b/i.test(request.headers.authorization ?? '')
}

/** Resolves `request.principal` before everything else: a bearer token first, else the session cookie. */
export function addAuthentication(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest('principal', null)
  app.decorateRequest('authenticationError', null)

  function readBearer(request: FastifyRequest, authorization: string): void {
    const token = bearerPattern.exec(authorization)?.[1]
    try {
      if (!token) throw new AppError('token_invalid', { message: 'Send "Authorization: Bearer <token>"' })
      request.principal = authenticator.authenticate(token)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      request.authenticationError = error
    }
  }

  async function readSession(request: FastifyRequest, reply: FastifyReply, token: string): Promise<void> {
    const session = await authenticator.authenticateWeb(token)
    if (!session) return
    request.principal = session.principal
    if (session.setCookie) reply.header('set-cookie', session.setCookie)
  }

  // Every request passes here: no promise is made where none is needed.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.exempt) return done()
    const { authorization, cookie } = request.headers
    if (authorization !== undefined && carriesBearer(request)) {
      readBearer(request, authorization)
      return done()
    }
    const sessionToken = cookieValue(cookie, sessionCookieName)
    if (!sessionToken) return done()
    readSession(request, reply, sessionToken).then(() => done(), done)
  })
}
