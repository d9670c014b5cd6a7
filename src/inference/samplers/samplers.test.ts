import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { createRandom } from '../../audio/synthesis/noise'
import { createDdim } from './ddim'
import { createDpmSolver } from './dpm-solver'
import { guide } from './guidance'
import { createNoiseSchedule, type NoiseSchedule } from './noise-schedule'
import type { Prediction, Sampler, Spacing } from './sampler'

const schedule = createNoiseSchedule({ betaStart: 0.0015, betaEnd: 0.0195, growth: 'scaled_linear' })

/* Normally distributed data: the best network is known, and so is where noise has to end. */

const mean = 1.7
const spread = 0.7

/** What a network that has learned N(mean, spread²) tells of one number. */
function ideal(prediction: Prediction, { signal, noise }: NoiseSchedule, timestep: number, sample: number) {
  const [a, s] = [signal(timestep), noise(timestep)]
  const data = mean + ((a * spread * spread) / (a * a * spread * spread + s * s)) * (sample - a * mean)
  const epsilon = (sample - a * data) / s
  return prediction === 'epsilon' ? epsilon : a * epsilon - s * data
}

/** Where the path without added noise leads: to the same place in a narrower bell. */
function exact(from: number, to: number, sample: number): number {
  const width = (t: number) => Math.hypot(schedule.signal(t) * spread, schedule.noise(t))
  const place = (sample - schedule.signal(from) * mean) / width(from)
  return schedule.signal(to) * mean + place * width(to)
}

function walk(sampler: Sampler, prediction: Prediction, sample: Float32Array, end = -Infinity) {
  const output = new Float32Array(sample.length)
  for (const [index, timestep] of sampler.timesteps.entries()) {
    if (timestep <= end) break
    sample.forEach((value, at) => (output[at] = ideal(prediction, schedule, timestep, value)))
    sampler.step(index, sample, output)
  }
  return sample
}

/** Mean and standard deviation of what comes of much noise. */
function distribution(sampler: Sampler, prediction: Prediction, numbers: number) {
  const { gaussian } = createRandom(3)
  const noise = Float32Array.from({ length: numbers }, () => gaussian())
  const sample = walk(sampler, prediction, noise)
  const average = sample.reduce((sum, value) => sum + value, 0) / numbers
  const variance = sample.reduce((sum, value) => sum + (value - average) ** 2, 0) / numbers
  return { average, deviation: Math.sqrt(variance) }
}

const predictions: Prediction[] = ['epsilon', 'v_prediction']

describe('samplers on normally distributed data', () => {
  it.each(predictions)('DDIM reaches its mean and spread (%s)', (prediction) => {
    const sampler = createDdim(schedule, { steps: 200, prediction })
    const { average, deviation } = distribution(sampler, prediction, 20_000)
    expect(Math.abs(average - mean)).toBeLessThan(0.02)
    expect(Math.abs(deviation / spread - 1)).toBeLessThan(0.02)
  })

  it('DDIM does so with added noise as well', () => {
    const { gaussian } = createRandom(8)
    const sampler = createDdim(schedule, { steps: 500, prediction: 'epsilon', eta: 1, gaussian })
    const { average, deviation } = distribution(sampler, 'epsilon', 10_000)
    expect(Math.abs(average - mean)).toBeLessThan(0.03)
    expect(Math.abs(deviation / spread - 1)).toBeLessThan(0.03)
  })

  it.each(predictions)('DPM-Solver++ does with fewer steps (%s)', (prediction) => {
    const sampler = createDpmSolver(schedule, { steps: 50, prediction })
    const { average, deviation } = distribution(sampler, prediction, 20_000)
    expect(Math.abs(average - mean)).toBeLessThan(0.02)
    // The last step goes from timestep 20 to the data at once: its mean, without the trace of noise there.
    expect(Math.abs(deviation / spread - 1)).toBeLessThan(0.05)
  })

  /** Largest distance from the exact path at about timestep 250, over starts between −2 and 2. */
  const errorAt250 = (sampler: Sampler) => {
    const starts = Float32Array.from({ length: 41 }, (_, at) => -2 + at / 10)
    const from = sampler.timesteps[0]!
    const to = sampler.timesteps.find((timestep) => timestep <= 250)!
    const ends = walk(sampler, 'epsilon', starts.slice(), to)
    return Math.max(...ends.map((end, at) => Math.abs(end - exact(from, to, starts[at]!))))
  }

  /** How many times less of an error twice the steps make. All numbers of steps divide the timesteps evenly. */
  const gains = (make: (steps: number) => Sampler) =>
    [25, 50, 100].map((steps) => errorAt250(make(steps)) / errorAt250(make(2 * steps)))
  const common = { prediction: 'epsilon', spacing: 'trailing' } as const

  it('DDIM errs by the first order of its step', () => {
    for (const gain of gains((steps) => createDdim(schedule, { ...common, steps }))) {
      expect(gain).toBeGreaterThan(1.7)
      expect(gain).toBeLessThan(2.3)
    }
  })

  it('DPM-Solver++ errs by the second order of its step', () => {
    const [first, second] = gains((steps) => createDpmSolver(schedule, { ...common, steps }))
    for (const gain of [first!, second!]) {
      expect(gain).toBeGreaterThan(3.4)
      expect(gain).toBeLessThan(4.6)
    }
    expect(errorAt250(createDpmSolver(schedule, { ...common, steps: 25 }))).toBeLessThan(
      errorAt250(createDdim(schedule, { ...common, steps: 200 })),
    )
  })
})

/* What scripts/reference/audioldm/schedulers.py recorded of diffusers' schedulers. */

interface ReferenceCase {
  sampler: 'ddim' | 'dpm-solver'
  schedule: { beta_start: number; beta_end: number; beta_schedule: 'linear' | 'scaled_linear' }
  steps: number
  prediction: Prediction
  spacing: Spacing
  offset: number
  clean?: boolean
  eta?: number
  order?: 1 | 2
  start: number[]
  timesteps: number[]
  noises: number[][]
  samples: number[][]
}

const reference = JSON.parse(readFileSync('test/fixtures/engines/audioldm/schedulers.json', 'utf8')) as {
  matrix: number[][]
  slope: number[]
  cases: ReferenceCase[]
}

function samplerOf(test: ReferenceCase): Sampler {
  const { beta_start, beta_end, beta_schedule } = test.schedule
  const noises = test.noises.flat()[Symbol.iterator]()
  const options = {
    ...{ steps: test.steps, prediction: test.prediction },
    ...{ spacing: test.spacing, stepsOffset: test.offset },
  }
  const own = createNoiseSchedule({ betaStart: beta_start, betaEnd: beta_end, growth: beta_schedule })
  return test.sampler === 'ddim'
    ? createDdim(own, {
        ...options,
        ...{ eta: test.eta, endsClean: test.clean, gaussian: () => noises.next().value ?? NaN },
      })
    : createDpmSolver(own, { ...options, order: test.order })
}

describe('samplers beside diffusers', () => {
  it.each(reference.cases)(
    '$sampler, $steps steps, $prediction, $spacing, eta $eta, order $order',
    (test) => {
      const sampler = samplerOf(test)
      expect(sampler.timesteps).toEqual(test.timesteps)
      const sample = Float32Array.from(test.start)
      let worst = 0
      const largest = Math.max(...test.samples.flat().map(Math.abs))
      for (const [index, timestep] of sampler.timesteps.entries()) {
        const output = reference.matrix.map((row, at) =>
          Math.sin(
            row.reduce((sum, weight, n) => sum + weight * sample[n]!, 0) +
              (timestep / 1000) * reference.slope[at]!,
          ),
        )
        sampler.step(index, sample, Float32Array.from(output))
        test.samples[index]!.forEach((value, at) => (worst = Math.max(worst, Math.abs(value - sample[at]!))))
      }
      // diffusers multiplies up its schedule in float32; ours is in float64.
      expect(worst / largest).toBeLessThan(5e-5)
    },
  )
})

describe('guidance', () => {
  it('goes so many times as far from the one to the other', () => {
    expect([...guide(Float32Array.of(1, 2), Float32Array.of(0.5, 4), 3)]).toEqual([2, -2])
    expect([...guide(Float32Array.of(1, 2), Float32Array.of(0.5, 4), 1)]).toEqual([1, 2])
  })
})
