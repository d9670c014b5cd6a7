/** Scripts without spaces between words: each of their characters is a token of its own. */
const unspaced =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]'
const tokenOf = (letter: string) => new RegExp(`${unspaced}\\p{M}*|(?:(?!${unspaced})${letter})+`, 'gu')
const token = tokenOf('[\\p{L}\\p{N}\\p{M}]')
const patternToken = tokenOf('[\\p{L}\\p{N}\\p{M}*?]')
const unspacedToken = new RegExp(`^${unspaced}`, 'u')

/** In other scripts marks are letters: without its vowel signs Hindi could not be told apart. */
const accents = /(?<=[\p{Script=Latin}\p{Script=Greek}][\u0300-\u036f]*)[\u0300-\u036f]/gu
/** Hebrew and Arabic points, and the stroke that stretches Arabic words. */
const points = /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670]|\u0640/gu
const alternatives: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ı: 'i',
  ё: 'е',
}
const alternative = new RegExp(`[${Object.keys(alternatives).join('')}]`, 'gu')
const apostrophe = /['’ʼ‘`´＇]/gu
const possessive = /(?<=\p{L})'s(?!\p{L})/gu
/** “U.S.A.” is one word. */
const acronymDot = /(?<=(?<!\p{L})\p{L})\.(?=\p{L}(?!\p{L}))/gu

/**
 * The tokens of a text as searches compare them: “Well-known” gives `well` and `known`, “Peter’s” gives `peter`,
 * “北京” gives `北` and `京`.
 */
export function searchTokens(text: string): string[] {
  return fold(text).match(token) ?? []
}

/** The tokens of what somebody looks for, where `*` and `?` stand for letters. */
export function patternTokens(text: string): string[] {
  return fold(text).match(patternToken) ?? []
}

/** Whether a token is one character of a script without spaces. */
export function isUnspaced(searchToken: string): boolean {
  return unspacedToken.test(searchToken)
}

/** Case, accents, ligatures, width, apostrophes and the English possessive make no difference. */
function fold(text: string): string {
  return text
    .replace(apostrophe, "'")
    .normalize('NFKD')
    .toLowerCase()
    .replace(accents, '')
    .replace(points, '')
    .normalize('NFC')
    .replace(alternative, (letter) => alternatives[letter]!)
    .replace(possessive, '')
    .replaceAll("'", '')
    .replace(acronymDot, '')
}
