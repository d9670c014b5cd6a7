import { letterNames, type ReadingRule } from '../reading-rule'
import type { Numerals } from './numerals'

const DOMAINS =
  'com|org|net|edu|gov|mil|io|co|uk|in|de|fr|es|info|dev|app|ai|tv|me|us|eu|ca|au|nz|jp|cn|ly|biz|xyz|tech'
const EXTENSIONS =
  'pdf|docx?|xlsx?|pptx?|txt|csv|json|xml|html?|css|jsx?|tsx?|mjs|py|rb|rs|go|java|cpp|md|zip|gz|tar|jpe?g|png|gif|svg|webp|mp[34]|wav|flac|ogg|mov|avi|exe|dmg|ini|ya?ml|log|sql|sh|toml|onnx'
const signNames: Readonly<Record<string, string>> = {
  '.': 'dot',
  '/': 'slash',
  '-': 'dash',
  _: 'underscore',
  '@': 'at',
  '?': 'question mark',
  '=': 'equals',
  '&': 'and',
  '#': 'hash',
  ':': 'colon',
  '%': 'percent',
  '+': 'plus',
  '~': 'tilde',
  '\\': 'backslash',
}
/** Endings and words of addresses that are said as words. */
const said = new Set([
  'com',
  'org',
  'net',
  'gov',
  'edu',
  'info',
  'dev',
  'app',
  'doc',
  'docs',
  'zip',
  'tar',
  'wav',
  'log',
  'go',
  'java',
  'index',
  'me',
  'mil',
  'biz',
  'tech',
  'toml',
  'gif',
  'blog',
  'wiki',
  'git',
])
const namedEndings: Readonly<Record<string, string>> = {
  jpg: 'J. peg',
  jpeg: 'J. peg',
  json: 'jason',
  yaml: 'yamel',
  yml: 'yamel',
  mp3: 'M. P. three',
  mp4: 'M. P. four',
}

/** URLs, e-mail addresses, file names, hashtags and handles. */
export function addressRules(numerals: Numerals, isWord: (word: string) => boolean): ReadingRule[] {
  const spell = (text: string) => readSigns(numerals, isWord, text)
  return [
    {
      pattern: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/y,
      read: ([address]) => spell(address),
    },
    {
      pattern: /(?:(?:https?|ftp):\/\/|(?=www\.))([^\s<>"'()[\]{}]*[\w/])/iy,
      read: ([, address]) => spell(address!.replace(/\/$/, '')),
    },
    {
      pattern: new RegExp(
        String.raw`(?:[\w-]+\.)+(?:${DOMAINS})(?::\d+)?(?:\/[\w./?=&%#~+-]*[\w/])?(?![\w@])`,
        'iy',
      ),
      read: ([address]) => (/[a-z]/i.test(address) ? spell(address.replace(/\/$/, '')) : null),
    },
    {
      pattern: new RegExp(
        String.raw`(?:[A-Z]:\\|~?\/)?[\w-]+(?:[/\\.][\w-]+)*\.(?:${EXTENSIONS})(?![\w])`,
        'iy',
      ),
      read: ([name]) => spell(name),
    },
    {
      pattern: /(?:\.{0,2}\/)(?:[\w.-]+\/)*[\w.-]*\w\/?(?=[\s,.;!?)]|$)/y,
      read: ([name], place) => (/(?:^|\s)$/.test(place.text.slice(0, place.start)) ? spell(name) : null),
    },
    { pattern: /#([\p{L}_][\p{L}\p{N}_]*)/uy, read: ([, tag]) => `hashtag ${spell(tag!)}` },
    { pattern: /@([\p{L}_][\p{L}\p{N}_.]*[\p{L}\p{N}_])/uy, read: ([, name]) => `at ${spell(name!)}` },
    { pattern: /[\p{L}\p{N}]+(?:_[\p{L}\p{N}]+)+/uy, read: ([name]) => spell(name) },
  ]
}

/** A technical name: its words, its signs by their names. */
function readSigns(numerals: Numerals, isWord: (word: string) => boolean, text: string): string {
  const parts = text.match(/\.mp[34]$|\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{L}+|\d+|[^\p{L}\d\s]/gu) ?? []
  return parts
    .map((part) => {
      if (part.startsWith('.mp')) return `dot ${namedEndings[part.slice(1)]}`
      if (/^\d+$/.test(part))
        return part.length > 4 || part.startsWith('0')
          ? numerals.digits(part)
          : part.length === 4 && /^(?:19|20)/.test(part)
            ? numerals.year(part)
            : numerals.cardinal(part)
      if (!/^\p{L}+$/u.test(part)) return signNames[part] ?? ''
      const word = part.toLowerCase()
      if (namedEndings[word]) return namedEndings[word]
      if (said.has(word)) return word
      return isSaid(word, isWord) ? word : letterNames(word)
    })
    .filter((word) => word !== '')
    .join(' ')
}

const ending = new RegExp(`^(?:${DOMAINS}|${EXTENSIONS})$`)

/** Whether a part of an address can be said as a word. */
function isSaid(word: string, isWord: (word: string) => boolean): boolean {
  if (!/[aeiouy]/.test(word)) return false
  return word.length > 3 || (isWord(word) && !ending.test(word))
}
