import { invalidFields } from '../../../platform/http'

/**
 * Where a gateway sends the customer afterwards: a path or a whole address of our own origin.
 * @throws AppError `validation_failed` for any other, so that a checkout is no way to send people elsewhere.
 */
export function returnAddress(field: string, given: string, publicUrl: string): string {
  const url = URL.canParse(given, publicUrl) ? new URL(given, publicUrl) : null
  if (url?.origin === new URL(publicUrl).origin && !url.username && !url.password) return url.href
  throw invalidFields([{ field, message: `Must be a path or an address of ${new URL(publicUrl).origin}` }])
}
