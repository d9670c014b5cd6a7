import type { FastifyRequest } from 'fastify'
import { principalOf } from '../../platform/http'

/** Who does it, for the audit log. */
export function administratorOf(request: FastifyRequest): { userId: string; ipAddress: string } {
  return { userId: principalOf(request).userId, ipAddress: request.ip }
}
