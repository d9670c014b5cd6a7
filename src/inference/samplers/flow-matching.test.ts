import { describe, expect, it } from 'vitest'

import { createRandom } from '../../audio/synthesis/noise'
import { createFlowMatching, type FlowMatchingOptions } from './flow-matching'

type Field = (sample: number, time: number) => number

function follow(options: FlowMatchingOptions, field: Field, from: readonly number[]): Float32Array {
  const sampler = createFlowMatching(options)
  const sample = Float32Array.from(from)
  for (const [index, time] of sampler.timesteps.entries()) {
    sampler.step(
      index,
      sample,
      sample.map((value) => field(value, time)),
    )
  }
  return sample
}

/* Normally distributed data: on the straight paths x = (1 − t) · noise + t · data the velocity and its way are known. */
const [mean, spread] = [1.7, 0.4]
const width = (time: number) => Math.hypot(1 - time, time * spread)
const ideal: Field = (sample, time) =>
  mean + ((time * spread ** 2 - (1 - time)) / width(time) ** 2) * (sample - time * mean)
const exact = (noise: number) => mean + width(1) * noise

const starts = [-2, -0.5, 0, 0.3, 1.9]

function worstError(options: FlowMatchingOptions): number {
  const ends = follow(options, ideal, starts)
  return Math.max(...starts.map((start, index) => Math.abs(ends[index]! - exact(start))))
}

describe('flow matching on normally distributed data', () => {
  it('Euler’s error falls with the length of the steps, that of midpoint at least with its square', () => {
    const errors = (method: 'euler' | 'midpoint') =>
      [8, 16, 32].map((intervals) => worstError({ intervals, method }))
    const orders = ([a, b, c]: number[]) => [Math.log2(a! / b!), Math.log2(b! / c!)]
    for (const order of orders(errors('euler'))) expect(order).toBeCloseTo(1, 0)
    for (const order of orders(errors('midpoint'))) expect(order).toBeGreaterThan(1.8)
    expect(errors('euler')[2]).toBeLessThan(0.1)
    expect(errors('midpoint')[2]).toBeLessThan(1e-4)
  })

  it('sway sampling reaches the data as well', () => {
    expect(worstError({ intervals: 64, method: 'midpoint', sway: -1 })).toBeLessThan(1e-3)
    expect(worstError({ intervals: 200, sway: -1 })).toBeLessThan(0.02)
  })

  it('noise becomes the distribution of the data', () => {
    const { gaussian } = createRandom(5)
    const noise = Array.from({ length: 20_000 }, () => gaussian())
    const data = follow({ intervals: 32, method: 'midpoint' }, ideal, noise)
    const average = data.reduce((sum, value) => sum + value, 0) / data.length
    const variance = data.reduce((sum, value) => sum + (value - average) ** 2, 0) / data.length
    expect(Math.abs(average - mean)).toBeLessThan(0.015)
    expect(Math.abs(Math.sqrt(variance) - spread)).toBeLessThan(0.01)
  })
})

describe('flow matching on fields with a closed form', () => {
  it.each(['euler', 'midpoint'] as const)('a straight way takes one step (%s)', (method) => {
    const [end] = follow({ intervals: 1, method }, () => 3, [0.25])
    expect(end).toBe(3.25)
  })

  it('growth is multiplied as the methods say', () => {
    const grow: Field = (sample) => -2 * sample
    const [euler] = follow({ intervals: 10, method: 'euler' }, grow, [1])
    expect(euler).toBeCloseTo(0.8 ** 10, 6)
    const [midpoint] = follow({ intervals: 10, method: 'midpoint' }, grow, [1])
    expect(midpoint).toBeCloseTo((1 - 0.2 + 0.02) ** 10, 6)
  })

  it('a field of time alone is summed at the beginning or in the middle of the intervals', () => {
    const [euler] = follow({ intervals: 4, method: 'euler' }, (_, time) => time, [0])
    expect(euler).toBeCloseTo((0 + 0.25 + 0.5 + 0.75) / 4, 6)
    const [midpoint] = follow({ intervals: 4, method: 'midpoint' }, (_, time) => time, [0])
    expect(midpoint).toBeCloseTo(0.5, 6)
  })
})

describe('the times', () => {
  it('go from noise to data, evenly or swayed', () => {
    expect(createFlowMatching({ intervals: 4 }).timesteps).toEqual([0, 0.25, 0.5, 0.75])
    const { timesteps } = createFlowMatching({ intervals: 8, sway: -1 })
    timesteps.forEach((time, index) => expect(time).toBeCloseTo(1 - Math.cos((Math.PI * index) / 16), 12))
    expect(createFlowMatching({ intervals: 2, method: 'midpoint' }).timesteps).toEqual([0, 0.25, 0.5, 0.75])
  })
})
