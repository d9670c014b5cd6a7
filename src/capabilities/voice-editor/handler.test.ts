import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import {
  availableFfmpegs,
  decodeWhole,
  makeAudio,
  packagedFfmpeg,
  sine,
  wavFile,
} from '../../../test/fixtures/audio-files'
import { noisySpeech } from '../../../test/fixtures/recordings'
import { previewRateHz } from '../../audio/encode'
import { transcriptSchema } from '../../transcript/transcript'
import {
  ask,
  fakeRecognizer,
  integerSamples,
  readJson,
  runEditor,
  transcriptOf,
  type EditorRun,
} from '../../../test/support/voice-editor'

let folder: string
let outputDir: string
let speech: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-editor-'))
  speech = join(folder, 'speech.wav')
  const recording = noisySpeech({ seconds: 6, sampleRateHz: 48_000, channels: 2 })
  // From 5.2 to 5.9 s nobody speaks: what is left of the noise is the room.
  for (let frame = 5.2 * 48_000; frame < 5.9 * 48_000; frame++) {
    for (const at of [44 + 4 * frame, 46 + 4 * frame]) {
      recording.writeInt16LE(Math.round(1_000 * Math.sin(frame * at)), at)
    }
  }
  await writeFile(speech, recording)
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const edit = (changes: Partial<EditorRun> & Pick<EditorRun, 'parameters'>) =>
  runEditor({ path: speech, outputDir, ...changes })

interface WireHit {
  id: string
  kind: string
  start: number
  end: number
  text: string
  action: string
  preview?: string | null
  keyword?: string
  enabled: boolean
}
interface WireEdit {
  start: number
  end: number
  action: string
  start_frame: number
  end_frame: number
  output_start_frame: number
  output_end_frame: number
}

const hitsOf = (details: Record<string, unknown> | null) => details!.hits as WireHit[]
const editsOf = (details: Record<string, unknown> | null) => details!.edits as WireEdit[]

function peakDb(samples: Float32Array, start: number, end: number): number {
  return 20 * Math.log10(Math.max(1e-9, ...samples.subarray(start, end).map(Math.abs)))
}

describe('outside of the edits nothing changes', () => {
  const source = ['-f', 'lavfi', '-i', 'anoisesrc=r=44100:a=0.9:seed=7', '-t', '3']
  const outside = [
    [0, 44_100],
    [66_150, 3 * 44_100],
  ] as const

  it.each([
    ['16-bit WAV', 'wav', ['-c:a', 'pcm_s16le'], 16],
    ['24-bit WAV', 'wav', ['-c:a', 'pcm_s24le'], 32],
    ['24-bit FLAC', 'flac', ['-sample_fmt', 's32', '-bits_per_raw_sample', '24'], 32],
    ['8-bit WAV', 'wav', ['-c:a', 'pcm_u8'], 16],
  ] as const)('%s', async (name, extension, codec, bits) => {
    const path = join(folder, `${name}.${extension}`)
    makeAudio([...source, ...codec, path])
    const { output } = await edit({ path, parameters: { ranges: [{ start: 1, end: 1.5 }] } })
    const before = integerSamples(path, bits)
    const after = integerSamples(output.path, bits)
    expect(after.length).toBe(before.length)
    for (const [start, end] of outside) {
      expect(
        Buffer.from(after.slice(start, end).buffer).equals(Buffer.from(before.slice(start, end).buffer)),
      ).toBe(true)
    }
    expect(after.slice(50_000, 60_000)).not.toEqual(before.slice(50_000, 60_000))
    const depth = ask(
      ['-of', 'csv=p=0', '-show_entries', 'stream=bits_per_raw_sample', output.path],
      'ffprobePath',
    )
    expect(depth.toString().trim()).toBe('24')
  })

  it('float WAV: to the last of 24 bits', async () => {
    const path = join(folder, 'float.wav')
    makeAudio([...source, '-c:a', 'pcm_f32le', path])
    const { output } = await edit({ path, parameters: { ranges: [{ start: 1, end: 1.5 }] } })
    const [before] = (await decodeWhole(packagedFfmpeg, path)) as [Float32Array]
    const [after] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
    for (const [start, end] of outside) {
      const worst = Math.max(...after.subarray(start, end).map((x, n) => Math.abs(x - before[start + n]!)))
      expect(worst).toBeLessThanOrEqual(2 ** -23)
    }
  })

  it('eight channels, and around cuts', async () => {
    const rate = 16_000
    const path = join(folder, 'eight.wav')
    const channels = Array.from({ length: 8 }, (_, c) => sine(100 * (c + 1), 3 * rate, rate, 0.1 * (c + 1)))
    await writeFile(path, wavFile(channels, rate))
    const parameters = { ranges: [{ start: 1, end: 1.25 }], crossfade_ms: 20 }
    const { output } = await edit({ path, model: 'mute2', parameters })
    expect(output.audio).toEqual({ sampleRateHz: rate, channels: 8, frames: 3 * rate - rate / 4 })
    const before = await decodeWhole(packagedFfmpeg, path)
    const after = await decodeWhole(packagedFfmpeg, output.path)
    after.forEach((samples, c) => {
      expect(samples.subarray(0, rate - 160)).toEqual(before[c]!.subarray(0, rate - 160))
      expect(samples.subarray(rate + 160)).toEqual(before[c]!.subarray(rate + rate / 4 + 160))
    })
  })
})

describe('mute1', () => {
  it('silences below −60 dBFS within the fades, with the room sounding on', async () => {
    const { output, details, billedSeconds } = await edit({
      parameters: {
        ranges: [
          { start: 1, end: 2 },
          { start: 4.5, end: 5 },
        ],
      },
    })
    const after = await decodeWhole(packagedFfmpeg, output.path)
    const fade = 0.008 * 48_000
    for (const samples of after) {
      expect(peakDb(samples, 48_000 + fade, 96_000 - fade)).toBeLessThan(-60)
      expect(peakDb(samples, 4.5 * 48_000 + fade, 5 * 48_000 - fade)).toBeLessThan(-60)
      expect(peakDb(samples, 48_000 + fade, 96_000 - fade)).toBeGreaterThan(-80)
    }
    expect(output).toMatchObject({ kind: 'audio', contentType: 'audio/flac', durationSeconds: 6 })
    expect(billedSeconds).toBe(6)
    expect(editsOf(details)).toMatchObject([
      { start: 1, end: 2, action: 'mute', start_frame: 48_000, end_frame: 96_000, output_end_frame: 96_000 },
      { start: 4.5, end: 5, action: 'mute' },
    ])
  })

  it('gives digital silence where room tone is off, or there is no room to hear', async () => {
    const ranges = [{ start: 1, end: 2 }]
    const off = await edit({ parameters: { ranges, room_tone: false } })
    const [first] = (await decodeWhole(packagedFfmpeg, off.output.path)) as [Float32Array]
    expect(first.subarray(49_000, 95_000).every((x) => x === 0)).toBe(true)
    const gated = join(folder, 'gated.wav')
    const voice = sine(200, 96_000, 48_000).map((x, n) => (n % 24_000 < 12_000 ? x : 0))
    await writeFile(gated, wavFile([voice], 48_000))
    const clean = await edit({ path: gated, parameters: { ranges: [{ start: 0.5, end: 0.75 }] } })
    const [second] = (await decodeWhole(packagedFfmpeg, clean.output.path)) as [Float32Array]
    expect(second.subarray(24_400, 35_600).every((x) => x === 0)).toBe(true)
  })

  it.each([
    [{ ranges: [{ start: 1, end: 2, action: 'cut' }] }, /mute1.*mute, not cut.*mute2/],
    [{ ranges: [{ start: 1, end: 2 }], action: 'bleep' }, /not bleep.*mute2/],
    [{ max_pause: 0.5 }, /not cut.*mute2/],
  ])('refuses what it cannot do: %o', async (parameters, message) => {
    await expect(edit({ parameters })).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringMatching(message) as string,
    })
    await expect(
      edit({ model: 'mute2', parameters: { ranges: [{ start: 1, end: 2 }], action: 'mute' } }),
    ).rejects.toThrow(/mute1/)
  })
})

describe('mute2', () => {
  it('cuts to the sample, by default', async () => {
    const { output, details, billedSeconds } = await edit({
      model: 'mute2',
      parameters: {
        ranges: [
          { start: 1, end: 2.123 },
          { start: 0, end: 0.1 },
        ],
      },
    })
    const removed = Math.round(1.123 * 48_000) + 4_800
    expect(output.audio).toEqual({ sampleRateHz: 48_000, channels: 2, frames: 6 * 48_000 - removed })
    expect((await decodeWhole(packagedFfmpeg, output.path))[0]!.length).toBe(6 * 48_000 - removed)
    expect(billedSeconds).toBeCloseTo(6 - removed / 48_000, 9)
    expect(editsOf(details).map((e) => [e.action, e.output_start_frame, e.output_end_frame])).toEqual([
      ['cut', 0, 0],
      ['cut', 43_200, 43_200],
    ])
  })

  it('bleeps as loud as the speech', async () => {
    const parameters = { ranges: [{ start: 1, end: 2 }], action: 'bleep', bleep_hz: 800 }
    const { output } = await edit({ model: 'mute2', parameters })
    const [samples] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
    const level = (start: number, end: number) =>
      10 * Math.log10(samples.subarray(start, end).reduce((sum, x) => sum + x * x, 0) / (end - start))
    const speechDb = level(96_000, 6 * 48_000)
    expect(Math.abs(level(49_000, 95_000) - speechDb)).toBeLessThan(4)
    const inside = samples.subarray(49_000, 95_000)
    const crossings = inside.filter((x, n) => n > 0 && x >= 0 && inside[n - 1]! < 0).length
    expect(Math.round((crossings * 48_000) / inside.length)).toBeCloseTo(800, -1)
  })

  it('lets the stronger action hold where ranges overlap', async () => {
    const { output, details } = await edit({
      model: 'mute2',
      parameters: {
        action: 'bleep',
        ranges: [
          { start: 1, end: 3 },
          { start: 2, end: 4, action: 'cut' },
          { start: 3.5, end: 5 },
        ],
      },
    })
    expect(editsOf(details).map(({ start, end, action }) => [start, end, action])).toEqual([
      [1, 2, 'bleep'],
      [2, 4, 'cut'],
      [4, 5, 'bleep'],
    ])
    expect(output.audio!.frames).toBe(4 * 48_000)
  })

  it('shortens pauses to what is asked, without a recogniser', async () => {
    const rate = 16_000
    const path = join(folder, 'pauses.wav')
    // Speech in 0–1, 3–4 and 4.3–5 s of six seconds, in a room.
    const room = noisySpeech({ seconds: 6, sampleRateHz: rate })
    const samples = Float32Array.from({ length: 6 * rate }, (_, n) => room.readInt16LE(44 + 2 * n) / 32_768)
    const spoken = (t: number) => t < 1 || (t >= 3 && t < 4) || (t >= 4.3 && t < 5)
    await writeFile(
      path,
      wavFile([samples.map((x, n) => (spoken(n / rate) ? 0.5 * Math.sign(x) : 0.002 * x))], rate),
    )
    const { output, details } = await edit({ path, model: 'mute2', parameters: { max_pause: 0.5 } })
    expect(hitsOf(details).map(({ kind }) => kind)).toEqual(['pause', 'pause'])
    const [first, last] = editsOf(details) as [WireEdit, WireEdit]
    expect(first.start).toBeCloseTo(1.25, 1)
    expect(first.end).toBeCloseTo(2.75, 1)
    expect(last.end).toBeCloseTo(5.75, 1)
    expect(output.durationSeconds).toBeCloseTo(4, 1)
  })

  it('does not cut the whole recording', async () => {
    const parameters = {
      ranges: [
        { start: 0, end: 3 },
        { start: 2, end: 6 },
      ],
    }
    await expect(edit({ model: 'mute2', parameters })).rejects.toThrow(/nothing would be left/)
  })
})

describe('words', () => {
  const transcript = transcriptOf(
    [
      ['My', 0.5, 0.8],
      ['password', 1, 1.6],
      ['is,', 1.7, 1.9],
      ['um,', 2.2, 2.5],
      ['secret.', 3, 3.6],
    ],
    6,
  )

  it('are found by a recogniser, which is told what to listen for', async () => {
    const { runCapability, asked } = fakeRecognizer(transcript)
    const stages: [string, number][] = []
    const { details, artifacts } = await edit({
      parameters: {
        keywords: ['passwords', 'se*'],
        fillers: true,
        recognizer: 'whisper-base',
        language: 'en',
      },
      runCapability,
      progress: (stage, fraction) => stages.push([stage, fraction]),
    })
    expect(asked).toMatchObject([
      {
        capability: 'speech-to-text',
        model: 'whisper-base',
        input: { kind: 'audio', path: speech },
        parameters: { language: 'en', diarize: false, keyterms: ['passwords'] },
      },
    ])
    expect(hitsOf(details)).toMatchObject([
      {
        id: 'keyword-1000-1600',
        kind: 'keyword',
        keyword: 'passwords',
        text: 'password',
        start: 1,
        end: 1.6,
      },
      { id: 'filler-2200-2500', kind: 'filler', text: 'um,' },
      { id: 'keyword-3000-3600', keyword: 'se*', text: 'secret.' },
    ])
    expect(editsOf(details)[0]).toMatchObject({ start: 0.94, end: 1.66, action: 'mute' })
    const edited = artifacts.find(({ name }) => name === 'transcript.json')!
    expect(edited.free).toBe(false)
    expect(transcriptSchema.parse(await readJson(edited.path)).text).toBe('My [muted] is, [muted], [muted].')
    const fractions = stages.map(([, fraction]) => fraction)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    // Recognising is most of the work.
    expect(stages.find(([stage]) => stage === 'recognize')![1]).toBeGreaterThan(0.3)
  })

  it('are cut with their fillers, no further than their neighbours, and later words come sooner', async () => {
    const parameters = { transcript, fillers: true, keywords: ['password'], padding_ms: 500 }
    const { details, artifacts, output } = await edit({ model: 'mute2', parameters })
    const [password, filler] = editsOf(details) as [WireEdit, WireEdit]
    expect(password.start).toBeCloseTo(0.8, 9)
    expect(Math.abs(password.end - 1.7)).toBeLessThanOrEqual(0.0051)
    expect(filler.start).toBeCloseTo(1.9, 9)
    const removed = password.end - password.start + filler.end - filler.start
    expect(output.durationSeconds).toBeCloseTo(6 - removed, 6)
    const edited = transcriptSchema.parse(
      await readJson(artifacts.find(({ name }) => name === 'transcript.json')!.path),
    )
    expect(edited.text).toBe('My is, secret.')
    expect(edited.segments[0]!.words.at(-1)!.start).toBeCloseTo(3 - removed, 2)
  })

  it('of a speaker are taken out', async () => {
    const { details } = await edit({ parameters: { transcript, speakers: ['Ana'] } })
    expect(hitsOf(details)).toMatchObject([{ kind: 'speaker', start: 0.5, end: 3.6 }])
    await expect(edit({ parameters: { transcript, speakers: ['Bob'] } })).rejects.toThrow(/Bob/)
  })

  it('that are personal data or profanity are found', async () => {
    const spoken = transcriptOf(
      [
        ['Call', 0.5, 0.8],
        ['555-123-4567,', 1, 3],
        ['you', 3.1, 3.3],
        ['bastard.', 3.4, 4],
      ],
      6,
    )
    const parameters = { transcript: spoken, redact: ['profanity', 'personal_data'] }
    const { details } = await edit({ parameters })
    expect(hitsOf(details)).toMatchObject([
      { kind: 'redaction', sought: 'personal_data', text: '555-123-4567,' },
      { kind: 'redaction', sought: 'profanity', text: 'bastard.' },
    ])
  })

  it('keep the recogniser’s own error', async () => {
    const { AppError } = await import('../../platform/errors')
    const runCapability = () => Promise.reject(new AppError('model_file_missing', { message: 'pull it' }))
    await expect(edit({ parameters: { keywords: ['x'] }, runCapability })).rejects.toMatchObject({
      code: 'model_file_missing',
      message: 'pull it',
    })
  })
})

describe('a dry run', () => {
  const transcript = transcriptOf(
    [
      ['One', 1, 1.4],
      ['two', 2, 2.4],
      ['three', 3, 3.4],
    ],
    6,
  )
  const parameters = { transcript, keywords: ['two', 'three'], ranges: [{ start: 0.2, end: 0.6 }] }

  it('is free, and lists the hits with a clip of each', async () => {
    const { output, billedSeconds, details, artifacts, preview } = await edit({
      parameters: { ...parameters, dry_run: true },
      task: { previewSeconds: 30 },
    })
    expect(output).toMatchObject({ kind: 'data', contentType: 'application/json', audio: null })
    expect([billedSeconds, preview]).toEqual([0, null])
    const hits = hitsOf(details)
    expect(hits.map(({ id }) => id)).toEqual(['range-200-600', 'keyword-2000-2400', 'keyword-3000-3400'])
    expect((await readJson(output.path)).hits).toEqual(hits)
    expect(artifacts.map(({ name, free }) => [name, free])).toEqual(
      hits.map(({ preview }) => [preview, true]),
    )
    const [clip] = (await decodeWhole(packagedFfmpeg, artifacts[1]!.path)) as [Float32Array]
    // A second before and after; the encoder adds a little at either end.
    expect(clip.length / previewRateHz).toBeCloseTo(2.52, 0)
    const middle = Math.round(clip.length / 2)
    expect(peakDb(clip, middle - 3_000, middle + 3_000)).toBeLessThan(-50)
    expect(peakDb(clip, 3_000, 20_000)).toBeGreaterThan(-30)
    expect((await readdir(outputDir)).sort()).toEqual(
      [...hits.map((hit) => hit.preview!), 'hits.json'].sort(),
    )
  })

  it('finds the same as the real run, of which parts can be switched off', async () => {
    const trial = await edit({ parameters: { ...parameters, dry_run: true } })
    const exclude = [hitsOf(trial.details)[1]!.id]
    const real = await edit({ parameters: { ...parameters, exclude } })
    expect(hitsOf(real.details).map(({ id, enabled }) => [id, enabled])).toEqual([
      ['range-200-600', true],
      ['keyword-2000-2400', false],
      ['keyword-3000-3400', true],
    ])
    expect(editsOf(real.details)).toHaveLength(2)
    const [before] = (await decodeWhole(packagedFfmpeg, speech)) as [Float32Array]
    const [after] = (await decodeWhole(packagedFfmpeg, real.output.path)) as [Float32Array]
    expect(after.subarray(0.7 * 48_000, 2.9 * 48_000)).toEqual(before.subarray(0.7 * 48_000, 2.9 * 48_000))
    await expect(edit({ parameters: { ...parameters, exclude: ['keyword-1-2'] } })).rejects.toThrow(
      /no hit “keyword-1-2”.*dry run/,
    )
  })

  it('shortens clips of long hits in the middle', async () => {
    const path = join(folder, 'long.wav')
    await writeFile(path, wavFile([sine(300, 40 * 8_000, 8_000)], 8_000))
    const { artifacts } = await edit({ path, parameters: { ranges: [{ start: 5, end: 35 }], dry_run: true } })
    const [clip] = (await decodeWhole(packagedFfmpeg, artifacts[0]!.path)) as [Float32Array]
    expect(clip.length / previewRateHz).toBeCloseTo(8, 0)
  })
})

describe('any recording', () => {
  it.each(availableFfmpegs)('of any format, with the %s ffmpeg', async (name, ffmpeg) => {
    for (const extension of ['mp3', 'm4a', 'opus', 'aiff']) {
      const path = join(folder, `${name}.${extension}`)
      makeAudio(['-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '3', path])
      const { output } = await edit({
        ...{ path, ffmpeg, model: 'mute2' },
        parameters: { ranges: [{ start: 1, end: 2 }] },
        task: { outputFormat: extension === 'mp3' ? 'mp3' : 'flac' },
      })
      expect(output.audio!.frames).toBe((await decodeWhole(ffmpeg, path))[0]!.length - 48_000)
      expect(output.contentType).toBe(extension === 'mp3' ? 'audio/mpeg' : 'audio/flac')
    }
  })

  it('of 0.1 seconds, and at 8 kHz', async () => {
    const path = join(folder, 'tiny.wav')
    await writeFile(path, wavFile([sine(300, 800, 8_000)], 8_000))
    for (const model of ['mute1', 'mute2'] as const) {
      const { output } = await edit({ path, model, parameters: { ranges: [{ start: 0.02, end: 0.05 }] } })
      expect(output.audio!.frames).toBe(model === 'mute1' ? 800 : 560)
    }
    const bleep = { ranges: [{ start: 0.02, end: 0.05 }], action: 'bleep', bleep_hz: 8000 }
    expect((await edit({ path, model: 'mute2', parameters: bleep })).output.audio!.frames).toBe(800)
  })

  it('of hours, in bounded memory', async () => {
    const path = join(folder, 'hour.flac')
    makeAudio([
      '-f',
      'lavfi',
      '-i',
      'anullsrc=r=8000:cl=mono:n=16384',
      '-t',
      '3600',
      '-frame_size',
      '16384',
      path,
    ])
    const held: number[] = []
    const ranges = Array.from({ length: 700 }, (_, index) => ({ start: index * 5 + 1, end: index * 5 + 2 }))
    const { output } = await edit({
      ...{ path, model: 'mute2', parameters: { ranges } },
      progress: () => {
        const { heapUsed, arrayBuffers } = process.memoryUsage()
        held.push(heapUsed + arrayBuffers)
      },
    })
    expect(output.audio!.frames).toBe(2900 * 8_000)
    const quarter = Math.floor(held.length / 4)
    expect(Math.max(...held.slice(-quarter)) - Math.max(...held.slice(0, quarter))).toBeLessThan(40e6)
  }, 120_000)
})

describe('refusals', () => {
  it.each([
    [
      { ranges: [{ start: 1, end: 7 }] },
      /ranges\.0: 1–7 s is not within the recording, which is 6\.000 s long/,
    ],
    [
      {
        ranges: [
          { start: 1, end: 2 },
          { start: 60, end: 61 },
        ],
      },
      /ranges\.1/,
    ],
  ])('of %o', async (parameters, message) => {
    await expect(edit({ parameters })).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringMatching(message) as string,
    })
    expect(await readdir(outputDir)).toEqual([])
  })

  it('leave room for a rounded length', async () => {
    const { details } = await edit({ parameters: { ranges: [{ start: 5, end: 6.004 }] } })
    expect(editsOf(details)[0]).toMatchObject({ end: 6, end_frame: 288_000 })
  })

  it('of a recording beyond the limit', async () => {
    const task = { maxInputSeconds: 5 }
    await expect(edit({ parameters: { ranges: [{ start: 1, end: 2 }] }, task })).rejects.toMatchObject({
      code: 'media_too_long',
    })
  })

  it('a cancel in the middle leaves nothing behind', async () => {
    const path = join(folder, 'cancel.wav')
    await writeFile(path, wavFile([sine(440, 480_000, 48_000)], 48_000))
    for (const stage of ['analyze', 'edit']) {
      const abort = new AbortController()
      const progress = (name: string) => {
        if (name === stage) abort.abort()
      }
      await expect(
        edit({ path, parameters: { ranges: [{ start: 1, end: 2 }] }, signal: abort.signal, progress }),
      ).rejects.toMatchObject({ code: 'canceled' })
      expect(await readdir(outputDir)).toEqual([])
    }
  })
})
