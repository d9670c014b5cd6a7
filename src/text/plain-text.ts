import { LONGEST_PAUSE_SECONDS, plainProsody, type Origin, type Passage } from './passage'

const paragraphEnd = /\r?\n[ \t]*(?:\r?\n\s*)+/g
const pauseMark = /\[pause:\s*(\d+(?:\.\d+)?|\.\d+)\s*(ms|s)\]/gi

/** Paragraphs (parted by empty lines) of a text that may hold `[pause:1.5s]` and `[pause:300ms]`. */
export function* plainPassages(text: string, language: string): Generator<Passage> {
  let start = 0
  for (const { index, 0: gap } of text.matchAll(paragraphEnd)) {
    if (index > start) yield plainPassage(text.slice(start, index), start, language)
    start = index + gap.length
  }
  if (start < text.length) yield plainPassage(text.slice(start), start, language)
}

function plainPassage(text: string, source: number, language: string): Passage {
  const origins: Origin[] = []
  const pauses: Passage['pauses'][number][] = []
  let kept = ''
  let from = 0
  const keep = (to: number) => {
    origins.push({ at: kept.length, source: source + from, length: null })
    kept += text.slice(from, to)
  }
  for (const match of text.matchAll(pauseMark)) {
    keep(match.index)
    from = match.index + match[0].length
    const seconds = Number(match[1]) / (match[2]!.toLowerCase() === 'ms' ? 1000 : 1)
    pauses.push({ at: kept.length, seconds: Math.min(seconds, LONGEST_PAUSE_SECONDS) })
  }
  keep(text.length)
  return {
    text: kept,
    origins,
    styles: [{ at: 0, prosody: plainProsody, language }],
    readings: [],
    pauses,
    sentenceEnds: [],
    marks: [],
    endsParagraph: true,
  }
}
