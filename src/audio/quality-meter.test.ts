import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, sine, wavFile } from '../../test/fixtures/audio-files'
import { createQualityMeter, type SoundQuality } from './quality-meter'

let folder: string
const { ffmpegPath } = packagedFfmpeg.binaries
const filters = execFileSync(ffmpegPath, ['-hide_banner', '-filters'], { encoding: 'utf8' })
const missing = (filter: string) => !new RegExp(` ${filter} `).test(filters)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-quality-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function measure(channels: Float32Array[], rateHz: number, blockFrames = 4096): SoundQuality {
  const meter = createQualityMeter(rateHz, channels.length)
  for (let at = 0; at < channels[0]!.length; at += blockFrames) {
    meter.push({ channels: channels.map((samples) => samples.slice(at, at + blockFrames)) })
  }
  return meter.result()
}

/** Noise that comes and goes, with tones in it. */
function restless(frames: number, rateHz: number, seed: number): Float32Array {
  let state = seed
  let noise = 0
  return Float32Array.from({ length: frames }, (_, frame) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    // Without the highest frequencies: there every interpolator has its own true peak.
    noise += 0.2 * (state / 2 ** 31 - noise)
    const seconds = frame / rateHz
    const level = 0.02 + 0.3 * Math.max(0, Math.sin(2 * Math.PI * 0.13 * seconds + seed)) ** 2
    const tone = Math.sin(2 * Math.PI * (300 + 900 * Math.sin(seconds)) * seconds)
    return level * (0.6 * tone + noise)
  })
}

describe('against ffmpeg', () => {
  it.skipIf(missing('ebur128')).each([
    [16_000, 1],
    [44_100, 2],
    [48_000, 1],
  ])('loudness, range and true peak at %i Hz with %i channels (needs ebur128)', async (rateHz, channels) => {
    const sound = Array.from({ length: channels }, (_, channel) =>
      restless(14 * rateHz, rateHz, 1 + 2 * channel),
    )
    const path = join(folder, `${rateHz}.wav`)
    await writeFile(path, wavFile(sound, rateHz))
    const decoded = await decodeWhole(packagedFfmpeg, path)
    const ours = measure(decoded, rateHz)
    const theirs = await packagedFfmpeg.measureLoudness(path)
    // It states tenths; at low rates the weighting of the highest octave is not quite that of 48 kHz.
    expect(Math.abs(ours.integratedLufs! - theirs.integratedLufs)).toBeLessThan(
      rateHz < 32_000 ? 0.25 : 0.151,
    )
    expect(Math.abs(ours.loudnessRangeLu! - theirs.rangeLu)).toBeLessThan(0.5)
    expect(Math.abs(ours.truePeakDbtp! - theirs.truePeakDbtp)).toBeLessThan(0.2)
  })

  it.skipIf(missing('volumedetect'))('the level of a steady sound (needs volumedetect)', async () => {
    const path = join(folder, 'steady.wav')
    await writeFile(path, wavFile([sine(440, 96_000, 48_000, 0.1)], 48_000))
    const { noiseFloorDbfs } = measure(await decodeWhole(packagedFfmpeg, path), 48_000)
    const { stderr } = spawnSync(ffmpegPath, ['-i', path, '-af', 'volumedetect', '-f', 'null', '-'], {
      encoding: 'utf8',
    })
    const mean = Number(/mean_volume: (-[\d.]+) dB/.exec(stderr)![1])
    expect(Math.abs(noiseFloorDbfs! - mean)).toBeLessThan(0.1)
  })
})

describe('by definition', () => {
  it('a sine of 997 Hz at −20 dBFS in one channel has −23 LUFS (EBU Tech 3341)', () => {
    const { integratedLufs, loudnessRangeLu } = measure([sine(997, 480_000, 48_000, 0.1)], 48_000)
    expect(integratedLufs).toBeCloseTo(-23.03, 1)
    expect(loudnessRangeLu).toBeCloseTo(0, 1)
  })

  it('finds peaks between samples', () => {
    // A quarter of the sample rate, half a sample off: all samples are 3 dB below the peaks.
    const samples = Float32Array.from({ length: 48_000 }, (_, n) => 0.5 * Math.sin((Math.PI / 2) * (n + 0.5)))
    // Where it begins at once, it rings a little.
    expect(Math.abs(measure([samples], 48_000).truePeakDbtp! + 6.02)).toBeLessThan(0.15)
  })

  it('counts samples of runs at full scale, across blocks', () => {
    const samples = new Float32Array(1000)
    samples.fill(1, 98, 103)
    samples[500] = -1
    samples.fill(-1, 700, 702)
    expect(measure([samples, samples], 48_000, 100).clippedSamples).toBe(2 * 7)
  })

  it('takes the quietest tenth for the noise floor', () => {
    const samples = sine(440, 480_000, 48_000, 0.5)
    samples.set(sine(440, 96_000, 48_000, 0.001), 96_000)
    expect(measure([samples], 48_000).noiseFloorDbfs).toBeCloseTo(-63, 0)
  })

  it('does not depend on how the stream is cut', () => {
    const sound = [restless(100_000, 24_000, 3)]
    expect(measure(sound, 24_000, 777)).toEqual(measure(sound, 24_000, 50_000))
  })

  it('says what it cannot know of silence and of scraps', () => {
    expect(measure([new Float32Array(48_000)], 48_000)).toEqual({
      durationSeconds: 1,
      integratedLufs: null,
      loudnessRangeLu: null,
      truePeakDbtp: null,
      clippedSamples: 0,
      noiseFloorDbfs: -119.995,
    })
    const scrap = measure([sine(997, 4800, 48_000, 0.1)], 48_000)
    expect(scrap.noiseFloorDbfs).toBeNull()
    expect(scrap.integratedLufs).toBeCloseTo(-23, 0)
  })
})
