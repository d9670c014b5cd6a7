import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError, type ErrorCode } from '../../platform/errors'
import { errorForCaller } from '../../platform/http'

export const openAiErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
})
export type OpenAiError = z.output<typeof openAiErrorSchema>

/** Documents the errors of a route: `response: { 200: …, ...openAiErrors(400, 401) }`. */
export function openAiErrors<Status extends number>(...statuses: Status[]) {
  return Object.fromEntries(
    statuses.map((status) => [status, openAiErrorSchema.describe('In OpenAI’s form')]),
  ) as Record<Status, typeof openAiErrorSchema>
}

/** A field that cannot be honoured, by its name. */
export function refused(param: string, message: string, reason = 'invalid_value'): AppError {
  return new AppError('bad_request', { message, details: { param, reason } })
}

interface OpenAiKind {
  status?: number
  type: string
  code: string | null
  param?: string
}

const request = 'invalid_request_error'
const key: OpenAiKind = { status: 401, type: request, code: 'invalid_api_key' }
const permission: OpenAiKind = { status: 403, type: request, code: 'insufficient_permissions' }
const quota: OpenAiKind = { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' }

/** What OpenAI calls our errors; others keep their status and code. */
const kinds: Partial<Record<ErrorCode, OpenAiKind>> = {
  not_authenticated: key,
  token_invalid: key,
  token_expired: key,
  insufficient_scope: permission,
  forbidden: permission,
  account_suspended: { status: 403, type: request, code: 'account_deactivated' },
  insufficient_minutes: quota,
  key_limit_reached: quota,
  rate_limited: { type: 'requests', code: 'rate_limit_exceeded' },
  model_not_found: { type: request, code: 'model_not_found', param: 'model' },
  model_file_missing: { status: 404, type: request, code: 'model_not_found', param: 'model' },
  text_too_long: { status: 400, type: request, code: 'string_above_max_length', param: 'input' },
  not_implemented: { type: request, code: 'not_implemented' },
  invalid_media: { status: 400, type: request, code: 'invalid_value', param: 'file' },
  unsupported_media: { status: 400, type: request, code: 'invalid_value', param: 'file' },
  media_too_long: { status: 400, type: request, code: 'invalid_value', param: 'file' },
  unsupported_media_type: { status: 400, type: request, code: 'invalid_value' },
}

/** Fields of ours that OpenAI calls otherwise. */
const theirNames: Record<string, string> = { voice_id: 'voice', keyterms: 'keywords', input_data: 'input' }

interface OpenAiAnswer {
  status: number
  body: OpenAiError
}

/** An error as OpenAI would tell it. */
export function toOpenAiError(error: AppError): OpenAiAnswer {
  const kind = kinds[error.code]
  const status = kind?.status ?? (error.status === 422 || error.status === 424 ? 400 : error.status)
  const { param, reason } = error.details
  const hidden = error.code === 'internal'
  return {
    status,
    body: {
      error: {
        message: hidden ? 'The server had an error while processing your request.' : error.message,
        type: kind?.type ?? (status >= 500 ? 'server_error' : request),
        param: typeof param === 'string' ? param || null : (kind?.param ?? firstField(error)),
        code: typeof reason === 'string' ? reason : (kind?.code ?? (status >= 500 ? null : error.code)),
      },
    },
  }
}

function firstField({ details }: AppError): string | null {
  const { errors, fields } = details as { errors?: { field: string }[]; fields?: { path: string }[] }
  const name = errors?.[0]?.field ?? fields?.[0]?.path ?? null
  return name === null || name === '' ? null : (theirNames[name] ?? name)
}

/** The error handler of everything under `/v1`. */
export function answerError(
  error: FastifyError | AppError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = ofValidation(error) ?? errorForCaller(error)
  const { status, body } = toOpenAiError(known)
  if (status >= 500) request.log.error({ err: known.cause ?? known, code: known.code }, known.message)
  else request.log.info({ code: known.code, detail: known.message }, 'request refused')
  const seconds = known.details.retry_after_seconds
  if (typeof seconds === 'number') reply.header('retry-after', String(seconds))
  // The official clients try 409, 429 and 5xx again of their own accord.
  if (!known.retryable && known.code !== 'rate_limited') reply.header('x-should-retry', 'false')
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(Buffer.from(JSON.stringify(body)))
}

/** Names unknown fields as well, which the general form of such an error only mentions. */
function ofValidation(error: FastifyError | AppError): AppError | null {
  const issue = 'validation' in error ? error.validation?.[0] : undefined
  if (!issue) return null
  const unknown = (issue.params as { keys?: string[] } | undefined)?.keys?.[0]
  if (unknown !== undefined) return unknownField(unknown)
  const param = issue.instancePath.slice(1).split('/', 1)[0] ?? ''
  return refused(param, `${param ? `'${param}': ` : ''}${issue.message ?? 'Not valid'}`)
}

function unknownField(name: string): AppError {
  return refused(name, `Unknown or unsupported parameter: '${name}'.`, 'unknown_parameter')
}

/** `input` as `schema` reads it. @throws AppError that names the first failing field. */
export function parseForm<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  if (issue.code === 'unrecognized_keys') throw unknownField(issue.keys[0] ?? '')
  const param = String(issue.path[0] ?? '')
  throw refused(param, `${param ? `'${param}': ` : ''}${issue.message}`)
}
