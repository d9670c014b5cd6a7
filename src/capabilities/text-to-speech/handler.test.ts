import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg } from '../../../test/fixtures/audio-files'
import { testManifest } from '../../../test/fixtures/model-folder'
import { runSpeech, squareModel, toneModel, type SpeechRun } from '../../../test/support/text-to-speech'
import { trackPitch } from '../../audio/pitch-track'
import { transcriptSchema } from '../../transcript/transcript'
import { noResources, type SubTask, type TaskResult, type TaskVoice } from '../capability'
import { toneRateHz, toneWordSeconds } from './testing/tone-voice'
import { word } from './testing/words'

let folder: string
let outputDir: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-speech-'))
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const speak = (changes: Partial<SpeechRun> & Pick<SpeechRun, 'text'>) => runSpeech({ outputDir, ...changes })

async function samplesOf({ output }: TaskResult): Promise<Float32Array> {
  const decoded = await decodeWhole(packagedFfmpeg, output.path)
  return decoded[0]!
}

async function transcriptOf({ artifacts }: TaskResult) {
  const { path } = artifacts.find(({ name }) => name === 'transcript.json')!
  return transcriptSchema.parse(JSON.parse(await readFile(path, 'utf8')))
}

describe('a text', () => {
  it('is spoken word for word, and told when', async () => {
    const result = await speak({ text: 'One two, three. Four!\n\nFive' })
    const samples = await samplesOf(result)
    const transcript = await transcriptOf(result)
    expect(result.output.audio).toEqual({ sampleRateHz: toneRateHz, channels: 1, frames: samples.length })
    expect(result.billedSeconds).toBe(samples.length / toneRateHz)
    expect(transcript.segments.flatMap(({ words }) => words).map(({ text }) => text)).toEqual([
      ...['One', 'two,', 'three.', 'Four!', 'Five'],
    ])
    expect(transcript.text).toBe('One two, three. Four! Five')
    for (const { start, end } of transcript.segments.flatMap(({ words }) => words)) {
      expect(end - start).toBeCloseTo(toneWordSeconds, 1)
      const middle = Math.round(((start + end) / 2) * toneRateHz)
      expect(Math.max(...samples.subarray(middle - 200, middle + 200))).toBeGreaterThan(0.2)
    }
    expect(result.details).toMatchObject({
      voice: { id: 'ann', name: 'Ann', kind: 'model' },
      ...{ vocoder: null, words: 5, warnings: [] },
    })
    const captions = await readFile(join(outputDir, 'captions.srt'), 'utf8')
    expect(captions).toContain('One two, three.')
  })

  it('pauses at full stops, longer between paragraphs, and as long as it asks for', async () => {
    const utterances = [
      { words: [word('a'), word('b', { boundary: 'statement' })], endsParagraph: false },
      { words: [word('c', { boundary: 'statement' })], endsParagraph: true },
      { words: [word('d', { pauseAfterSeconds: 2 }), word('e')], endsParagraph: false },
      { words: [word('f')], endsParagraph: false, pauseBeforeSeconds: 3 },
    ]
    const { segments } = await transcriptOf(await speak({ text: 'x', utterances }))
    const words = segments.flatMap((segment) => segment.words)
    const gaps = words.slice(1).map(({ start }, index) => start - words[index]!.end)
    expect(gaps[0]).toBeCloseTo(0, 2)
    expect(gaps[1]).toBeCloseTo(0.42, 1)
    expect(gaps[2]).toBeCloseTo(0.85, 1)
    expect(gaps[3]).toBeCloseTo(2, 1)
    expect(gaps[4]).toBeCloseTo(3, 1)
  })

  it('has no clicks where pieces meet', async () => {
    const samples = await samplesOf(await speak({ text: 'aaaa. bbbbbbb. cc. ddddd.' }))
    const step = samples.reduce(
      (largest, sample, n) => Math.max(largest, n > 0 ? Math.abs(sample - samples[n - 1]!) : 0),
      0,
    )
    // A tone of 700 Hz rises by 0.083 from one sample to the next.
    expect(step).toBeLessThan(0.09)
  })

  it('words of one expansion are one word as written', async () => {
    const five = word('five', { written: '$5', source: { start: 0, end: 2 } })
    const dollars = word('dollars', { written: '', source: { start: 2, end: 2 }, boundary: 'statement' })
    const utterances = [{ words: [five, dollars], endsParagraph: true }]
    const result = await speak({ text: '$5', utterances })
    const [said] = (await transcriptOf(result)).segments[0]!.words
    expect(said!.text).toBe('$5')
    expect(said!.end - said!.start).toBeCloseTo(2 * toneWordSeconds, 1)
    expect(result.details).toMatchObject({ words: 1 })
  })

  it('the same seed and text give the same bytes, another seed others', async () => {
    const bytes = async (seed: number) => {
      const { output } = await speak({ text: 'Hello there.', parameters: { seed } })
      return readFile(output.path)
    }
    const first = await bytes(7)
    expect((await bytes(7)).equals(first)).toBe(true)
    expect((await bytes(8)).equals(first)).toBe(false)
  })
})

describe('pace, pitch and loudness', () => {
  const text = 'One two three four five six.'

  it('speed changes the length and the word times', async () => {
    const plain = await speak({ text })
    const fast = await speak({ text, parameters: { speed: 2 } })
    const seconds = (result: TaskResult) => result.output.durationSeconds - 0.15
    expect(seconds(plain) / seconds(fast)).toBeCloseTo(2, 1)
    const words = (await transcriptOf(fast)).segments.flatMap((segment) => segment.words)
    expect(words[5]!.start).toBeCloseTo((5 * toneWordSeconds) / 2, 1)
  })

  it('volume is in decibels and does not clip', async () => {
    const peak = async (volume: number) =>
      (await samplesOf(await speak({ text, parameters: { volume } }))).reduce((a, b) => Math.max(a, b), 0)
    const plain = await peak(0)
    expect((await peak(-6)) / plain).toBeCloseTo(0.5, 1)
    expect(await peak(12)).toBeLessThanOrEqual(1)
  })

  it('pitch is in semitones, and changes neither length nor word times', async () => {
    const said = async (pitch: number) => {
      const result = await speak({ text: 'One two, three.', parameters: { pitch } })
      const { segments } = await transcriptOf(result)
      return { frames: result.output.audio!.frames, segments, tone: await toneOf(result) }
    }
    const [plain, high] = [await said(0), await said(5)]
    expect({ ...high, tone: plain.tone }).toEqual(plain)
    expect(Math.abs(12 * Math.log2(high.tone / plain.tone) - 5)).toBeLessThan(0.3)
  })

  it('emphasis is slower, higher and louder', async () => {
    const prosody = { rate: 1, pitchSemitones: 0, volumeDb: 0, emphasis: 'strong' } as const
    const said = async (changes: object) => {
      const utterances = [
        { words: [word('three', { boundary: 'statement', ...changes })], endsParagraph: true },
      ]
      const result = await speak({ text: 'x', utterances })
      const samples = await samplesOf(result)
      const [only] = (await transcriptOf(result)).segments[0]!.words
      const peak = samples.reduce((most, sample) => Math.max(most, sample), 0)
      return { seconds: only!.end - only!.start, tone: await toneOf(result), peak }
    }
    const [plain, strong] = [await said({}), await said({ prosody })]
    expect(strong.seconds).toBeGreaterThan(1.05 * plain.seconds)
    expect(strong.tone).toBeGreaterThan(1.02 * plain.tone)
    expect(strong.peak).toBeGreaterThan(1.05 * plain.peak)
  })

  /** Median pitch in Hz. */
  async function toneOf(result: TaskResult): Promise<number> {
    const voiced = trackPitch(await samplesOf(result), toneRateHz).filter((hz) => hz > 0)
    return voiced.sort((a, b) => a - b)[voiced.length >> 1] ?? 0
  }

  it('prosody holds for its words only', async () => {
    const slow = { rate: 0.5, pitchSemitones: 0, volumeDb: -12, emphasis: 'none' } as const
    const words = [word('aa'), word('bb', { prosody: slow }), word('cc', { boundary: 'statement' })]
    const result = await speak({ text: 'x', utterances: [{ words, endsParagraph: true }] })
    const said = (await transcriptOf(result)).segments[0]!.words
    const lengths = said.map(({ start, end }) => end - start)
    expect(lengths[0]).toBeCloseTo(0.25, 1)
    expect(lengths[1]).toBeCloseTo(0.5, 1)
    expect(lengths[2]).toBeCloseTo(0.25, 1)
    const samples = await samplesOf(result)
    const peakAt = (seconds: number) =>
      Math.max(...samples.subarray((seconds - 0.05) * toneRateHz, (seconds + 0.05) * toneRateHz))
    expect(peakAt(0.5) / peakAt(0.15)).toBeCloseTo(0.25, 1)
    expect(peakAt(0.85) / peakAt(0.15)).toBeCloseTo(1, 1)
  })
})

describe('voices', () => {
  it('a voice of the model by its id, or by the language', async () => {
    const byId = await speak({ text: 'Hello', parameters: { voice_id: 'ben' } })
    expect(byId.details).toMatchObject({ voice: { id: 'ben' } })
    const byLanguage = await speak({ text: 'Hello', parameters: { language: 'en-GB' } })
    expect(byLanguage.details).toMatchObject({ voice: { id: 'ben' } })
    expect((await transcriptOf(byLanguage)).language).toBe('en-GB')
  })

  it.each([
    [{ voice_id: 'zoe' }, 'ann, ben'],
    [{ language: 'fr' }, 'choose another model'],
  ])('%j is refused with what there is', async (parameters, hint) => {
    await expect(speak({ text: 'Hello', parameters })).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining(hint) as string,
    })
  })

  it('a voice of the library speaks through the voice changer, at the same times', async () => {
    const target: TaskVoice = { id: 'v1', name: 'Grandma', samplePath: '/voices/v1', profile: null }
    const asked: SubTask[] = []
    const parts: string[] = []
    const result = await speak({
      text: 'One two. Three.',
      parameters: { voice_id: 'v1' },
      task: { resources: { ...noResources, voices: { v1: target } }, previewSeconds: 30 },
      context: {
        publishPart: (file) => void parts.push(file),
        async runCapability(task) {
          asked.push(task)
          const { path } = task.input as { path: string }
          const copy = join(folder, 'changed.flac')
          await writeFile(copy, await readFile(path))
          return { output: { path: copy } } as unknown as TaskResult
        },
      },
    })
    expect(asked[0]).toMatchObject({
      capability: 'voice-changer',
      parameters: { target_voice_id: 'v1', preserve_timing: true },
      resources: { voices: { v1: target } },
    })
    expect(result.details).toMatchObject({ voice: { id: 'v1', name: 'Grandma', kind: 'library' }, words: 3 })
    expect(result.output.durationSeconds).toBeGreaterThan(1)
    expect(result.preview).not.toBeNull()
    // What is heard first must not be another voice.
    expect(parts).toEqual([])
    expect((await readdir(outputDir)).sort()).toEqual([
      ...['captions.srt', 'output.wav', 'preview.mp3', 'transcript.json'],
    ])
  })
})

describe('the vocoder', () => {
  const model = testManifest({ ...toneModel, id: 'mels', engine: 'mel', options: { vocoder: 'square' } })

  it('is the model’s own, or the one that is asked for', async () => {
    const loud = { ...squareModel, id: 'other' }
    const own = await speak({ text: 'Hello', model })
    expect(own.details).toMatchObject({ vocoder: 'square' })
    expect(own.output.audio!.sampleRateHz).toBe(22_050)
    const other = await speak({
      text: 'Hello',
      model,
      vocoders: [squareModel, loud],
      parameters: { vocoder: 'other' },
    })
    expect(other.details).toMatchObject({ vocoder: 'other' })
  })

  it('of another mel convention is refused with what differs', async () => {
    const other = { ...squareModel, options: { mel: { hop_length: 300 } } }
    await expect(speak({ text: 'Hello', model, vocoders: [other] })).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining('hop_length 256 and 300') as string,
    })
  })

  it('that is not there is named', async () => {
    await expect(speak({ text: 'Hello', model, vocoders: [] })).rejects.toMatchObject({
      code: 'model_file_missing',
    })
  })
})

describe('while it speaks', () => {
  it('sentences are handed out one by one, no more than the preview holds', async () => {
    const parts: string[] = []
    const text = Array.from({ length: 30 }, () => 'One two three four.').join(' ')
    const result = await speak({
      text,
      task: { previewSeconds: 5 },
      context: { publishPart: (file) => void parts.push(file) },
    })
    expect(parts.length).toBeGreaterThan(2)
    const seconds = await Promise.all(
      parts.map(async (path) => (await decodeWhole(packagedFfmpeg, path))[0]!.length),
    )
    expect(seconds.reduce((sum, frames) => sum + frames, 0) / 24_000).toBeLessThan(5.6)
    expect(result.preview!.bytes).toBeGreaterThan(1000)
    expect(result.output.durationSeconds).toBeGreaterThan(30)
  })

  it('tells how far it is', async () => {
    const fractions: number[] = []
    await speak({
      text: 'One two. Three four. Five six.',
      context: { progress: (_stage, fraction) => void fractions.push(fraction) },
    })
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(fractions.at(-1)).toBe(0.99)
  })

  it('ends when it is canceled, and leaves no file behind', async () => {
    const abort = new AbortController()
    let reports = 0
    const run = speak({
      text: Array.from({ length: 200 }, () => 'One two three.').join(' '),
      context: {
        signal: abort.signal,
        progress() {
          reports += 1
          if (reports === 10) abort.abort()
        },
      },
    })
    await expect(run).rejects.toMatchObject({ code: 'canceled' })
    expect(reports).toBe(10)
    expect(await readdir(outputDir)).toEqual([])
  })

  it('what went wrong is said, in bounded length', async () => {
    const text = Array.from({ length: 30 }, () => 'This is broken.').join(' ')
    const { warnings } = (await speak({ text })).details as { warnings: string[] }
    expect(warnings[0]).toContain('“This is broken.”: words may be missing')
    expect(warnings.length).toBe(21)
    expect(warnings.at(-1)).toContain('10 more')
  })
})

describe('bad input', () => {
  it.each([
    ['empty', '', 'empty'],
    ['spaces', ' \n\t ', 'empty'],
    ['emoji', '🎉 🎊 …!', 'nothing to speak'],
    ['punctuation', '?! — …', 'nothing to speak'],
  ])('%s', async (_name, text, hint) => {
    await expect(speak({ text })).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining(hint) as string,
    })
    expect(await readdir(outputDir)).toEqual([])
  })

  it('a megabyte of text', async () => {
    const text = 'word '.repeat(200_000)
    await expect(speak({ text })).rejects.toMatchObject({ code: 'text_too_long' })
  })

  it('another script is refused by its words, a word of it in passing is left out and told', async () => {
    await expect(speak({ text: 'привет мир hello' })).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining('“привет”, “мир”') as string,
    })
    const long = `The guide said ${'and then some more '.repeat(5)} привет to us.`
    const result = await speak({ text: long })
    expect(result.details!.warnings).toEqual([expect.stringContaining('“привет”')])
    expect((await transcriptOf(result)).text).not.toContain('привет')
  })

  it('a recording instead of a text', async () => {
    await expect(
      speak({ text: '', task: { input: { kind: 'audio', path: '/a.wav' } } }),
    ).rejects.toMatchObject({ code: 'invalid_parameter' })
  })

  it('an engine that this version does not have', async () => {
    await expect(
      speak({ text: 'Hello', model: testManifest({ ...toneModel, engine: 'future' }) }),
    ).rejects.toMatchObject({ code: 'model_not_found' })
  })

  it('an utterance of hundreds of words is spoken in pieces', async () => {
    const words = Array.from({ length: 400 }, (_, index) => word(index % 7 === 0 ? 'seven' : 'a'))
    const result = await speak({ text: 'x', utterances: [{ words, endsParagraph: true }] })
    expect(result.details).toMatchObject({ words: 400 })
    expect(result.output.durationSeconds).toBeGreaterThan(400 * toneWordSeconds)
  })
})
