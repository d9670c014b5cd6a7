import fastifyCookie from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { AppError } from '../errors'
import { covers, type Grant, type Principal } from './principal'

export const sessionCookieName = 'timbre_session'

/** What proves who makes a request; the users module provides it. */
export interface Authenticator {
  /** @throws AppError `token_invalid`, `token_expired`, `account_suspended`. */
  authenticate(accessToken: string): Principal
  /** Null for what is neither an API key nor the token of an app. @throws AppError `token_invalid`, `token_expired`. */
  authenticateGrant?(token: string): Promise<Principal> | null
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
    /**
     * What an API key or an app must have been given to use the route, such as `jobs:read`. Where none is stated, keys
     * and apps are refused: the route is for the account's owner alone.
     */
    scope?: string
    /** The route is open to administrators who must set up a second factor before anything else. */
    duringSetup?: boolean
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
const keyHeader = 'xi-api-key'

/**
 * Whether the request carries a token that no foreign page can make a browser add. Other schemes (a proxy's Basic) are
 * added by browsers of their own accord and say nothing to us.
 */
export function carriesToken(request: FastifyRequest): boolean {
  const { authorization } = request.headers
  return (authorization !== undefined && /^Bearer\b/i.test(authorization)) || keyHeader in request.headers
}

function tokenOf({ headers }: FastifyRequest): string | undefined {
  const { authorization, [keyHeader]: key } = headers
  if (authorization !== undefined && /^Bearer\b/i.test(authorization)) {
    return bearerPattern.exec(authorization)?.[1]
  }
  return typeof key === 'string' ? key : undefined
}

/**
 * Asks a key or an app for what the request turned out to need besides its route's scope; others may do all they want.
 * @throws AppError `insufficient_scope`.
 */
export function requireScope(request: FastifyRequest, scope: string): void {
  const { grant } = principalOf(request)
  if (grant && !covers(grant.scopes, scope)) throw insufficientScope(scope)
}

function insufficientScope(scope: string): AppError {
  return new AppError('insufficient_scope', {
    message: `The key or app may not do this: it needs the scope ${scope}.`,
    details: { scope },
  })
}

function scopeRefusal(grant: Grant, needed: string | undefined): AppError | null {
  if (needed === undefined) {
    return new AppError('insufficient_scope', {
      message: 'This is for the account’s owner alone: log in and use an access token instead of a key.',
    })
  }
  return covers(grant.scopes, needed) ? null : insufficientScope(needed)
}

/** Resolves `request.principal` before everything else: a token first, else the session cookie. */
export function addAuthentication(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest('principal', null)
  app.decorateRequest('authenticationError', null)

  function refuse(request: FastifyRequest, error: unknown): void {
    if (!(error instanceof AppError)) throw error
    request.authenticationError = error
  }

  /** A key that may not use the route is nobody to it, and is told why where somebody must be logged in. */
  function admit(request: FastifyRequest, principal: Principal): void {
    const { grant, setupOnly } = principal
    const { scope, duringSetup } = request.routeOptions.config
    request.authenticationError = grant ? scopeRefusal(grant, scope) : null
    if (setupOnly && !duringSetup) request.authenticationError = new AppError('mfa_setup_required')
    if (!request.authenticationError) request.principal = principal
  }

  /** @returns a promise only where something has to be waited for. */
  function readToken(request: FastifyRequest, token: string | undefined): Promise<void> | undefined {
    try {
      if (!token) throw new AppError('token_invalid', { message: 'Send "Authorization: Bearer <token>"' })
      const found = authenticator.authenticateGrant?.(token)
      if (found) {
        return found.then(
          (principal) => admit(request, principal),
          (error: unknown) => refuse(request, error),
        )
      }
      admit(request, authenticator.authenticate(token))
    } catch (error) {
      refuse(request, error)
    }
    return undefined
  }

  async function readSession(request: FastifyRequest, reply: FastifyReply, token: string): Promise<void> {
    const session = await authenticator.authenticateWeb(token)
    if (!session) return
    admit(request, session.principal)
    if (session.setCookie) reply.header('set-cookie', session.setCookie)
  }

  // Every request passes here: no promise is made where none is needed.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.exempt) return done()
    if (carriesToken(request)) {
      const reading = readToken(request, tokenOf(request))
      if (!reading) return done()
      reading.then(() => done(), done)
      return
    }
    const sessionToken = cookieValue(request.headers.cookie, sessionCookieName)
    if (!sessionToken) return done()
    readSession(request, reply, sessionToken).then(() => done(), done)
  })
}
