import { AppError } from '../../platform/errors'

const mediaType = /^(?:audio|video)\/[a-z0-9][a-z0-9.+-]{0,80}$/
const alsoAccepted = new Set(['application/octet-stream', 'application/ogg'])

/** Types that every browser plays and seeks in. */
const playable = new Set([
  ...['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'audio/mpeg', 'audio/mp3', 'audio/mp4'],
  ...['audio/x-m4a', 'audio/m4a', 'audio/aac', 'audio/flac', 'audio/x-flac', 'video/mp4'],
])

/** Whether an upload of this type can be listened to as it is. */
export function isPlayable(contentType: string): boolean {
  return playable.has(contentType)
}

/**
 * The type of an upload without parameters, in lower case. It is only a first filter: what a file holds is found out by
 * probing it.
 * @throws AppError `unsupported_media_type`
 */
export function acceptedContentType(given: string): string {
  const type = given.split(';', 1)[0]!.trim().toLowerCase()
  if (mediaType.test(type) || alsoAccepted.has(type)) return type
  throw new AppError('unsupported_media_type', {
    message: 'Send audio or video: audio/*, video/*, application/ogg or application/octet-stream.',
  })
}
