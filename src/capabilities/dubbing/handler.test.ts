import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, makeAudio, packagedFfmpeg, sine, wavFile } from '../../../test/fixtures/audio-files'
import { testManifest } from '../../../test/fixtures/model-folder'
import { fakeCapabilities, runDub, type DubRun, type FakeCapabilities } from '../../../test/support/dubbing'
import { AppError } from '../../platform/errors'
import type { Transcript } from '../../transcript/transcript'
import type { HandlerContext, TaskResult } from '../capability'
import { dubbingParameters } from './index'
import { unpackFiles } from './tar'

const rate = 16_000
const seconds = 8
let folder: string
let outputDir: string
let path: string

/** Loud tones at 1–2.5 s and 4–6 s, in two channels, over a soft hum. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-dub-'))
  path = join(folder, 'speech.wav')
  const hum = sine(100, seconds * rate, rate, 0.05)
  const spoken = (t: number) => (t >= 1 && t < 2.5) || (t >= 4 && t < 6)
  const voice = sine(500, seconds * rate, rate, 0.4).map((x, n) => (spoken(n / rate) ? x : 0) + hum[n]!)
  await writeFile(path, wavFile([voice, voice], rate))
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const segments = [
  { start: 1, end: 2.5, text: 'uno', source_text: 'one' },
  { start: 4, end: 6, text: 'dos', source_text: 'two' },
]

function transcript(speakers = ['s1', 's1']): Transcript {
  const words = [
    { text: 'One.', start: 1, end: 2.5, confidence: 1 },
    { text: 'Two.', start: 4, end: 6, confidence: 1 },
  ]
  return {
    ...{ language: 'en', duration: seconds, text: 'One. Two.', speakers: [] },
    segments: words.map((word, n) => ({
      ...{ start: word.start, end: word.end, text: word.text, speaker: speakers[n]! },
      ...{ words: [word], decoding: null },
    })),
    model: { id: 'truth', version: '1' },
  }
}

function dub(fakes: FakeCapabilities, changes: Partial<DubRun> = {}) {
  const fake = fakeCapabilities(fakes)
  const run = { path, outputDir, parameters: { target_language: 'es', segments }, ...changes }
  const result = runDub({ ...run, context: { ...fake, ...changes.context } })
  return { ...fake, result }
}

const previousId = '01890a5d-ac96-774b-bcce-b302099a8057'

function earlierTask(archive: string): DubRun['task'] {
  const earlier = { files: { 'speech.tar': archive }, models: ['bound-voice'] }
  return { resources: { voices: {}, dictionaries: {}, earlier } }
}

/** The pieces of speech that a dub leaves for others to go on from. */
async function speechIn({ artifacts }: Pick<TaskResult, 'artifacts'>): Promise<Map<string, Buffer>> {
  const into = await mkdtemp(join(folder, 'pieces-'))
  await unpackFiles(artifacts.find(({ name }) => name === 'speech.tar')!.path, into, () => true)
  const names = await readdir(into)
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(into, name))] as const)),
  )
}

const rms = (samples: Float32Array, from: number, to: number) =>
  Math.sqrt(
    samples.subarray(from * rate, to * rate).reduce((sum, x) => sum + x * x, 0) / ((to - from) * rate),
  )

/** First sample of a stretch at which something else than before is heard. */
function firstDifference(a: Float32Array, b: Float32Array, from: number, by = 0.05): number {
  const at = a
    .subarray(Math.round(from * rate))
    .findIndex((x, n) => Math.abs(x - b[Math.round(from * rate) + n]!) > by)
  return from + at / rate
}

describe('a dub', () => {
  it('recognises, translates, speaks, and stays in time', async () => {
    const { result, asked } = dub(
      { transcript: transcript(), translate: (line) => `es ${line}`, secondsOf: () => 1.6 },
      { parameters: { target_language: 'es', keep_background: false } },
    )
    const { output, details, billedSeconds, artifacts } = await result
    expect(asked.map(({ capability }) => capability)).toEqual([
      ...['speech-to-text', 'translation', 'text-to-speech', 'text-to-speech'],
    ])
    expect(asked[2]).toMatchObject({ input: { text: 'es One.' }, parameters: { language: 'es' } })
    expect(output).toMatchObject({
      kind: 'audio',
      audio: { sampleRateHz: rate, channels: 2, frames: seconds * rate },
    })
    expect(billedSeconds).toBe(seconds)
    const [samples] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
    const silence = new Float32Array(samples.length)
    for (const start of [1, 4]) {
      const drift = firstDifference(samples, silence, start - 0.5, 0.01) - start
      expect(Math.abs(drift)).toBeLessThan(0.02)
    }
    expect(rms(samples, 2.6, 3.9)).toBe(0)
    const { loudness, warnings } = details as { loudness: Record<string, number>; warnings: unknown[] }
    expect(Math.abs(loudness.original_lufs! - loudness.dub_lufs!)).toBeLessThan(0.1)
    expect(warnings).toEqual([])
    expect(artifacts.map(({ name }) => name).sort()).toEqual([
      ...['segments.json', 'speech.tar', 'subtitles.source.srt', 'subtitles.source.vtt'],
      ...['subtitles.target.srt', 'subtitles.target.vtt', 'transcript.source.json', 'transcript.target.json'],
    ])
    const srt = await readFile(artifacts.find(({ name }) => name === 'subtitles.target.srt')!.path, 'utf8')
    expect(srt).toContain('00:00:04,000 --> 00:00:06,000\nes Two.')
  })

  it('leaves everything between the segments as it is, and the background under the dub', async () => {
    const { output } = await dub({}).result
    const [before] = (await decodeWhole(packagedFfmpeg, path)) as [Float32Array]
    const [after] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
    expect(after.length).toBe(before.length)
    for (const [from, to] of [
      [0, 0.9],
      [2.6, 3.9],
      [6.1, 8],
    ] as const) {
      expect(after.subarray(from * rate, to * rate)).toEqual(before.subarray(from * rate, to * rate))
    }
    // The dub of the second segment is over after 1 s ÷ 0.85: what is left is the background alone.
    expect(rms(after, 5.3, 5.9)).toBeGreaterThan(0.02)
    expect(rms(after, 5.3, 5.9)).toBeLessThan(0.08)
  })

  it.each(['dub_mo1', 'dub_mo2'] as const)(
    'speaks only what has changed since an earlier one: %s',
    async (model) => {
      const ana = segments.map((segment) => ({ ...segment, speaker: 'Ana' }))
      const plain = { target_language: 'es', keep_background: false }
      const first = dub({}, { model, parameters: { ...plain, segments: ana } })
      const { artifacts } = await first.result
      const archive = artifacts.find(({ name }) => name === 'speech.tar')!.path
      const again = async (changed: object[], more: object = {}) => {
        const parameters = { ...plain, segments: changed, previous_job_id: previousId, ...more }
        const task = earlierTask(archive)
        const run = dub({}, { model, parameters, task, outputDir: await mkdtemp(join(folder, 'again-')) })
        return { ...run, result: await run.result }
      }
      const second = await again([ana[0]!, { ...ana[1]!, text: 'tres' }])
      expect(second.result.details).toMatchObject({ spoken_count: 1, reused_count: 1, warnings: [] })
      expect(second.asked.filter(({ capability }) => capability === 'text-to-speech')).toMatchObject([
        { input: { text: 'tres' } },
      ])
      expect(second.result.models).toEqual(['bound-voice'])
      const [before, after] = [await speechIn({ artifacts }), await speechIn(second.result)]
      const kept = [...before].filter(([name]) => after.has(name))
      // One piece as it was spoken, and in the speaker's own voice, where that is kept.
      expect(kept).toHaveLength(model === 'dub_mo2' ? 2 : 1)
      for (const [name, bytes] of kept) expect(after.get(name)!.equals(bytes)).toBe(true)

      const same = await again(ana)
      expect(same.asked).toEqual([])
      const [a, b] = [(await first.result).output, same.result.output]
      expect((await readFile(b.path)).equals(await readFile(a.path))).toBe(true)

      for (const change of [{ target_language: 'it' }, { voice_id: 'ben' }, { seed: 7 }, { ssml: true }]) {
        const other = await again(ana, change)
        expect(other.result.details, JSON.stringify(change)).toMatchObject({ reused_count: 0 })
        expect(other.result.models).toEqual([])
      }
    },
  )

  it('takes speech that stays the same to another place', async () => {
    const first = await dub({}).result
    const archive = first.artifacts.find(({ name }) => name === 'speech.tar')!.path
    const moved = [segments[0]!, { ...segments[1]!, start: 3.5, end: 5.5 }]
    const run = dub(
      {},
      {
        parameters: { target_language: 'es', segments: moved, previous_job_id: previousId },
        ...{ task: earlierTask(archive), outputDir: await mkdtemp(join(folder, 'again-')) },
      },
    )
    expect((await run.result).details).toMatchObject({ spoken_count: 0, reused_count: 2 })
    expect(run.count('text-to-speech')).toBe(0)
  })

  it('speaks everything again, and says so, where the earlier one is gone', async () => {
    const parameters = { target_language: 'es', segments, previous_job_id: previousId }
    const run = dub({}, { parameters })
    expect((await run.result).details).toMatchObject({
      ...{ spoken_count: 2, reused_count: 0 },
      warnings: [{ segment: null, code: 'previous_gone' }],
    })
  })

  it('speaks again what a damaged archive does not give', async () => {
    const first = await dub({}).result
    const archive = join(outputDir, 'damaged.tar')
    const whole = await readFile(first.artifacts.find(({ name }) => name === 'speech.tar')!.path)
    await writeFile(archive, whole.subarray(0, whole.length - 3000))
    const run = dub(
      {},
      {
        parameters: { target_language: 'es', segments, previous_job_id: previousId },
        ...{ task: earlierTask(archive), outputDir: await mkdtemp(join(folder, 'again-')) },
      },
    )
    expect((await run.result).details).toMatchObject({ spoken_count: 1, reused_count: 1 })
  })

  it('says the same text once', async () => {
    const same = segments.map((segment) => ({ ...segment, text: 'igual' }))
    const run = dub({}, { parameters: { target_language: 'es', segments: same } })
    await run.result
    expect(run.count('text-to-speech')).toBe(1)
  })

  it('warns of text that does not fit, and keeps the next segment in time', async () => {
    const close = [segments[0]!, { ...segments[1]!, start: 2.6 }]
    const { details } = await dub(
      { secondsOf: (text) => (text === 'uno' ? 4 : 1) },
      { parameters: { target_language: 'es', segments: close } },
    ).result
    const { segments: wire, warnings } = details as {
      segments: { fit: { rate: number; spoken_from: number; spoken_until: number } }[]
      warnings: { segment: number; code: string }[]
    }
    expect(warnings).toMatchObject([
      { segment: 0, code: 'too_long' },
      { segment: 1, code: 'too_short' },
    ])
    expect(wire[0]!.fit.rate).toBe(1.25)
    expect(wire[0]!.fit.spoken_until).toBeLessThanOrEqual(2.6)
    expect(wire[1]!.fit.spoken_from).toBe(2.6)
  })

  it('is in the voice of each speaker that is heard long enough', async () => {
    const two = [
      { ...segments[0]!, start: 0.5, end: 3.9, speaker: 'Ana' },
      { ...segments[1]!, speaker: 'Ben' },
    ]
    const run = dub({}, { model: 'dub_mo2', parameters: { target_language: 'es', segments: two } })
    const { details } = await run.result
    expect(run.count('voice-changer')).toBe(1)
    const changed = run.asked.find(({ capability }) => capability === 'voice-changer')!
    expect(changed.parameters).toEqual({ target_voice_id: 'speaker', preserve_timing: true })
    expect(changed.resources!.voices.speaker!.samplePath).toMatch(/speaker\.flac$/)
    expect(details!.warnings).toMatchObject([
      { code: 'voice_too_short', message: expect.stringMatching(/Ben.*2\.0 s/) as string },
      ...[{ segment: 0, code: 'too_short' }],
    ])
  })

  it('keeps the picture of a film', async () => {
    const film = join(folder, 'film.mp4')
    makeAudio([
      ...['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=10:duration=8', '-i', path],
      ...['-c:v', 'mpeg4', '-c:a', 'aac', film],
    ])
    const { output, artifacts } = await dub({}, { path: film }).result
    expect(output).toMatchObject({ kind: 'video', contentType: 'video/mp4' })
    const media = await packagedFfmpeg.probe(output.path, { video: true })
    expect(media.video!.codec).toBe('mpeg4')
    expect(Math.abs(media.durationSeconds! - seconds)).toBeLessThan(0.15)
    expect(artifacts.map(({ name }) => name)).toContain('audio.flac')
  })
})

describe('a review', () => {
  it('is what comes where nothing translates, free, with the reason', async () => {
    const run = dub({ transcript: transcript() }, { parameters: { target_language: 'es' } })
    const { output, billedSeconds, details } = await run.result
    expect(output.kind).toBe('data')
    expect(billedSeconds).toBe(0)
    expect(details).toMatchObject({
      ...{
        review: true,
        missing_texts: 2,
        source_language: 'en',
        message: expect.stringContaining('translates') as string,
      },
      segments: [
        { start: 1, end: 2.5, text: '', source_text: 'One.', speaker: 's1' },
        { start: 4, end: 6, text: '', source_text: 'Two.' },
      ],
    })
    // They come back as they were given, with texts.
    const { segments: wire } = JSON.parse(await readFile(output.path, 'utf8')) as { segments: object[] }
    const again = dubbingParameters.parse({ segments: wire.map((segment) => ({ ...segment, text: 'hola' })) })
    expect(again.segments).toHaveLength(2)
    expect(run.count('text-to-speech')).toBe(0)
  })

  it('takes the language of a recogniser that knows no other, and asks for it else', async () => {
    const unsaid = { ...transcript(), language: null }
    const heardBy = async (languages: string[]) => {
      const manifest = testManifest({ capability: 'speech-to-text', languages })
      const helperModel: HandlerContext['helperModel'] = (kind) =>
        kind === 'speech-to-text' ? { manifest, path: (file) => file } : null
      const run = dub(
        { transcript: unsaid },
        { parameters: { target_language: 'en' }, context: { helperModel } },
      )
      const { output, details } = await run.result
      return { kind: output.kind, language: details!.source_language }
    }
    expect(await heardBy(['en'])).toEqual({ kind: 'audio', language: 'en' })
    expect(await heardBy(['en', 'es'])).toEqual({ kind: 'data', language: null })
  })

  it('is what comes where nobody speaks the language, with translation and reason', async () => {
    const speaker = testManifest({ id: 'mouth', capability: 'text-to-speech', languages: ['en'] })
    const files = { manifest: speaker, path: (file: string) => file }
    const run = dub(
      { transcript: transcript(), translate: (line) => line.toUpperCase() },
      {
        parameters: { target_language: 'es' },
        context: { helperModel: (kind) => (kind === 'text-to-speech' ? files : null) },
      },
    )
    expect((await run.result).details).toMatchObject({
      ...{ review: true, missing_texts: 0, segments: [{ text: 'ONE.' }, { text: 'TWO.' }] },
      message: expect.stringContaining('speaks en, not es') as string,
    })
    expect(run.count('text-to-speech')).toBe(0)
  })

  it('is made where it is asked for, with the translation', async () => {
    const { details } = await dub(
      { transcript: transcript(), translate: (line) => line.toUpperCase() },
      { parameters: { target_language: 'es', review: true } },
    ).result
    expect(details).toMatchObject({ missing_texts: 0, segments: [{ text: 'ONE.' }, { text: 'TWO.' }] })
  })

  it('is not needed for an approved segment without text, which stays silent', async () => {
    const silent = [{ ...segments[0], text: '', approved: true }, segments[1]]
    const run = dub({}, { parameters: { target_language: 'es', segments: silent } })
    expect((await run.result).output.kind).toBe('audio')
    expect(run.count('text-to-speech')).toBe(1)
  })

  it('is not needed within one language', async () => {
    const run = dub({ transcript: transcript() }, { parameters: { target_language: 'en-GB' } })
    expect((await run.result).output.kind).toBe('audio')
    expect(run.asked.some(({ capability }) => capability === 'translation')).toBe(false)
  })
})

describe('what cannot be dubbed', () => {
  it('is a recording without speech', async () => {
    const silent = { ...transcript(), segments: [], text: '' }
    await expect(
      dub({ transcript: silent }, { parameters: { target_language: 'es' } }).result,
    ).rejects.toMatchObject({
      code: 'invalid_media',
      message: expect.stringContaining('No speech') as string,
    })
  })

  it.each([
    [[{ start: 3, end: 2, text: 'x' }], /begin before it ends/],
    [
      [
        { start: 1, end: 3, text: 'x' },
        { start: 2, end: 4, text: 'y' },
      ],
      /1–3 s and 2–4 s overlap/,
    ],
  ])('are segments that run backward or overlap: %j', (given, message) => {
    const parsed = dubbingParameters.safeParse({ segments: given })
    expect(parsed.error?.issues[0]?.message).toMatch(message)
  })

  it('are segments outside of the recording', async () => {
    const outside = [{ start: 7, end: 9, text: 'x' }]
    await expect(
      dub({}, { parameters: { target_language: 'es', segments: outside } }).result,
    ).rejects.toThrow(/7–9 s lies outside.*8\.00 s/)
  })

  it('is what the voice cannot say, which names the segment', async () => {
    const before = ({ capability }: { capability: string }) => {
      if (capability === 'text-to-speech')
        throw new AppError('invalid_parameter', { message: 'No such script.' })
    }
    await expect(dub({ before }).result).rejects.toThrow(/“uno” cannot be spoken: No such script/)
  })

  it.each(['speech-to-text', 'translation', 'noise-removal', 'text-to-speech', 'voice-changer'])(
    'is a job that is canceled in %s, and nothing follows',
    async (stage) => {
      const abort = new AbortController()
      const run = dub(
        {
          transcript: transcript(),
          translate: (line) => line,
          before({ capability }) {
            if (capability !== stage) return
            abort.abort(new AppError('canceled'))
            throw new AppError('canceled')
          },
        },
        { model: 'dub_mo2', parameters: { target_language: 'es' }, context: { signal: abort.signal } },
      )
      // The one speaker is heard for 3.5 s.
      await expect(run.result).rejects.toMatchObject({ code: 'canceled' })
      expect(run.asked.at(-1)!.capability).toBe(stage)
    },
  )
})
