import type { Phone, Prosody } from './utterance'

export const plainProsody: Prosody = { rate: 1, pitchSemitones: 0, volumeDb: 0, emphasis: 'none' }

/** Longest silence that may be asked for at one place. */
export const LONGEST_PAUSE_SECONDS = 60

/** How a stretch is to be read, where its text alone does not say it. */
export type Reading =
  | { kind: 'say-as'; interpretAs: string; format: string | null; detail: string | null }
  | { kind: 'alias'; text: string }
  | { kind: 'phones'; words: readonly (readonly Phone[])[] }

/** A paragraph without its markup. Offsets are of `text`, UTF-16, in ascending order. */
export interface Passage {
  text: string
  /** Where its characters stand in the input; each holds to the next. */
  origins: readonly Origin[]
  /** Each holds to the next; the first is at 0. */
  styles: readonly { at: number; prosody: Prosody; language: string }[]
  /** In order, not overlapping. */
  readings: readonly { at: number; end: number; reading: Reading }[]
  pauses: readonly { at: number; seconds: number }[]
  /** Where a sentence ends whatever the text says. */
  sentenceEnds: readonly number[]
  marks: readonly { at: number; name: string }[]
  /** False for a part of a paragraph that goes on. */
  endsParagraph: boolean
}

/** From `at` on, characters follow `source` one by one; an entity's stand for `length` characters all together. */
export interface Origin {
  at: number
  source: number
  length: number | null
}

/** Where a stretch of a passage stands in the input. */
export function sourceRange(
  origins: readonly Origin[],
  start: number,
  end: number,
): { start: number; end: number } {
  const first = originAt(origins, start)
  const last = originAt(origins, Math.max(start, end - 1))
  return {
    start: first.source + (first.length === null ? start - first.at : 0),
    end: last.source + (last.length ?? end - last.at),
  }
}

function originAt(origins: readonly Origin[], offset: number): Origin {
  return lastAt(origins, offset) ?? { at: 0, source: 0, length: null }
}

/** The last of what is sorted by `at` that does not begin behind the offset. */
export function lastAt<Item extends { at: number }>(items: readonly Item[], offset: number): Item | null {
  return items[lastIndexAt(items, offset)] ?? null
}

/** The index of `lastAt`; −1 where all begin behind the offset. */
export function lastIndexAt(items: readonly { at: number }[], offset: number): number {
  let low = -1
  let high = items.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (items[middle]!.at <= offset) low = middle
    else high = middle - 1
  }
  return low
}
