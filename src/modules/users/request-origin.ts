import type { FastifyRequest } from 'fastify'
import type { RequestOrigin } from './session-tokens'

export function originOf(request: FastifyRequest): RequestOrigin {
  return { ipAddress: request.ip, userAgent: request.headers['user-agent'] ?? null }
}
