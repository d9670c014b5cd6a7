/**
 * Every error that the product means to tell somebody about. `status` is the HTTP status, `title` the fixed
 * RFC 9457 title, `retryable` whether the same job may succeed on another attempt (infrastructure, not input).
 */
const errorTable = {
  // requests
  bad_request: { status: 400, title: 'Bad request', retryable: false },
  validation_failed: { status: 400, title: 'Some fields are not valid', retryable: false },
  not_authenticated: { status: 401, title: 'Log in first', retryable: false },
  invalid_credentials: { status: 401, title: 'Wrong user name or password', retryable: false },
  token_expired: { status: 401, title: 'The token has expired', retryable: false },
  token_invalid: { status: 401, title: 'The token is not valid', retryable: false },
  refresh_token_reused: { status: 401, title: 'The refresh token was used before', retryable: false },
  mfa_code_invalid: { status: 401, title: 'Wrong code', retryable: false },
  insufficient_minutes: { status: 402, title: 'Not enough minutes', retryable: false },
  key_limit_reached: { status: 402, title: 'The limit of the key is reached', retryable: false },
  not_downloaded: { status: 402, title: 'Not downloaded yet', retryable: false },
  forbidden: { status: 403, title: 'Not allowed', retryable: false },
  insufficient_scope: { status: 403, title: 'The key may not do this', retryable: false },
  paid_account_needed: { status: 403, title: 'Only for paid accounts', retryable: false },
  csrf_failed: { status: 403, title: 'The request did not come from this site', retryable: false },
  mfa_setup_required: { status: 403, title: 'Set up a second factor first', retryable: false },
  email_not_verified: { status: 403, title: 'Confirm your e-mail address first', retryable: false },
  licence_forbids_sale: { status: 403, title: 'The licence forbids to sell this', retryable: false },
  account_suspended: { status: 403, title: 'The account is suspended', retryable: false },
  signature_invalid: { status: 403, title: 'The signed address is not valid', retryable: false },
  signature_expired: { status: 403, title: 'The signed address has expired', retryable: false },
  not_found: { status: 404, title: 'Not found', retryable: false },
  method_not_allowed: { status: 405, title: 'Method not allowed', retryable: false },
  conflict: { status: 409, title: 'In conflict with the present state', retryable: false },
  username_taken: { status: 409, title: 'The user name is taken', retryable: false },
  email_taken: { status: 409, title: 'The e-mail address is taken', retryable: false },
  job_not_completed: { status: 409, title: 'The job is not completed', retryable: false },
  idempotency_in_flight: {
    status: 409,
    title: 'The same request is still being worked on',
    retryable: false,
  },
  upload_incomplete: { status: 409, title: 'The upload is not there yet', retryable: false },
  gone: { status: 410, title: 'No longer there', retryable: false },
  link_invalid: { status: 410, title: 'The link is not valid any more', retryable: false },
  payload_too_large: { status: 413, title: 'Too large', retryable: false },
  range_not_satisfiable: { status: 416, title: 'The range lies outside of the object', retryable: false },
  unsupported_media_type: { status: 415, title: 'Unsupported content type', retryable: false },
  idempotency_mismatch: {
    status: 422,
    title: 'The idempotency key was used with another body',
    retryable: false,
  },
  payments_off: { status: 409, title: 'Payments are off', retryable: false },
  plan_not_for_sale: { status: 409, title: 'The plan is not for sale', retryable: false },
  gateway_unsuitable: {
    status: 409,
    title: 'The payment gateway cannot take this plan',
    retryable: false,
  },
  gateway_refused: { status: 502, title: 'The payment gateway refused', retryable: false },
  webhook_refused: { status: 400, title: 'The webhook is not genuine', retryable: false },
  rate_limited: { status: 429, title: 'Too many requests', retryable: false },
  // media, parameters, models: the reason of a failed job
  invalid_media: { status: 422, title: 'The file could not be read as audio', retryable: false },
  unsupported_media: { status: 422, title: 'This kind of file is not supported', retryable: false },
  media_too_long: { status: 422, title: 'The audio is too long', retryable: false },
  invalid_parameter: { status: 422, title: 'A parameter is not valid', retryable: false },
  text_too_long: { status: 422, title: 'The text is too long', retryable: false },
  model_not_found: { status: 404, title: 'No such model', retryable: false },
  model_file_missing: { status: 424, title: "The model's files are not installed", retryable: false },
  model_corrupt: { status: 424, title: "The model's files are damaged", retryable: false },
  voice_withdrawn: { status: 410, title: 'The voice was withdrawn', retryable: false },
  upload_expired: { status: 410, title: 'The upload did not arrive in time', retryable: false },
  deadline_exceeded: { status: 504, title: 'The job took longer than it may', retryable: false },
  canceled: { status: 409, title: 'Canceled', retryable: false },
  engine_failed: { status: 500, title: 'The model failed on this input', retryable: false },
  runner_crashed: { status: 500, title: 'The audio process crashed', retryable: true },
  checksum_mismatch: { status: 500, title: 'The stored object is damaged', retryable: false },
  disk_full: { status: 507, title: 'No space left on the storage', retryable: true },
  not_implemented: { status: 501, title: 'Not there yet', retryable: false },
  // infrastructure
  unavailable: { status: 503, title: 'Temporarily unavailable', retryable: true },
  internal: { status: 500, title: 'Internal error', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

export type ErrorCode = keyof typeof errorTable

export interface AppErrorOptions {
  /** What happened and what the reader can do about it. Defaults to the code's title. */
  message?: string
  cause?: unknown
  /** Machine-readable facts that are safe to show to the caller. */
  details?: Record<string, unknown>
}

/** The one error class of the product: a stable code, looked up in one table. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly title: string
  readonly retryable: boolean
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorTable[code].title, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.status = errorTable[code].status
    this.title = errorTable[code].title
    this.retryable = errorTable[code].retryable
    this.details = options.details ?? {}
  }
}

/** Narrows by shape as well, so that errors survive being sent between processes. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && code in errorTable
}

/** Any thrown value as an `AppError`; unknown ones become `internal` with the original as cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  return new AppError('internal', { cause: error })
}
