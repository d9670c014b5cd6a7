import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { CounterStore } from '../cache'
import { addAuthentication, type Authenticator } from './auth'
import { addCsrfProtection } from './csrf'
import { addIdempotency } from './idempotency'
import type { IdempotencyStore } from './idempotency-store'
import { addProblemHandlers } from './problem'
import { addRateLimit } from './rate-limit'
import { addSecurityHeaders } from './security-headers'

export {
  cookieValue,
  principalOf,
  requireAdmin,
  requireScope,
  requireUser,
  sessionCookieName,
  type Authenticator,
} from './auth'
export { addressKey } from './address'
export { createIdempotencyStore, type IdempotencyStore } from './idempotency-store'
export {
  fetchPage,
  listSchema,
  wholeList,
  pageQuerySchema,
  type List,
  type PageArguments,
  type PageQuery,
} from './pagination'
export {
  answerFrameworkError,
  errorForCaller,
  invalidFields,
  parseFields,
  problemContentType,
  problems,
  problemSchema,
  sendProblem,
  toProblem,
  type FieldError,
  type Problem,
} from './problem'
export { rateLimited } from './rate-limit'
export { anyScope, capabilityScope, covers, type Grant, type Principal } from './principal'

export interface HttpOptions {
  authenticator: Authenticator
  counters: CounterStore
  idempotency: IdempotencyStore
  /** Address of the product as browsers see it. */
  publicUrl: string
  /** Requests per account or address and minute. */
  rateLimitPerMinute: number
  /** Secret of this installation, at least 32 characters. */
  secret: string
  /** Origins besides our own that pages send to and play from. */
  objectOrigins?: string[]
  development?: boolean
}

/**
 * Everything that all routes share, in the order in which a request meets it: headers, who is asking, how often, from
 * where; then validation by zod, idempotency, and problem details for whatever goes wrong. To be called on the root
 * instance before routes are registered.
 */
export async function installHttp(app: FastifyInstance, options: HttpOptions): Promise<void> {
  const { publicUrl, objectOrigins, development, counters, secret } = options
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  addProblemHandlers(app)
  await addSecurityHeaders(app, { publicUrl, objectOrigins, development })
  addAuthentication(app, options.authenticator)
  addRateLimit(app, { store: counters, limitPerMinute: options.rateLimitPerMinute })
  addCsrfProtection(app, { publicUrl })
  addIdempotency(app, { store: options.idempotency, secret })
}
