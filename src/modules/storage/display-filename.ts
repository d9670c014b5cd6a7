import { toUSVString } from 'node:util'

const longest = 200
/** Control characters, and marks that make a name read differently from what it is. */
const invisible = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]/gu

/**
 * A file name as it may be shown and offered for saving: the last part of a path, without control and direction marks,
 * at most 200 characters with its ending kept. It is metadata only and never becomes a path.
 */
export function displayFilename(given: string): string {
  const last = given.split(/[/\\]/).pop() ?? ''
  const clean = toUSVString(last)
    .normalize('NFC')
    .replace(invisible, '')
    .replace(/[<>:"|?*]/g, '_')
    .trim()
  if (/^\.*$/.test(clean)) return 'upload'
  const characters = [...clean]
  if (characters.length <= longest) return clean
  const ending = /\.[\p{L}\p{N}]{1,10}$/u.exec(clean)?.[0] ?? ''
  return characters.slice(0, longest - ending.length).join('') + ending
}
