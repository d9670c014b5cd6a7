import { AppError } from '../errors'

const longestKey = 512
const longestSegment = 128
/** No separators, no control characters, no leading dot: neither `..` nor a hidden file can be spelled. */
const segmentPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/

/** Whether `key` may name an object; true keys are also safe as relative paths on every platform. */
export function isObjectKey(key: string): boolean {
  return (
    key.length <= longestKey &&
    key.split('/').every((segment) => segment.length <= longestSegment && segmentPattern.test(segment))
  )
}

/** @throws AppError `bad_request` */
export function assertObjectKey(key: string): void {
  if (!isObjectKey(key)) throw new AppError('bad_request', { message: 'This is not an object key.' })
}
