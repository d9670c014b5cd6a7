import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, makeAudio, packagedFfmpeg, wavFile } from '../../../test/fixtures/audio-files'
import { runChanger, singer, talker } from '../../../test/support/voice-changer'
import { integratedLoudness } from '../../audio/loudness'
import { trackPitch } from '../../audio/pitch-track'
import { voiceChangerParameters } from './index'

let folder: string
let outputDir: string
let low: string
let high: string
const rateHz = 16_000
const lowVoice = talker({ rateHz, seconds: 2, pitchHz: 110 })
const highVoice = talker({ rateHz, seconds: 2, pitchHz: 210, formants: 1.15 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-changer-'))
  low = await wav('low.wav', [lowVoice], rateHz)
  high = await wav('high.wav', [highVoice], rateHz)
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function wav(name: string, channels: Float32Array[], rate: number): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, wavFile(channels, rate))
  return path
}

/** Median of the voiced frames. */
function pitchOf(samples: Float32Array, rate = rateHz): number {
  const voiced = trackPitch(samples, rate).filter((hz) => hz > 0)
  return voiced.sort()[voiced.length >> 1] ?? 0
}

function semitones(from: number, to: number): number {
  return 12 * Math.log2(to / from)
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)
}

const soundOf = (path: string) => decodeWhole(packagedFfmpeg, path)

describe('the voice changer', () => {
  it('brings pitch and formants of one voice to those of another, in step and as loud', async () => {
    const parameters = { target_voice_id: 'target' }
    const { output, details, billedSeconds } = await runChanger({
      ...{ path: low, outputDir, target: high, parameters },
    })
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    expect(samples).toHaveLength(lowVoice.length)
    expect(billedSeconds).toBe(2)
    expect(Math.abs(semitones(pitchOf(highVoice), pitchOf(samples)))).toBeLessThan(0.5)
    expect(details).toMatchObject({ target_voice: { id: 'target' }, pace: 1, singing: false })
    expect((details as { formant_shift: number }).formant_shift).toBeGreaterThan(1)
    const change = integratedLoudness(samples, rateHz) - integratedLoudness(lowVoice, rateHz)
    expect(Math.abs(change)).toBeLessThan(1)
  })

  it.each([-5, 4])(
    'shifts the pitch by %i semitones, and leaves pauses and hisses as they are',
    async (shift) => {
      const { output } = await runChanger({ path: low, outputDir, parameters: { pitch_semitones: shift } })
      const [samples] = (await soundOf(output.path)) as [Float32Array]
      expect(Math.abs(semitones(pitchOf(lowVoice), pitchOf(samples)) - shift)).toBeLessThan(0.3)
      for (const [from, to] of [
        [0.85, 0.97],
        [0.02, 0.04],
      ] as const) {
        const before = lowVoice.subarray(from * rateHz, to * rateHz)
        const after = samples.subarray(from * rateHz, to * rateHz)
        expect(rms(after.map((x, n) => x - before[n]!))).toBeLessThan(0.1 * rms(before))
      }
    },
  )

  it('keeps melody, key and breath of a song', async () => {
    const melody = [0, 4, 7, 12, 5, 2]
    const song = singer(rateHz, 110, melody)
    const path = await wav('song.wav', [song], rateHz)
    const parameters = { target_voice_id: 'target' }
    const { output, details } = await runChanger({ path, outputDir, target: high, parameters })
    expect(details).toMatchObject({ singing: true, pitch_semitones: 12 })
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    const noteOf = (sound: Float32Array, note: number) =>
      pitchOf(sound.subarray((note * 0.5 + 0.1) * rateHz, (note * 0.5 + 0.4) * rateHz))
    for (const [note] of melody.entries()) {
      expect(Math.abs(semitones(noteOf(song, note), noteOf(samples, note)) - 12)).toBeLessThan(0.3)
      const breath = [(note + 1) * 0.5 - 0.045, (note + 1) * 0.5 - 0.015].map((s) => s * rateHz)
      const [before, after] = [song, samples].map((sound) => sound.subarray(breath[0], breath[1]))
      expect(rms(after!.map((x, n) => x - before![n]!))).toBeLessThan(0.3 * rms(before!))
    }
  })

  it('moves formants without the pitch', async () => {
    const { output } = await runChanger({ path: low, outputDir, parameters: { formant_shift: 3 } })
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    expect(Math.abs(semitones(pitchOf(lowVoice), pitchOf(samples)))).toBeLessThan(0.1)
    expect(rms(samples.map((x, n) => x - lowVoice[n]!))).toBeGreaterThan(0.2 * rms(lowVoice))
  })

  it('gives the recording back where nothing is to change', async () => {
    const { output } = await runChanger({ path: low, outputDir, parameters: { pitch_semitones: 0 } })
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    expect(rms(samples.map((x, n) => x - lowVoice[n]!))).toBeLessThan(1e-4)
  })

  it('gives the same for the same seed', async () => {
    const run = async (name: string) => {
      const result = await runChanger({
        ...{ path: low, outputDir, parameters: { pitch_semitones: 3 } },
        task: { outputDir: await mkdtemp(join(folder, name)) },
      })
      return soundOf(result.output.path)
    }
    expect(await run('a-')).toEqual(await run('b-'))
  })

  it('keeps channels where they are', async () => {
    const path = await wav('wide.wav', [lowVoice, lowVoice.map((x) => 0.25 * x)], rateHz)
    const { output } = await runChanger({ path, outputDir, parameters: { pitch_semitones: 4 } })
    const [left, right] = (await soundOf(output.path)) as [Float32Array, Float32Array]
    expect(20 * Math.log10(rms(left) / rms(right))).toBeCloseTo(12.04, 1)
  })

  it('takes the pace of the voice where timing need not be kept', async () => {
    const slow = await wav('slow.wav', [slower(highVoice)], rateHz)
    const parameters = { target_voice_id: 'target', preserve_timing: false }
    const { output, details } = await runChanger({ path: low, outputDir, target: slow, parameters })
    const { pace } = details as { pace: number }
    expect(pace).toBeLessThan(0.95)
    expect(output.durationSeconds).toBeCloseTo(2 / pace, 2)
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    expect(Math.abs(semitones(pitchOf(slower(highVoice)), pitchOf(samples)))).toBeLessThan(0.7)
  })
})

/** Every vowel and consonant 1.5 times as long. */
function slower(samples: Float32Array): Float32Array {
  return Float32Array.from(
    { length: samples.length * 1.5 },
    (_, n) => samples[Math.min(samples.length - 1, Math.round(n / 1.5))]!,
  )
}

describe('recordings that are hard', () => {
  it.each([
    [8_000, 1],
    [48_000, 2],
    [44_100, 8],
  ])('work at %i Hz with %i channels', async (rate, channels) => {
    const voice = talker({ rateHz: rate, seconds: 1, pitchHz: 120 })
    const path = await wav(`hard-${rate}.wav`, new Array<Float32Array>(channels).fill(voice), rate)
    const { output } = await runChanger({ path, outputDir, parameters: { pitch_semitones: 5 } })
    expect(output.audio).toEqual({ sampleRateHz: rate, channels, frames: voice.length })
    const decoded = await soundOf(output.path)
    expect(Math.abs(semitones(pitchOf(voice, rate), pitchOf(decoded[0]!, rate)) - 5)).toBeLessThan(0.5)
  })

  it.each([
    ['silence', new Float32Array(2 * rateHz)],
    ['hiss', talker({ rateHz, seconds: 1, pitchHz: 100 }).subarray(0, 900)],
    ['a tenth of a second', lowVoice.subarray(0, rateHz / 10)],
  ])('refuse %s', async (name, samples) => {
    const path = await wav(`${name}.wav`, [samples], rateHz)
    const run = runChanger({ path, outputDir, target: high, parameters: { target_voice_id: 'target' } })
    await expect(run).rejects.toMatchObject({ code: 'invalid_media' })
  })

  it('change both of two speakers by as much', async () => {
    const both = new Float32Array(4 * rateHz)
    both.set(lowVoice)
    both.set(highVoice, 2 * rateHz)
    const path = await wav('both.wav', [both], rateHz)
    const { output } = await runChanger({ path, outputDir, parameters: { pitch_semitones: 3 } })
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    expect(semitones(pitchOf(lowVoice), pitchOf(samples.subarray(0, 2 * rateHz)))).toBeCloseTo(3, 0)
    expect(semitones(pitchOf(highVoice), pitchOf(samples.subarray(2 * rateHz)))).toBeCloseTo(3, 0)
  })

  it('leave a chord of music finite and as long', async () => {
    const chord = Float32Array.from({ length: 2 * rateHz }, (_, n) =>
      [220, 277.2, 329.6].reduce((sum, hz) => sum + 0.1 * Math.sin((2 * Math.PI * hz * n) / rateHz), 0),
    )
    const path = await wav('chord.wav', [chord], rateHz)
    const { output } = await runChanger({ path, outputDir, parameters: { pitch_semitones: 2 } })
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    expect(samples).toHaveLength(chord.length)
    expect(rms(samples) / rms(chord)).toBeGreaterThan(0.4)
    expect(rms(samples) / rms(chord)).toBeLessThan(2)
  })

  it('tell what is wrong with the voice that was named', async () => {
    const unknown = runChanger({ path: low, outputDir, parameters: { target_voice_id: 'nobody' } })
    await expect(unknown).rejects.toMatchObject({ code: 'invalid_parameter' })
    const silent = await wav('silent.wav', [new Float32Array(rateHz)], rateHz)
    const mute = runChanger({
      path: low,
      outputDir,
      target: silent,
      parameters: { target_voice_id: 'target' },
    })
    await expect(mute).rejects.toMatchObject({ code: 'invalid_parameter' })
  })

  it('stop in the middle when canceled, and leave nothing', async () => {
    const path = await wav('long.wav', [talker({ rateHz, seconds: 8, pitchHz: 110 })], rateHz)
    const stop = new AbortController()
    const run = runChanger({
      ...{ path, outputDir, parameters: { pitch_semitones: 3 }, signal: stop.signal },
      progress: (stage, fraction) => stage === 'change-voice' && fraction > 0.4 && stop.abort(),
    })
    await expect(run).rejects.toMatchObject({ code: 'canceled' })
    expect(await readdir(outputDir)).toEqual([])
  })
})

describe('films and noise', () => {
  it('keep the picture of a film', async () => {
    const path = join(folder, 'film.mp4')
    makeAudio([
      ...['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=25:d=2', '-i', low],
      ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', path],
    ])
    const { output, artifacts } = await runChanger({ path, outputDir, parameters: { pitch_semitones: 4 } })
    expect(output).toMatchObject({ kind: 'video', contentType: 'video/mp4' })
    expect(artifacts.map(({ name }) => name)).toEqual(['audio.flac'])
    const media = await packagedFfmpeg.probe(output.path, { video: true })
    expect(media.video).toMatchObject({ codec: 'h264' })
    const [sound] = (await soundOf(artifacts[0]!.path)) as [Float32Array]
    const shift = semitones(pitchOf(lowVoice), pitchOf(sound, media.audio.sampleRateHz))
    expect(Math.abs(shift - 4)).toBeLessThan(0.5)
  })

  it('have noise taken out first where that is asked for', async () => {
    const asked: string[] = []
    const { output } = await runChanger({
      ...{ path: low, outputDir, parameters: { pitch_semitones: 2, denoise_input: true } },
      runCapability: (part) => {
        asked.push(part.capability)
        return Promise.resolve({ output: { path: high } } as never)
      },
    })
    expect(asked).toEqual(['noise-removal'])
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    expect(Math.abs(semitones(pitchOf(highVoice), pitchOf(samples)) - 2)).toBeLessThan(0.5)
  })
})

describe('parameters', () => {
  it('must ask for something', () => {
    expect(voiceChangerParameters.safeParse({}).success).toBe(false)
    expect(voiceChangerParameters.safeParse({ pitch_semitones: 30 }).success).toBe(false)
    expect(voiceChangerParameters.parse({ target_voice_id: ' birch ' })).toMatchObject({
      ...{ target_voice_id: 'birch', pitch_semitones: null, formant_shift: null },
      ...{ strength: 1, denoise_input: false, preserve_timing: true },
    })
  })
})
