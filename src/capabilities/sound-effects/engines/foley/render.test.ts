import { describe, expect, it } from 'vitest'

import { createRealFft } from '../../../../audio/fft-real'
import { frameCount, type PcmBlock } from '../../../../audio/pcm'
import { sampleRateHz } from './effect'
import { effectOf, effects } from './effects'
import { renderScene } from './render'
import type { Layer, Scene, Space } from './scene'
import { timelineOf } from './timeline'

const usual = {
  variant: null,
  count: null,
  several: false,
  step: 0,
  size: 0.5,
  intensity: 0.5,
  distance: 0,
  rate: 1,
}
const layer = (effect: string, changes: Partial<Layer> = {}): Layer => ({ effect, ...usual, ...changes })

interface Options {
  seconds?: number | null
  loop?: boolean
  seed?: number
  space?: Space | null
}

function render(
  layers: Layer[],
  { seconds = 1.5, loop = false, seed = 1, space = null }: Options = {},
): PcmBlock {
  const scene: Scene = { layers, space }
  const timeline = timelineOf(scene, seconds, seed)
  const blocks = [...renderScene({ scene, timeline, loop, fills: seconds !== null, seed })]
  const frames = blocks.reduce((sum, block) => sum + frameCount(block), 0)
  const channels = [new Float32Array(frames), new Float32Array(frames)]
  let at = 0
  for (const block of blocks) {
    channels.forEach((channel, side) => channel.set(block.channels[side]!, at))
    at += frameCount(block)
  }
  return { channels }
}

const power = (samples: Float32Array) =>
  samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
const peakOf = (samples: Float32Array) =>
  samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)

/** Peak of four times as many samples, by sines: about what BS.1770 calls the true peak. */
function truePeak(samples: Float32Array): number {
  let peak = 0
  const taps = Array.from({ length: 3 }, (_, phase) =>
    Array.from({ length: 24 }, (_, tap) => {
      const x = tap - 11 - (phase + 1) / 4
      return (Math.sin(Math.PI * x) / (Math.PI * x)) * (0.5 + 0.5 * Math.cos((Math.PI * x) / 13))
    }),
  )
  for (let index = 12; index < samples.length - 12; index++) {
    peak = Math.max(peak, Math.abs(samples[index]!))
    if (Math.abs(samples[index]!) < 0.45) continue
    for (const tap of taps) {
      let sum = 0
      for (let offset = 0; offset < 24; offset++) sum += tap[offset]! * samples[index - 11 + offset]!
      peak = Math.max(peak, Math.abs(sum))
    }
  }
  return peak
}

const everything = effects.flatMap((effect) => [
  [effect.id, null] as const,
  ...Object.keys(effect.variants ?? {}).map((variant) => [effect.id, variant] as const),
])

describe('every synthesiser', () => {
  it.each(everything)('%s (%s) is heard: finite, without offset, below −1 dBTP', (effect, variant) => {
    const { channels } = render([layer(effect, { variant, intensity: 0.7 })], { seconds: 0.6 })
    for (const channel of channels) {
      expect(channel.length).toBe(0.6 * sampleRateHz)
      expect(channel.every(Number.isFinite)).toBe(true)
      const level = power(channel)
      expect(10 * Math.log10(level)).toBeGreaterThan(-62)
      const mean = channel.reduce((sum, sample) => sum + sample, 0) / channel.length
      expect(Math.abs(mean)).toBeLessThan(0.004)
      expect(truePeak(channel)).toBeLessThan(10 ** (-1 / 20))
    }
  })

  it('there are 40 and more, in twelve families', () => {
    expect(effects.length).toBeGreaterThanOrEqual(90)
    expect(new Set(effects.map(({ id }) => id)).size).toBe(effects.length)
    expect(new Set(effects.map(({ family }) => family)).size).toBe(12)
  })
})

describe('length', () => {
  it.each([0.5, 0.777, 2.00001, 13.37])('is exact to the sample for %f s', (seconds) => {
    const frames = Math.round(seconds * sampleRateHz)
    expect(frameCount(render([layer('rain')], { seconds }))).toBe(frames)
    expect(frameCount(render([layer('rain'), layer('door-knock')], { seconds, loop: true }))).toBe(frames)
  })

  it('is the effect’s own where none is given', () => {
    const one = frameCount(render([layer('door-slam')], { seconds: null }))
    const three = frameCount(render([layer('bell', { count: 3 })], { seconds: null }))
    expect(one / sampleRateHz).toBeLessThan(3)
    expect(three / sampleRateHz).toBeGreaterThan(4)
    expect(frameCount(render([layer('rain')], { seconds: null })) / sampleRateHz).toBe(6)
  })

  it('ends in silence', () => {
    const { channels } = render([layer('waterfall')], { seconds: 1 })
    expect(peakOf(channels[0]!.subarray(-8))).toBeLessThan(0.01)
  })
})

describe('loops', () => {
  /** Mean power of the differences of neighbours, against which a step is measured. */
  it.each([
    ['rain', 2],
    ['wind', 2.5],
    ['waves', 3],
    ['siren', 2],
    ['crowd', 2],
    ['car-engine', 2],
    ['clock', 3],
    ['birds', 4],
    ['explosion', 2],
  ] as const)('%s has no step and no other spectrum at the seam', (effect, seconds) => {
    for (const channel of render([layer(effect)], { seconds, loop: true }).channels) {
      const twice = new Float32Array(channel.length * 2)
      twice.set(channel)
      twice.set(channel, channel.length)
      const seam = channel.length
      const steps = channel.subarray(1).map((sample, index) => Math.abs(sample - channel[index]!))
      const usualStep = steps.slice().sort()[Math.floor(steps.length * 0.999)]!
      expect(Math.abs(twice[seam]! - twice[seam - 1]!)).toBeLessThanOrEqual(Math.max(usualStep * 1.5, 1e-4))
      const highest = (at: number) => clickiness(twice.subarray(at - 256, at + 256))
      const others = Array.from({ length: 60 }, (_, index) =>
        highest(300 + Math.floor((index * (seam - 600)) / 60)),
      )
      expect(highest(seam)).toBeLessThanOrEqual(2 * Math.max(...others) + 1e-6)
    }
  })

  it('lets a sound that rings over the end begin again at the beginning', () => {
    const { channels } = render([layer('church-bell', { count: 1 })], { seconds: 1.5, loop: true })
    const [left] = channels
    // The bell's tail is louder at the end than nothing, and goes on where the file starts.
    expect(peakOf(left!.subarray(0, 400))).toBeGreaterThan(0.01)
  })
})

/** Energy above 12 kHz: a click has it wherever it is. */
function clickiness(samples: Float32Array): number {
  const fft = createRealFft(512)
  const signal = Float64Array.from(
    samples,
    (sample, index) => sample * Math.sin((Math.PI * index) / 512) ** 2,
  )
  const spectrum = new Float64Array(fft.spectrumLength)
  fft.forward(signal, spectrum)
  let energy = 0
  for (let bin = 128; bin <= 256; bin++) energy += spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
  return energy
}

describe('seeds', () => {
  it.each(['rain', 'door-knock', 'dog', 'laser', 'car-engine'])(
    'make %s the same again, and no two alike',
    (effect) => {
      const of = (seed: number) => render([layer(effect)], { seed, seconds: 0.7 }).channels[0]!
      expect(of(7)).toEqual(of(7))
      const correlation = (a: Float32Array, b: Float32Array) => {
        const product = a.reduce((sum, sample, index) => sum + sample * b[index]!, 0) / a.length
        return product / Math.sqrt(power(a) * power(b))
      }
      for (const [a, b] of [
        [1, 2],
        [2, 3],
        [1, 12345],
      ] as const) {
        expect(Math.abs(correlation(of(a), of(b)))).toBeLessThan(0.95)
      }
    },
  )
})

describe('settings', () => {
  const levelDb = (changes: Partial<Layer>, space: Space | null = null) =>
    10 * Math.log10(power(render([layer('waterfall', changes)], { space }).channels[0]!))
  const brightness = (changes: Partial<Layer>, effect = 'waterfall', space: Space | null = null) => {
    const [left] = render([layer(effect, changes)], { space }).channels
    const steps = left!.subarray(1).map((sample, index) => sample - left![index]!)
    return power(steps) / power(left!)
  }

  it('far away is softer and duller', () => {
    expect(levelDb({ distance: 0.7 })).toBeLessThan(levelDb({}) - 6)
    expect(brightness({ distance: 0.7 })).toBeLessThan(0.5 * brightness({}))
  })

  it('bigger is lower', () => {
    for (const effect of ['horn', 'church-bell', 'whoosh']) {
      expect(brightness({ size: 0.9 }, effect)).toBeLessThan(brightness({ size: 0.1 }, effect))
    }
  })

  it('walls and water take the treble, rooms ring on', () => {
    expect(brightness({}, 'waterfall', 'muffled')).toBeLessThan(0.3 * brightness({}))
    expect(brightness({}, 'waterfall', 'underwater')).toBeLessThan(0.3 * brightness({}))
    const tail = (space: Space | null) =>
      power(render([layer('gunshot', { count: 1 })], { seconds: 4, space }).channels[0]!.subarray(-96_000))
    expect(tail('cave')).toBeGreaterThan(10 * tail(null))
  })

  it('a count is kept', () => {
    const [left] = render([layer('hammer', { count: 4 })], { seconds: 5 }).channels
    let blows = 0
    for (let at = 0, quiet = 0; at < left!.length; at += 480) {
      const loud = peakOf(left!.subarray(at, at + 480)) > 0.12
      if (loud && quiet > 10) blows++
      quiet = loud ? 0 : quiet + 1
      if (at === 0) quiet = 20
    }
    expect(blows).toBeGreaterThanOrEqual(3)
    expect(blows).toBeLessThanOrEqual(4)
  })

  it('who knocks waits, unless so many knocks are asked for', () => {
    const longestGap = (changes: Partial<Layer>) => {
      const [left] = render([layer('door-knock', changes)], { seconds: 4 }).channels
      let gap = 0
      let longest = 0
      let heard = false
      for (let at = 0; at < left!.length; at += 480) {
        const loud = peakOf(left!.subarray(at, at + 480)) > 0.1
        if (loud && heard) longest = Math.max(longest, gap)
        heard ||= loud
        gap = loud ? 0 : gap + 0.01
      }
      return longest
    }
    expect(longestGap({ several: true })).toBeGreaterThan(0.8)
    expect(longestGap({ count: 10 })).toBeLessThan(0.4)
  })

  it('refuses an effect that there is none of', () => {
    expect(() => effectOf('no-such-effect')).toThrow('no-such-effect')
  })
})
