import type { SpokenWord, Utterance } from '../../../text/utterance'

const plain = { rate: 1, pitchSemitones: 0, volumeDb: 0, emphasis: 'none' } as const

export function word(spoken: string, changes: Partial<SpokenWord> = {}): SpokenWord {
  return {
    ...{ spoken, written: spoken, source: { start: 0, end: spoken.length } },
    ...{ phones: phonesOf(spoken), boundary: 'none', pauseAfterSeconds: null, prosody: plain },
    ...changes,
  }
}

/** A vowel for each vowel, a T for everything else; none for words that are not English. */
function phonesOf(spoken: string): string[] | null {
  if (!/^[a-z']+$/i.test(spoken)) return null
  return [...spoken.toLowerCase()].map((letter) => (/[aeiouy]/.test(letter) ? 'AH1' : 'T'))
}

/** Splits at spaces and after full stops; a paragraph ends at an empty line. Good for nothing but tests. */
export function* simpleUtterances(text: string): Generator<Utterance> {
  for (const paragraph of text.split('\n\n')) {
    const sentences = paragraph.split(/(?<=[.?!])\s+/).map((sentence) =>
      sentence
        .split(/\s+/)
        .filter((part) => /[\p{L}\p{N}]/u.test(part))
        .map((part) => ({ part, bare: part.replaceAll(/[.,?!]/g, '') })),
    )
    const spoken = sentences.filter((words) => words.length > 0)
    for (const [index, words] of spoken.entries()) {
      yield {
        words: words.map(({ part, bare }, at) =>
          word(bare, {
            written: part,
            boundary: at === words.length - 1 ? 'statement' : part.endsWith(',') ? 'minor' : 'none',
          }),
        ),
        endsParagraph: index === spoken.length - 1,
      }
    }
  }
}
