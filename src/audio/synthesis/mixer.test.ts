import { describe, expect, it } from 'vitest'

import { planBrief } from '../../music/brief'
import { compose } from '../../music/compose'
import { roles, type Role } from '../../music/piece'
import { understand } from '../../music/understand'
import { integratedLoudness } from '../loudness'
import { createMix } from './mixer'
import { createTruePeakLimiter } from './mixer-limiter'
import { createLoudnessMeter } from './mixer-loudness'
import { createRandom } from './noise'

const rate = 24_000

function render(loop: boolean, seconds: number, stem?: readonly Role[]): Float32Array[] {
  const { brief } = planBrief(understand('calm folk with glockenspiel'), {
    ...{ mood: null, genre: null, bpm: 120, key: null, durationSeconds: seconds },
    ...{ instruments: [], intensity: null, opening: 'intro', loop, seed: 3 },
  })
  const frames = seconds * rate
  const mix = createMix(compose(brief), {
    sampleRateHz: rate,
    frames,
    loop,
    room: 0.3,
    ...(stem ? { stem } : {}),
  })
  const out = [new Float32Array(frames), new Float32Array(frames)]
  let at = 0
  for (let block = mix.next(); block; block = mix.next()) {
    out.forEach((plane, channel) => plane.set(block.channels[channel]!, at))
    at += block.channels[0]!.length
  }
  expect(at).toBe(frames)
  return out
}

describe('a mix', () => {
  it('is the sum of its stems', () => {
    const whole = render(false, 5, roles)[0]!
    const sum = new Float32Array(whole.length)
    for (const role of roles) render(false, 5, [role])[0]!.forEach((sample, frame) => (sum[frame]! += sample))
    expect(Math.max(...whole.map((sample, frame) => Math.abs(sample - sum[frame]!)))).toBeLessThan(1e-5)
  })

  it('of a loop goes on at its beginning as its end would have', () => {
    const [left] = render(true, 6, roles) as [Float32Array]
    // A loop of twice the length, which plays the same bars twice, has no seam in its middle.
    const jump = Math.abs(left[0]! - left.at(-1)!)
    const steps = left.slice(1).map((sample, index) => Math.abs(sample - left[index]!))
    expect(jump).toBeLessThan(steps.toSorted()[Math.floor(0.999 * steps.length)]!)
    expect(Math.abs(left[0]!) + Math.abs(left[200]!)).toBeGreaterThan(0)
  })
})

describe('the loudness meter', () => {
  it('agrees with the measurement of a whole file, in any blocks, and adds up channels', () => {
    const random = createRandom(5)
    const samples = Float32Array.from(
      { length: 5 * rate },
      (_, n) => 0.2 * Math.sin(n / 9) * random.between(0, 1),
    )
    const whole = integratedLoudness(samples, rate)
    const mono = createLoudnessMeter(rate, 1)
    const stereo = createLoudnessMeter(rate, 2)
    for (let at = 0; at < samples.length; at += 777) {
      const part = samples.slice(at, at + 777)
      mono.add({ channels: [part] })
      stereo.add({ channels: [part, part] })
    }
    expect(mono.integrated()).toBeCloseTo(whole, 2)
    expect(stereo.integrated()).toBeCloseTo(whole + 3.01, 2)
    expect(createLoudnessMeter(rate, 2).integrated()).toBe(-70)
  })
})

describe('the true-peak limiter', () => {
  const ceiling = 10 ** (-1.4 / 20)

  function limited(samples: Float32Array, block: number): Float32Array {
    const limiter = createTruePeakLimiter(48_000, 1, ceiling)
    const parts: Float32Array[] = []
    for (let at = 0; at < samples.length; at += block) {
      parts.push(limiter.push({ channels: [samples.slice(at, at + block)] }).channels[0]!)
    }
    parts.push(limiter.finish().channels[0]!)
    return Float32Array.from(parts.flatMap((part) => [...part]))
  }

  it('passes what is below the ceiling bit for bit, in its place', () => {
    const samples = Float32Array.from({ length: 4000 }, (_, n) => 0.8 * Math.sin(n / 20))
    expect(limited(samples, 333)).toEqual(samples)
  })

  it('keeps peaks between the samples below it', () => {
    // A quarter of the rate, 45° off: the samples are at 0.707 of what lies between them.
    const samples = Float32Array.from(
      { length: 9600 },
      (_, n) => 1.6 * Math.sin((Math.PI / 2) * n + Math.PI / 4),
    )
    const out = limited(samples, 1000)
    expect(out).toHaveLength(9600)
    const between = out.slice(300, -300).map((sample) => Math.abs(sample) * Math.SQRT2)
    expect(Math.max(...between)).toBeLessThan(ceiling * 1.01)
    expect(Math.max(...between)).toBeGreaterThan(ceiling * 0.95)
    expect(limited(samples, 17)).toEqual(out)
  })
})
