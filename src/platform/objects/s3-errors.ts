import { AppError, toAppError } from '../errors'

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'SlowDown',
  'ServiceUnavailable',
  'InternalError',
])
const refused = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
])
const full = new Set(['XMinioStorageFull', 'QuotaExceeded', 'EntityTooLarge'])

/** What the S3 client or the network threw, in the product's words. */
export function mapS3Error(error: unknown): AppError {
  if (error instanceof AppError) return error
  const code = s3Code(error) ?? ''
  if (isMissing(error))
    return new AppError('not_found', { message: 'There is no such object.', cause: error })
  // minio reports a server that keeps answering 5xx by message only.
  if (unreachable.has(code) || (error instanceof Error && error.message.includes('Retryable HTTP status'))) {
    return new AppError('unavailable', { message: 'The object store cannot be reached.', cause: error })
  }
  if (refused.has(code) || code === 'NoSuchBucket') {
    return new AppError('unavailable', {
      message: `The object store refuses this server (${code}): check the S3 settings.`,
      cause: error,
    })
  }
  if (full.has(code)) return new AppError('disk_full', { cause: error })
  return toAppError(error)
}

export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(s3Code(error) ?? '')
}

export function s3Code(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
