import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError, toAppError, type ErrorCode } from '../errors'
import { isUnavailable } from '../errors/unavailable'

export const problemContentType = 'application/problem+json'
const quotaExceededType = 'https://iana.org/assignments/http-problem-types#quota-exceeded'
const defaultRetryAfterSeconds = 2

export const fieldErrorSchema = z.object({
  field: z.string().describe('Path of the field, with dots; empty for the whole body.'),
  message: z.string(),
})
export type FieldError = z.output<typeof fieldErrorSchema>

/** RFC 9457 problem details, with the product's stable `code` and, for validation, the failing fields. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  request_id: z.string(),
  errors: z.array(fieldErrorSchema).optional(),
})
export type Problem = z.output<typeof problemSchema>

/** Documents the errors of a route: `response: { 200: …, ...problems(400, 401, 404) }`. */
export function problems<Status extends number>(...statuses: Status[]) {
  const response = {
    description: 'Problem details (RFC 9457)',
    content: { [problemContentType]: { schema: problemSchema } },
  }
  return Object.fromEntries(statuses.map((status) => [status, response])) as Record<Status, typeof response>
}

/** An `AppError` for fields that a schema alone cannot check. */
export function invalidFields(errors: FieldError[]): AppError {
  return new AppError('validation_failed', { details: { errors } })
}

/** `input` as `schema` reads it. @throws AppError `validation_failed` with the failing fields. */
export function parseFields<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw invalidFields(
    parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message })),
  )
}

const codeOfStatus: Record<number, ErrorCode> = {
  400: 'bad_request',
  401: 'not_authenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  410: 'gone',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  416: 'range_not_satisfiable',
  429: 'rate_limited',
  503: 'unavailable',
}

/** Any thrown value as an `AppError` that says to the caller what the caller may know. */
export function errorForCaller(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isUnavailable(error)) return new AppError('unavailable', { cause: error })
  const { validation, validationContext, statusCode, message } = (error ?? {}) as Partial<FastifyError>
  if (validation) {
    const errors = validation.map((issue) => ({
      field: issue.instancePath.replace(/^\//, '').replaceAll('/', '.'),
      message: issue.message ?? 'Not valid',
    }))
    return new AppError('validation_failed', {
      message: `The ${validationContext === 'querystring' ? 'query' : (validationContext ?? 'request')} is not valid: ${errors
        .map((issue) => (issue.field ? `${issue.field}: ${issue.message}` : issue.message))
        .join('; ')}`,
      details: { errors },
      cause: error,
    })
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new AppError(codeOfStatus[statusCode] ?? 'bad_request', { message, cause: error })
  }
  return toAppError(error)
}

/** The body of an error's answer; internal errors carry nothing but their title. */
export function toProblem(error: AppError, request: { url: string; id: string }): Problem {
  const hidden = error.code === 'internal'
  return {
    ...(hidden ? {} : error.details),
    type: error.code === 'rate_limited' ? quotaExceededType : `urn:timbre:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: hidden
      ? 'Something went wrong on our side. The request id helps to find it in the log.'
      : error.message,
    instance: request.url.split('?', 1)[0] ?? '/',
    code: error.code,
    request_id: request.id,
  }
}

/** Answers with problem details. What the server did wrong is logged as an error, what the caller did as information. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = errorForCaller(error)
  if (known.status >= 500) request.log.error({ err: known.cause ?? known, code: known.code }, known.message)
  else request.log.info({ code: known.code, detail: known.message }, 'request refused')
  const retryAfterSeconds = known.details.retry_after_seconds
  if (typeof retryAfterSeconds === 'number') reply.header('retry-after', String(retryAfterSeconds))
  else if (known.code === 'unavailable') reply.header('retry-after', String(defaultRetryAfterSeconds))
  if (known.status === 401) reply.header('www-authenticate', 'Bearer realm="timbre"')
  // Bytes pass by the serializer of the route's own answers, and get no charset, which this media type has none of.
  return reply
    .code(known.status)
    .header('cache-control', 'no-store')
    .header('content-type', problemContentType)
    .send(Buffer.from(JSON.stringify(toProblem(known, request))))
}

/** For Fastify's `frameworkErrors` option: addresses that cannot be parsed never reach the error handler. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void sendProblem(error, request, reply)
}

export function addProblemHandlers(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new AppError('not_found', { message: `There is no ${request.method} ${request.url.split('?', 1)[0]}` }),
      request,
      reply,
    ),
  )
}
