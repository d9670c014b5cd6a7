import type { Origin, Passage, Reading } from '../passage'
import type { Prosody } from '../utterance'

type Mutable<Item> = {
  -readonly [Key in keyof Item]: Item[Key] extends readonly (infer Part)[] ? Part[] : Item[Key]
}

/** Gathers passages from pieces of text and what is asked for between them. */
export interface PassageBuilder {
  /** Decoded text; `source` is where it stands, `length` that of an entity which stands for all of it. */
  text(text: string, source: number, length: number | null): void
  style(prosody: Prosody, language: string): void
  pause(seconds: number): void
  mark(name: string, source: number): void
  sentenceEnd(): void
  /** Ends the passage; nothing where there is nothing in it. */
  end(): void
  /** Where the next text will stand. */
  readonly offset: number
  read(start: number, reading: Reading): void
  readonly passages: Passage[]
}

export function createPassageBuilder(prosody: Prosody, language: string): PassageBuilder {
  const passages: Passage[] = []
  let style = { prosody, language }
  let current = empty()

  function empty(): Mutable<Passage> {
    return {
      text: '',
      origins: [],
      styles: [{ at: 0, ...style }],
      readings: [],
      pauses: [],
      sentenceEnds: [],
      marks: [],
      endsParagraph: true,
    }
  }

  return {
    passages,
    get offset() {
      return current.text.length
    },
    text(text, source, length) {
      current.origins.push({ at: current.text.length, source, length } satisfies Origin)
      current.text += text
    },
    style(nextProsody, nextLanguage) {
      style = { prosody: nextProsody, language: nextLanguage }
      const at = current.text.length
      if (current.styles.at(-1)!.at === at) current.styles.pop()
      current.styles.push({ at, ...style })
    },
    pause(seconds) {
      current.pauses.push({ at: current.text.length, seconds })
    },
    mark(name, source) {
      if (current.origins.length === 0) current.origins.push({ at: 0, source, length: null })
      current.marks.push({ at: current.text.length, name })
    },
    sentenceEnd() {
      if (current.text.length > 0) current.sentenceEnds.push(current.text.length)
    },
    read(start, reading) {
      const text = current.text.slice(start)
      const lead = text.length - text.trimStart().length
      const end = start + text.trimEnd().length
      if (end > start + lead) current.readings.push({ at: start + lead, end, reading })
    },
    end() {
      if (current.text.trim() !== '' || current.pauses.length > 0 || current.marks.length > 0)
        passages.push(current)
      current = empty()
    },
  }
}
