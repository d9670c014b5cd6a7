import { AppError } from '../../platform/errors'
import { maxTextCharacters } from './index'
import type { ClipTask } from './music-maker'

/** @throws AppError `text_too_long`, or `invalid_parameter` for a recording. */
export function wordsOf({ input }: Pick<ClipTask, 'input'>): string {
  if (input.kind !== 'text') {
    throw new AppError('invalid_parameter', { message: 'This model makes clips of words or emoji.' })
  }
  if (input.text.length <= maxTextCharacters) return input.text
  throw new AppError('text_too_long', {
    message: `The text has ${input.text.length} characters; at most ${maxTextCharacters} are taken.`,
  })
}
