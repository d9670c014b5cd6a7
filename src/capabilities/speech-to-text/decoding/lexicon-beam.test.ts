import { describe, expect, it } from 'vitest'
import { parseArpa } from './arpa-reader'
import { emissionsFromLogits } from './emissions'
import type { Topology } from './hypothesis'
import { createLexicon } from './lexicon'
import { createLexiconDecoder, type LexiconBeamOptions, type PhraseEntry } from './lexicon-beam'
import { createPace } from './pacing'
import { alignWords } from './word-times'

const SOUNDS = ['-', '_', 'K', 'AE', 'T', 'S', 'AY', 'D']
const at = (sound: string) => SOUNDS.indexOf(sound)
const lexicon = createLexicon([
  ['cat', ['K', 'AE', 'T'].map(at)],
  ['sat', ['S', 'AE', 'T'].map(at)],
  ['sight', ['S', 'AY', 'T'].map(at)],
  ['site', ['S', 'AY', 'T'].map(at)],
  ['i', [at('AY')]],
  ['eye', [at('AY')]],
  ['side', ['S', 'AY', 'D'].map(at)],
])
const lm = parseArpa(
  [
    ...['\\data\\', 'ngram 1=10', 'ngram 2=3', '', '\\1-grams:'],
    ...['-99 <s> 0', '-1 </s>', '-3 <unk>', '-1 cat 0', '-1 sat 0', '-1.2 site 0', '-1.3 sight 0', '-1 i 0'],
    ...[
      '-2 eye 0',
      '-1 side 0',
      '',
      '\\2-grams:',
      '-0.1 cat sat',
      '-0.1 cat sight',
      '-3 sat eye',
      '',
      '\\end\\',
    ],
  ].join('\n'),
)

/** A frame a sound, the given one much the likeliest. */
function frames(sounds: string, strength = 6) {
  const said = sounds.split(' ')
  const logits = said.flatMap((sound) => SOUNDS.map((other) => (other === sound ? strength : 0)))
  return emissionsFromLogits(Float32Array.from(logits), said.length, SOUNDS.length)
}

function decode(
  sounds: string,
  more: Partial<LexiconBeamOptions> = {},
  terms: PhraseEntry[] = [],
  strength = 6,
) {
  const decoder = createLexiconDecoder(lexicon, lm, {
    ...{ topology: 'ctc', blank: 0, silence: -1, beamSize: 100, beamThreshold: 40 },
    ...{ lmWeight: 1, wordScore: 0, silenceScore: 0 },
    ...more,
  })
  const pace = createPace(new AbortController().signal)
  return decoder.decode(frames(sounds, strength), pace, terms)
}
const textOf = async (found: ReturnType<typeof decode>) =>
  (await found).words.map((word) => word.text).join(' ')
const hmm = { topology: 'hmm' as Topology, blank: -1, silence: 1 }

describe('the lexicon beam with phones', () => {
  it('lets the last phone of a word last', async () => {
    expect(await textOf(decode('- K - AE T T T T - S AE AE T'))).toBe('cat sat')
  })

  it('asks for a blank between equal phones of two words in ctc, not in hmm', async () => {
    expect(await textOf(decode('K AE T AY - AY', { lmWeight: 0 }))).toBe('cat i i')
    expect(await textOf(decode('_ K AE AE T S AE T _ _', hmm))).toBe('cat sat')
  })

  it('chooses between homophones by the words before', async () => {
    expect(await textOf(decode('S AY T'))).toBe('site')
    expect(await textOf(decode('K AE T - S AY T'))).toBe('cat sight')
  })

  it('gives no words for blanks and silence', async () => {
    expect(await textOf(decode('- - - - -'))).toBe('')
    expect(await textOf(decode('_ _ _ _ _', hmm))).toBe('')
  })

  it('leaves an open word out', async () => {
    expect(await textOf(decode('K AE T - S', {}, [], 30))).toBe('cat')
  })

  it('finds a keyterm that no lexicon holds, with a pause inside', async () => {
    const spellings = [['T', 'AY'].map(at), ['D', 'AE', 'S'].map(at)]
    const term = { words: ['ty', 'dass'], texts: ['Ty', 'Dass'], spellings, bonus: 12 }
    expect(await textOf(decode('K AE T - T AY - D AE S', {}, [term]))).toBe('cat Ty Dass')
    expect(await textOf(decode('K AE T _ T AY _ _ D AE S', hmm, [term]))).toBe('cat Ty Dass')
    expect(await textOf(decode('K AE T - S AE T', {}, [term]))).toBe('cat sat')
  })

  it('counts a word’s frames from its first phone to the blanks after its last', async () => {
    const emissions = frames('- - K - AE T - - - S AE T -')
    const { words } = await decode('- - K - AE T - - - S AE T -')
    const spans = alignWords(
      emissions,
      words.map((word) => [word.tokens]),
      { topology: 'ctc', blank: 0, between: -1, tailFrames: 2 },
    )
    expect(spans.map(({ start, end }) => [start, end])).toEqual([
      [2, 8],
      [9, 13],
    ])
    for (const { confidence } of spans) expect(confidence).toBeGreaterThan(0.95)
  })

  it('is less sure of a word that was hardly heard', () => {
    const [clear, vague] = [6, 2].map((strength) => {
      const emissions = frames('K AE T', strength)
      return alignWords(emissions, [[[2, 3, 4]]], {
        topology: 'ctc',
        blank: 0,
        between: -1,
        tailFrames: 0,
      })[0]!
    })
    expect(vague!.confidence).toBeLessThan(clear!.confidence - 0.2)
  })
})

describe('alignment of a script', () => {
  const options = { topology: 'ctc' as const, blank: 0, between: -1, tailFrames: 0 }
  it('takes the pronunciation that was said', () => {
    const spans = alignWords(
      frames('- S AY T - - K AE T'),
      [
        [
          [5, 3, 4],
          [5, 6, 4],
        ],
        [[2, 3, 4]],
      ],
      options,
    )
    expect(spans.map(({ start, end }) => [start, end])).toEqual([
      [1, 4],
      [6, 9],
    ])
  })

  it('gives a word without spelling the frames between its neighbours', () => {
    const spans = alignWords(frames('K AE T S AY D S AE T'), [[[2, 3, 4]], [], [[5, 3, 4]]], options)
    expect(spans.map(({ start, end }) => [start, end])).toEqual([
      [0, 3],
      [3, 6],
      [6, 9],
    ])
    expect(spans[1]!.confidence).toBe(0)
  })

  it('allows silence between words where the network has it', () => {
    const spans = alignWords(frames('_ _ K K AE T _ S AE T _'), [[[2, 3, 4]], [[5, 3, 4]]], {
      ...{ topology: 'hmm', blank: -1, between: 1, tailFrames: 0 },
    })
    expect(spans.map(({ start, end }) => [start, end])).toEqual([
      [2, 6],
      [7, 10],
    ])
  })
})
