/** A place in a sentence where something that is not a plain word may begin. */
export interface Place {
  text: string
  start: number
  /** Behind the match. */
  end: number
  /** Whether the sentence is written in capitals throughout. */
  capitals: boolean
}

/**
 * A way of reading what is not a plain word. The words come parted by spaces; a capital letter with a full stop (`F.`)
 * is the letter's name.
 */
export interface ReadingRule {
  /** Sticky. */
  pattern: RegExp
  /** Null where it is something else after all. */
  read(match: RegExpExecArray, place: Place): string | null
}

/** The word before a place as it is written; empty at the beginning of a sentence. */
export function wordBefore({ text, start }: Pick<Place, 'text' | 'start'>): string {
  return /([\p{L}\p{N}.'’]+)[,)]?[\s"'“(-]*$/u.exec(text.slice(Math.max(0, start - 32), start))?.[1] ?? ''
}

/** The word after a place as it is written; empty where punctuation or the end follows. */
export function wordAfter({ text, end }: Pick<Place, 'text' | 'end'>): string {
  return /^[\s-]+([\p{L}\p{N}'’]+)/u.exec(text.slice(end, end + 32))?.[1] ?? ''
}

/** The names of letters, and digits one by one. */
export function letterNames(letters: string): string {
  return Array.from(letters.toUpperCase(), (letter) => `${letter}.`).join(' ')
}
