import fastifyJwt from '@fastify/jwt'
import fastify from 'fastify'
import { z } from 'zod'
import { AppError } from '../../platform/errors'
import type { Principal } from '../../platform/http/principal'

export const accessTokenSeconds = 15 * 60
const issuer = 'timbre'
const cachedTokens = 5000

const claimsSchema = z.object({
  sub: z.uuid(),
  role: z.enum(['user', 'admin']),
  exp: z.number(),
  iat: z.number(),
  sid: z.uuid().optional(),
  setup: z.literal(true).optional(),
})

/** What a token says of its bearer. */
export interface AccessClaims {
  id: string
  role: Principal['role']
  /** The log-in that it comes from. */
  sessionId?: string | undefined
  /** True where a second factor must be set up before anything else. */
  setupOnly?: boolean | undefined
}

export interface AccessTokens {
  sign(claims: AccessClaims): string
  /** @throws AppError `token_expired` or `token_invalid`. */
  verify(token: string): Principal
}

/**
 * Short-lived access tokens: JWT, HS256 only, with claims sub, role, sid, iss, iat and exp. Tokens that were verified are
 * remembered until they expire.
 * @param secret At least 32 characters.
 */
export async function createAccessTokens({ secret }: { secret: string }): Promise<AccessTokens> {
  // The library comes as a plugin; an instance that serves nothing carries it, so that services can use it without a server.
  const carrier = fastify()
  await carrier.register(fastifyJwt, {
    secret,
    sign: { algorithm: 'HS256', iss: issuer, expiresIn: accessTokenSeconds },
    verify: {
      algorithms: ['HS256'],
      allowedIss: issuer,
      requiredClaims: ['sub', 'role', 'exp', 'iat', 'iss'],
      cache: cachedTokens,
      cacheTTL: accessTokenSeconds * 1000,
    },
  })
  await carrier.ready()
  /** What was read from claims that were checked before; the verifier gives the same object for the same token. */
  const principals = new WeakMap<object, Principal>()

  return {
    sign: ({ id, role, sessionId, setupOnly }) =>
      carrier.jwt.sign({
        sub: id,
        role,
        ...(sessionId ? { sid: sessionId } : {}),
        ...(setupOnly ? { setup: true } : {}),
      }),
    verify(token) {
      let claims: object
      try {
        claims = carrier.jwt.verify<object>(token)
      } catch (error) {
        const expired = (error as { code?: string }).code === 'FAST_JWT_EXPIRED'
        throw new AppError(expired ? 'token_expired' : 'token_invalid', { cause: error })
      }
      const known = principals.get(claims)
      if (known) return known
      const parsed = claimsSchema.safeParse(claims)
      if (!parsed.success) throw new AppError('token_invalid', { cause: parsed.error })
      const { sub, role, sid, setup } = parsed.data
      const principal: Principal = {
        userId: sub,
        role,
        via: 'token',
        ...(sid ? { sessionId: sid } : {}),
        ...(setup ? { setupOnly: setup } : {}),
      }
      principals.set(claims, principal)
      return principal
    },
  }
}
