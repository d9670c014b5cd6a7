import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { packagedBinaries, packagedFfmpeg, sine, wavFile } from '../../test/fixtures/audio-files'
import { loudnessTargets, loudnessTargetsLufs, masterFile, type MasteringSettings } from './mastering'
import { frameCount } from './pcm'

const sampleRateHz = 48_000
const seconds = 5

let folder: string
let speech: string

/** Bursts of a harmonic tone with pauses and a few sharp peaks, quiet as a whole: what needs gain and a limiter. */
function bursts(): Float32Array {
  const samples = new Float32Array(seconds * sampleRateHz)
  for (let frame = 0; frame < samples.length; frame++) {
    const time = frame / sampleRateHz
    const open = time % 1 < 0.7 ? Math.sin(Math.PI * ((time % 1) / 0.7)) ** 2 : 0
    for (const harmonic of [1, 2, 3, 5, 9]) {
      samples[frame] =
        samples[frame]! + (0.02 * open * Math.sin(2 * Math.PI * 180 * harmonic * time)) / harmonic
    }
    if (frame % 30_000 < 40) samples[frame] = samples[frame]! + 0.3
  }
  return samples
}

async function mastered(settings: MasteringSettings, name: string, source = speech): Promise<string> {
  const path = join(folder, name)
  const format = name.endsWith('.mp3') ? 'mp3' : 'flac'
  await masterFile(packagedFfmpeg, source, { path, format }, settings, {
    sampleRateHz,
    durationSeconds: seconds,
  })
  return path
}

async function samplesOf(path: string): Promise<Float32Array> {
  const { blocks } = await packagedFfmpeg.decode(path, { maxSeconds: 60 })
  const parts: Float32Array[] = []
  let length = 0
  for await (const block of blocks) {
    parts.push(block.channels[0]!)
    length += frameCount(block)
  }
  const whole = new Float32Array(length)
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0)
  return whole
}

const rms = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-mastering-'))
  speech = join(folder, 'speech.wav')
  await writeFile(speech, wavFile([bursts()], sampleRateHz))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('mastering', () => {
  it.each(loudnessTargets)('brings sound to the loudness of a %s, below −1 dBTP', async (loudness) => {
    const name = `${loudness}.${loudness === 'podcast' ? 'mp3' : 'flac'}`
    const measured = await packagedFfmpeg.measureLoudness(await mastered({ loudness }, name))
    expect(Math.abs(measured.integratedLufs - loudnessTargetsLufs[loudness])).toBeLessThanOrEqual(0.5)
    expect(measured.truePeakDbtp).toBeLessThanOrEqual(-1)
  })

  it('keeps every frame', async () => {
    expect(await samplesOf(await mastered({ loudness: 'streaming' }, 'frames.flac'))).toHaveLength(
      seconds * sampleRateHz,
    )
  })

  it('leaves silence as it is', async () => {
    const source = join(folder, 'silence.wav')
    await writeFile(source, wavFile([new Float32Array(sampleRateHz)], sampleRateHz))
    const samples = await samplesOf(await mastered({ loudness: 'podcast' }, 'silence.flac', source))
    expect(samples.every((sample) => sample === 0)).toBe(true)
  })

  it('takes rumble away and leaves what lies above it', async () => {
    for (const [hertz, least, most] of [
      [30, 0, 0.2],
      [1000, 0.98, 1.02],
    ] as const) {
      const source = join(folder, `tone-${hertz}.wav`)
      await writeFile(source, wavFile([sine(hertz, seconds * sampleRateHz, sampleRateHz)], sampleRateHz))
      const filtered = await samplesOf(await mastered({ highPassHz: 80 }, `tone-${hertz}.flac`, source))
      const ratio = rms(filtered.subarray(sampleRateHz)) / (0.5 / Math.SQRT2)
      expect(ratio).toBeGreaterThanOrEqual(least)
      expect(ratio).toBeLessThanOrEqual(most)
    }
  })

  it('fades in from silence and out to it', async () => {
    const source = join(folder, 'tone.wav')
    await writeFile(source, wavFile([sine(1000, seconds * sampleRateHz, sampleRateHz)], sampleRateHz))
    const samples = await samplesOf(
      await mastered({ fadeInSeconds: 1, fadeOutSeconds: 2 }, 'faded.flac', source),
    )
    const level = (atSeconds: number) =>
      rms(samples.subarray(atSeconds * sampleRateHz, (atSeconds + 0.1) * sampleRateHz)) / (0.5 / Math.SQRT2)
    expect(level(0)).toBeLessThan(0.1)
    expect(level(0.5)).toBeCloseTo(0.55, 1)
    expect(level(2)).toBeCloseTo(1, 2)
    expect(level(4.9)).toBeLessThan(0.05)
  })

  it('says in every file that it is no untouched recording', async () => {
    for (const name of ['tagged.flac', 'tagged.mp3']) {
      const path = await mastered({}, name)
      const tags = execFileSync(
        packagedBinaries.ffprobePath,
        ['-v', 'error', '-show_entries', 'format_tags', path],
        { encoding: 'utf8' },
      )
      expect(tags).toMatch(/comment=AI-generated or AI-edited/i)
    }
  })
})
