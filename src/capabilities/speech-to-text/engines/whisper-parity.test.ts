import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createOrtRuntime } from '../../../inference/ort-runtime'
import type { Runtime } from '../../../inference/runtime'
import { loadTokenizer } from '../../../inference/tokenizer'
import {
  largestDifference,
  quietJob,
  recognizerInput,
  referenceSignal,
  unpacked,
  unpackTinyWhisper,
  whisperReference,
} from './testing/whisper-fixture'
import { readWhisperConfig, whisperTokens } from './whisper-config'
import { decodeWithFallback, seededRandom } from './whisper-decode'
import { createLogMel } from './whisper-log-mel'
import { melFilters } from './whisper-mel-graph'
import { encodeAudio, type WhisperModel } from './whisper-model'
import { createWhisperNetwork } from './whisper-network'
import { alignScript } from './whisper-placing'
import { runPrefix } from './whisper-prefix'
import { plainTextRule, suppressionRule, timestampRule } from './whisper-rules'

/*
 * Against openai/whisper with the same weights; scripts/reference/whisper makes the fixture. Largest differences: mel
 * filters 2·10⁻⁹, log-mel 5·10⁻⁶, encoder 3·10⁻⁶, logits 4·10⁻⁶ (of ±8), tokens and times none.
 */

const reference = whisperReference()
const tiny = unpackTinyWhisper()
const runtime: Runtime = createOrtRuntime({ providers: ['cpu'] })
let model: WhisperModel

async function openModel(): Promise<WhisperModel> {
  const files = tiny.files()
  const config = await readWhisperConfig(files)
  const tokenizer = await loadTokenizer(files.path('tokenizer.json'), files.path('tokenizer_config.json'))
  const encoder = await runtime.createSession(files.path(config.encoderFile))
  const decoder = await runtime.createSession(files.path(config.decoderFile))
  return {
    id: 'tiny',
    config,
    tokenizer,
    tokens: whisperTokens(tokenizer),
    logMel: await createLogMel(runtime, config.melBins),
    network: createWhisperNetwork(encoder, decoder, config),
  }
}

beforeAll(async () => {
  model = await openModel()
})
afterAll(() => tiny.remove())

/** Every tenth frame of [80, 300]. */
function thinned(mel: Float32Array): Float32Array {
  return mel.filter((_, n) => (n % 300) % 10 === 0)
}

async function decode(changes: { samples?: Float32Array; prompt?: string; timestamps?: boolean }) {
  const { network, config, tokens, tokenizer } = model
  const { samples = referenceSignal(), prompt, timestamps = true } = changes
  const prefix = await runPrefix(network, config, tokens, await encodeAudio(model, samples), {
    context: prompt === undefined ? [] : tokenizer.encode(` ${prompt}`),
    language: 'en',
    task: 'transcribe',
    timestamps,
  })
  const rules = [
    suppressionRule(config),
    timestamps ? timestampRule(tokens, config.maxInitialTimestamp) : plainTextRule(tokens),
  ]
  return decodeWithFallback(prefix, [0], {
    ...{ network, config, tokens, tokenizer, rules, boost: () => new Map() },
    signal: quietJob().signal,
    random: seededRandom(1),
  })
}

describe('whisper against openai/whisper', () => {
  it.each(['80', '128'] as const)('makes the same %s mel filters', (bins) => {
    const expected = Array.from({ length: 201 }, () => new Float64Array(Number(bins)))
    for (const [filter, bin, weight] of reference.filters[bins]) expected[bin]![filter] = weight
    const found = melFilters(Number(bins))
    expect(Math.max(...found.map((row, bin) => largestDifference(row, expected[bin]!)))).toBeLessThan(1e-8)
  })

  it('hears the same log-mel, of a full window and of half of one', async () => {
    const whole = await model.logMel.compute(referenceSignal(), 300)
    const half = await model.logMel.compute(referenceSignal(24000), 300)
    const differences = [
      largestDifference(thinned(whole), unpacked(reference.mel)),
      largestDifference(thinned(half), unpacked(reference.melHalf)),
    ]
    expect(Math.max(...differences)).toBeLessThan(2e-5)
  })

  it('encodes to the same numbers', async () => {
    const { data } = await encodeAudio(model, referenceSignal())
    expect(largestDifference(data as Float32Array, unpacked(reference.encoder))).toBeLessThan(2e-5)
  })

  it('gives the same logits, all tokens at once and one by one', async () => {
    const audio = await encodeAudio(model, referenceSignal())
    const expected = unpacked(reference.logits)
    const { logits } = await model.network.start(audio, reference.sequence)
    expect(largestDifference(logits, expected)).toBeLessThan(2e-5)
    const { vocabulary } = model.config
    let step = await model.network.start(audio, reference.sequence.slice(0, 1))
    for (const [n, token] of reference.sequence.entries()) {
      if (n > 0) step = await model.network.next(step, token)
      const row = expected.subarray(n * vocabulary, (n + 1) * vocabulary)
      expect(largestDifference(step.logits, row)).toBeLessThan(2e-5)
    }
  })

  it.each([
    ['with timestamps', 'timestamps', {}],
    ['without timestamps', 'plain', { timestamps: false }],
    ['after a prompt', 'prompted', { prompt: 'it was the best of times' }],
    ['half a window', 'half', { samples: referenceSignal(24000) }],
  ] as const)('decodes to the same tokens %s', async (_, name, changes) => {
    const expected = reference.decodings[name]
    const found = await decode(changes)
    expect(found.tokens).toEqual(expected.tokens)
    expect(found.avgLogprob).toBeCloseTo(expected.avgLogprob, 3)
    expect(found.noSpeechProb).toBeCloseTo(expected.noSpeechProb, 5)
    // Node's deflate is another one than Python's: a few bytes more or less.
    expect(found.compressionRatio / expected.compressionRatio).toBeCloseTo(1, 0.7)
  })

  it('finds the same language, and decodes on from there to the same tokens', async () => {
    const { network, config, tokens } = model
    const audio = await encodeAudio(model, referenceSignal())
    const options = { context: [], task: 'transcribe', timestamps: true } as const
    const found = await runPrefix(network, config, tokens, audio, { ...options, language: null })
    expect(`<|${found.language!}|>`).toBe(reference.language)
    const given = await runPrefix(network, config, tokens, audio, { ...options, language: found.language })
    expect(largestDifference(found.step.logits, given.step.logits.slice(-config.vocabulary))).toBeLessThan(
      1e-3,
    )
    expect(found.attention.length).toBe(given.attention.length)
    for (const [n, row] of found.attention.entries()) {
      expect(largestDifference(row, given.attention[n]!)).toBeLessThan(1e-5)
    }
  })

  it('aligns a script to the same times', async () => {
    // Commas and points are words of their own there, and parts of words here.
    const expected = reference.alignment.filter(({ word }) => /\w/.test(word))
    const script = ['she', 'sells', 'sea', 'shells,', 'he', 'said!']
    const { words } = await alignScript(model, recognizerInput(), script, quietJob())
    expect(words.map(({ text }) => text)).toEqual(script)
    expect(
      largestDifference(
        words.map(({ start }) => start),
        expected.map(({ start }) => start),
      ),
    ).toBeLessThan(1e-6)
    expect(words.at(-1)!.end).toBeCloseTo(reference.alignment.at(-1)!.end, 5)
  })
})
