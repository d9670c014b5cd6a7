import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { alignGraph } from './alignment'
import { createAlignmentGraph } from './alignment-graph'
import { readArpa } from './arpa-reader'
import { emissionsFromLogits, type Emissions } from './emissions'
import { createLexicon } from './lexicon'
import { createLexiconDecoder } from './lexicon-beam'
import { createPace } from './pacing'
import { decodePrefixBeam } from './prefix-beam'
import { createTokenSet } from './token-set'
import { createWordModel, type WordModel } from './word-model'

/*
 * Against other decoders on the same random emissions: torchaudio's `ctc_decoder` (Flashlight), pyctcdecode, KenLM and
 * torchaudio's `forced_align`. `scripts/reference/ctc/decoders.py` writes the fixture.
 */

interface Fixture {
  tokens: string[]
  words: string[]
  sentences: { words: string[]; log10: number[] }[]
  lexicon: {
    options: Record<'beam_size' | 'beam_threshold' | 'lm_weight' | 'word_score' | 'sil_score', number>
    lm: boolean
    emissions: number[]
    words: string[]
    score: number
  }[]
  prefix: { alpha: number; beta: number; lm: boolean; emissions: number[]; text: string; score: number }[]
  alignment: { tokens: number[]; emissions: number[]; path: number[] }[]
}

const folder = 'test/fixtures/engines/ctc'
const fixture = JSON.parse(readFileSync(`${folder}/decoders.json`, 'utf8')) as Fixture
const pace = createPace(new AbortController().signal)
const tokenSet = createTokenSet(fixture.tokens, { blank: '-', wordDelimiter: '|' })
let lm: WordModel
beforeAll(async () => {
  lm = createWordModel(await readArpa(`${folder}/toy.arpa.gz`))
})

function emissionsOf(values: number[]): Emissions {
  const tokens = fixture.tokens.length
  return { logProbs: Float32Array.from(values), frames: values.length / tokens, tokens }
}

describe('the language model', () => {
  it('gives KenLM’s score of every word', () => {
    for (const { words, log10 } of fixture.sentences) {
      let state = lm.start
      const scores = words.map((word) => {
        const id = lm.word(word)
        const score = lm.score(state, id)
        state = lm.next(state, id)
        return score
      })
      scores.push(lm.finish(state))
      for (const [index, score] of scores.entries()) expect(score / Math.LN10).toBeCloseTo(log10[index]!, 4)
    }
  })
})

describe('the lexicon beam', () => {
  const lexicon = createLexicon(
    fixture.words.map((word) => [word, [...word, '|'].map((token) => fixture.tokens.indexOf(token))]),
  )
  it.each(fixture.lexicon.map((expected, index) => [index, expected] as const))(
    'finds Flashlight’s words and score in case %i',
    async (_, { options, lm: withLm, emissions, words, score }) => {
      const decoder = createLexiconDecoder(lexicon, withLm ? lm : null, {
        topology: 'ctc',
        blank: 0,
        silence: 1,
        beamSize: options.beam_size,
        beamThreshold: options.beam_threshold,
        // Flashlight weights log10 probabilities.
        lmWeight: options.lm_weight / Math.LN10,
        wordScore: options.word_score,
        silenceScore: options.sil_score,
      })
      const found = await decoder.decode(emissionsOf(emissions), pace)
      expect(found.words.map((word) => word.text)).toEqual(words)
      expect(found.score).toBeCloseTo(score, 3)
    },
  )
})

describe('the prefix beam', () => {
  it.each(fixture.prefix.map((expected, index) => [index, expected] as const))(
    'finds pyctcdecode’s text and score in case %i',
    async (_, { alpha, beta, lm: withLm, emissions, text, score }) => {
      // pyctcdecode takes logits: it normalises the rounded numbers again.
      const { logProbs, frames, tokens } = emissionsOf(emissions)
      const found = await decodePrefixBeam(
        emissionsFromLogits(logProbs, frames, tokens),
        tokenSet,
        { lm: withLm ? lm : null, keyterms: null },
        {
          beamSize: 1000,
          beamThreshold: 25,
          tokenThreshold: -18,
          lmWeight: alpha,
          wordScore: beta,
          unknownScore: -3 * alpha * Math.LN10,
        },
        pace,
      )
      expect(found.words.map((word) => word.text).join(' ')).toBe(text)
      expect(found.score).toBeCloseTo(score, 3)
    },
  )
})

describe('alignment', () => {
  it.each(fixture.alignment.map((expected, index) => [index, expected] as const))(
    'takes the path of torchaudio’s forced_align in case %i',
    (_, { tokens, emissions, path }) => {
      const graph = createAlignmentGraph([[tokens]], { topology: 'ctc', blank: 0, between: -1 })
      const states = alignGraph(emissionsOf(emissions), graph)!
      expect([...states].map((state) => graph.token[state])).toEqual(path)
    },
  )
})
