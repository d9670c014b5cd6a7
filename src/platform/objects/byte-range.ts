export type RequestedRange =
  | { kind: 'whole' }
  | { kind: 'unsatisfiable' }
  /** `end` is inclusive. */
  | { kind: 'part'; start: number; end: number }

/**
 * The `Range` header of a GET, by RFC 9110, section 14. What is not one well-formed byte range is ignored, as the RFC
 * allows: several ranges at once are answered with the whole object.
 */
export function parseRange(header: string | undefined, bytes: number): RequestedRange {
  const match = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/.exec(header?.trim() ?? '')
  if (!match) return { kind: 'whole' }
  const [, first, last, suffix] = match
  if (suffix !== undefined) {
    if (Number(suffix) === 0 || bytes === 0) return { kind: 'unsatisfiable' }
    return { kind: 'part', start: Math.max(0, bytes - Number(suffix)), end: bytes - 1 }
  }
  const start = Number(first)
  const end = last === undefined ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (last !== undefined && Number(last) < start) return { kind: 'whole' }
  return start >= bytes ? { kind: 'unsatisfiable' } : { kind: 'part', start, end }
}
