import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, wavFile } from '../../test/fixtures/audio-files'
import { createWatermarker } from './watermark'
import { readPayload, writePayload } from './watermark-code'
import { createWatermarkDetector } from './watermark-detect'

const payload = 0xdeadbeef
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-watermark-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Syllables of coloured noise, with pauses: the nearest to speech that needs no recording. */
function babble(seconds: number, rateHz: number, seed = 1): Float32Array {
  let state = seed
  let colour = 0
  return Float32Array.from({ length: Math.round(seconds * rateHz) }, (_, frame) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    colour += 0.5 * (state / 2 ** 31 - colour)
    const phase = (frame / rateHz) * 4
    return phase % 7 < 1 ? 0 : 0.4 * colour * Math.abs(Math.sin(Math.PI * phase))
  })
}

function mark(
  channels: Float32Array[],
  rateHz: number,
  blockFrames = 4801,
  startSeconds = 0,
): Float32Array[] {
  const marker = createWatermarker(rateHz, channels.length, payload, startSeconds)
  const parts: Float32Array[][] = []
  for (let at = 0; at < channels[0]!.length; at += blockFrames) {
    parts.push(marker.push({ channels: channels.map((c) => c.slice(at, at + blockFrames)) }).channels)
  }
  parts.push(marker.finish().channels)
  return channels.map((_, channel) => Float32Array.from(parts.flatMap((part) => [...part[channel]!])))
}

function detect(channels: Float32Array[], rateHz: number) {
  const detector = createWatermarkDetector(rateHz)
  detector.push({ channels })
  return detector.finish()
}

describe('marking', () => {
  it.each([8_000, 16_000, 22_050, 44_100, 48_000])('gives the same frames at %i Hz', (rateHz) => {
    for (const frames of [1, 255, 256, 1000, rateHz + 1]) {
      const sound = babble(2, rateHz).slice(0, frames)
      expect(mark([sound, sound], rateHz).map(({ length }) => length)).toEqual([frames, frames])
    }
  })

  it('does not depend on how the stream is cut', () => {
    const sound = babble(2, 24_000)
    expect(mark([sound], 24_000, 100)).toEqual(mark([sound], 24_000, 48_000))
  })

  it('leaves silence, and the first and last sample, as they are', () => {
    expect(mark([new Float32Array(48_000)], 48_000)[0]!.every((sample) => sample === 0)).toBe(true)
    const sound = babble(3.3, 16_000).map((sample) => sample + 0.01)
    const marked = mark([sound], 16_000)[0]!
    expect([marked[0], marked.at(-1)]).toEqual([sound[0], sound.at(-1)])
    expect(marked).not.toEqual(sound)
  })

  it('stays 18 dB below the sound at least', () => {
    const sound = babble(5, 48_000)
    const marked = mark([sound], 48_000)[0]!
    const power = (samples: Float32Array) => samples.reduce((sum, sample) => sum + sample * sample, 0)
    const difference = marked.map((sample, index) => sample - sound[index]!)
    expect(10 * Math.log10(power(sound) / power(difference))).toBeGreaterThan(18)
  })
})

describe('finding', () => {
  const rateHz = 24_000
  const marked = mark([babble(13, rateHz)], rateHz)

  it('finds a mark again in a crop at another level', () => {
    const crop = marked[0]!.slice(2.345 * rateHz, 12.345 * rateHz)
    for (const gain of [0.5, 1, 2]) {
      const found = detect([crop.map((sample) => gain * sample)], rateHz)
      expect(found).toHaveLength(1)
      expect(found[0]).toMatchObject({ payload, start: 0 })
      expect(found[0]!.confidence).toBeGreaterThan(0.999)
    }
  })

  it('finds it after mp3 at 128 kbit/s and at 44.1 kHz', async () => {
    const path = join(folder, 'marked.wav')
    const lossy = join(folder, 'marked.mp3')
    await writeFile(path, wavFile(marked, rateHz))
    await packagedFfmpeg.convert(path, { path: lossy, format: 'mp3', bitRateKbps: 128, sampleRateHz: 44_100 })
    expect(detect(await decodeWhole(packagedFfmpeg, lossy), 44_100)).toMatchObject([{ payload }])
  })

  it('finds it in a mix of two channels', () => {
    const [left] = marked
    const stereo = mark([babble(10, 16_000), babble(10, 16_000, 5)], 16_000)
    expect(detect(stereo, 16_000)).toMatchObject([{ payload }])
    expect(detect([left!, left!.map((sample) => 0.2 * sample)], rateHz)).toMatchObject([{ payload }])
  })

  it('finds a mark that goes on from part to part, whose joins are those of the sound', () => {
    const sound = babble(12, 24_000)
    const ends = [1.7, 3.02, 5.5, 7.123, 9.9, 12].map((seconds) => Math.round(seconds * 24_000))
    const parts = ends.map((end, part) => {
      const start = ends[part - 1] ?? 0
      return mark([sound.slice(start, end)], 24_000, 4801, start / 24_000)[0]!
    })
    const joined = Float32Array.from(parts.flatMap((part) => [...part]))
    expect(joined.length).toBe(sound.length)
    for (const end of ends.slice(0, -1)) {
      for (const frame of [end - 1, end]) expect(joined[frame]).toBeCloseTo(sound[frame]!, 4)
    }
    const found = detect([joined], 24_000)
    expect(found).toMatchObject([{ payload }])
    expect(found[0]!.score).toBeGreaterThan(0.85 * detect(mark([sound], 24_000), 24_000)[0]!.score)
  })

  it('finds none where there is none', () => {
    for (const seed of [2, 3, 4]) expect(detect([babble(10, 16_000, seed)], 16_000)).toEqual([])
    expect(detect([new Float32Array(160_000)], 16_000)).toEqual([])
    expect(detect([new Float32Array(10)], 16_000)).toEqual([])
  })
})

describe('payloads', () => {
  it.each([0, 1, 0x7fffffff, 0x80000000, 0xffffffff])('%i comes back', (value) => {
    expect(readPayload(writePayload(value))).toBe(value)
  })

  it('are refused where a byte is wrong', () => {
    const bytes = writePayload(payload)
    bytes.forEach((byte, index) => expect(readPayload(bytes.with(index, byte ^ 16))).toBeNull())
  })
})
