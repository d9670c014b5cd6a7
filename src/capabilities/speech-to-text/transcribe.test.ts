import { describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../inference/engine'
import type { RecognizedWord, RecognizerInput, RecognizerOutput } from './recognizer'
import { createSpeechWindows, cutIntoWindows } from './speech-windows'
import { loudnessDetector } from './testing/loudness-detector'
import { quietJob } from './testing/quiet-job'
import { textBefore, transcribeWindows } from './transcribe'

const rateHz = 16_000
const wordSeconds = 0.4

/** Every word is a tone whose frequency is its number: 200 Hz + 10 Hz for each. */
function tones(numbers: readonly number[], pauses: ReadonlySet<number>): Float32Array {
  const parts = numbers.flatMap((number, index) => {
    const tone = Float32Array.from(
      { length: wordSeconds * rateHz },
      (_, at) => 0.9 * Math.sign(Math.sin((2 * Math.PI * (200 + 10 * number) * at) / rateHz)),
    )
    // The gap between words is too short to be a pause.
    const gap = new Float32Array((pauses.has(index) ? 3 : 0.1) * rateHz)
    return [tone, gap]
  })
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    samples.set(part, at)
    at += part.length
  }
  return samples
}

/** Hears tones: counts zero crossings between silences. Half a word at an edge is heard as another one. */
function toneRecognizer(): LoadedModel<RecognizerInput, RecognizerOutput> & {
  longestSeconds: number
  mostAtOnce: number
} {
  let running = 0
  const recognizer = {
    bytes: 0,
    longestSeconds: 0,
    mostAtOnce: 0,
    async run({ samples }: RecognizerInput): Promise<RecognizerOutput> {
      recognizer.mostAtOnce = Math.max(recognizer.mostAtOnce, ++running)
      await Promise.resolve()
      running--
      recognizer.longestSeconds = Math.max(recognizer.longestSeconds, samples.length / rateHz)
      const words: RecognizedWord[] = []
      for (let at = 0; at < samples.length;) {
        while (at < samples.length && samples[at] === 0) at++
        const start = at
        let crossings = 0
        for (; at < samples.length && samples[at] !== 0; at++) {
          if (at > start && samples[at]! > 0 !== samples[at - 1]! > 0) crossings++
        }
        const seconds = (at - start) / rateHz
        if (seconds < 0.1) continue
        const number = Math.round((crossings / 2 / seconds - 200) / 10)
        const text = seconds > wordSeconds * 0.9 ? `w${number}` : 'cut'
        words.push({ text, start: start / rateHz, end: at / rateHz, confidence: 1 })
      }
      return { words, language: 'en', decoding: null }
    },
    release: () => Promise.resolve(),
  }
  return recognizer
}

const request = { language: null, task: 'transcribe', prompt: null, keyterms: [], temperature: null } as const

async function* blocks(samples: Float32Array): AsyncGenerator<Float32Array> {
  for (let at = 0; at < samples.length; at += 5000) yield await Promise.resolve(samples.slice(at, at + 5000))
}

async function transcribe(samples: Float32Array, job = quietJob(), atOnce = 1) {
  const model = toneRecognizer()
  const reports: string[] = []
  const heard = await transcribeWindows({
    windows: cutIntoWindows(
      blocks(samples),
      createSpeechWindows({ model: loudnessDetector(), job, windowSeconds: 10 }),
    ),
    model,
    request,
    job,
    atOnce,
    onWindow: ({ allWords }) => void reports.push(textBefore(allWords, 3, 'en')),
  })
  return { heard, reports, model }
}

describe('a long recording', () => {
  const numbers = Array.from({ length: 300 }, (_, index) => (index * 37) % 101)

  it('loses and doubles no word where windows are cut at pauses', async () => {
    const pauses = new Set(numbers.map((_, index) => index).filter((index) => index % 12 === 11))
    const { heard, model } = await transcribe(tones(numbers, pauses))
    expect(heard.words.map(({ text }) => text)).toEqual(numbers.map((number) => `w${number}`))
    expect(model.longestSeconds).toBeLessThanOrEqual(10)
  })

  it('nor where nobody pauses for minutes', async () => {
    const { heard } = await transcribe(tones(numbers, new Set()))
    expect(heard.words.map(({ text }) => text)).toEqual(numbers.map((number) => `w${number}`))
    const truth = numbers.map((_, index) => index * (wordSeconds + 0.1))
    const error = Math.max(...heard.words.map(({ start }, index) => Math.abs(start - truth[index]!)))
    expect(error).toBeLessThan(0.001)
  })

  it('gives the same words where several windows are recognised together', async () => {
    const samples = tones(numbers, new Set([40, 90]))
    const [alone, together] = [await transcribe(samples), await transcribe(samples, quietJob(), 4)]
    expect(together.heard.words).toEqual(alone.heard.words)
    expect(together.reports).toHaveLength(alone.reports.length)
    expect([alone.model.mostAtOnce, together.model.mostAtOnce]).toEqual([1, 4])
  })

  it('shows the beginning as soon as it is heard', async () => {
    const { reports } = await transcribe(tones(numbers, new Set([11])))
    expect(reports[0]).toBe(
      numbers
        .slice(0, 6)
        .map((number) => `w${number}`)
        .join(' '),
    )
    expect(new Set(reports.slice(1)).size).toBe(1)
  })

  it('stops between windows', async () => {
    const abort = new AbortController()
    abort.abort(new Error('enough'))
    await expect(transcribe(tones(numbers, new Set()), quietJob(abort.signal))).rejects.toThrow('enough')
  })

  it('an hour of silence gives no words', async () => {
    let left = 3600 / 10
    async function* silence(): AsyncGenerator<Float32Array> {
      while (left-- > 0) yield await Promise.resolve(new Float32Array(10 * rateHz))
    }
    const job = quietJob()
    const heard = await transcribeWindows({
      windows: cutIntoWindows(
        silence(),
        createSpeechWindows({ model: loudnessDetector(), job, windowSeconds: 30 }),
      ),
      model: toneRecognizer(),
      request,
      job,
      onWindow: () => undefined,
    })
    expect(heard.words).toEqual([])
    expect(heard.language).toBeNull()
  })
})
