import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../audio/synthesis/noise'
import { createNoiseTracker } from './noise-tracker'
import { exponentialIntegral, steadyNoiseEngine } from './steady-noise'
import { collect, loadEngine, quietJob, streamOf } from './testing/engine-bench'

const rateHz = 48_000

function hiss(frames: number, deviation: number, seed: number): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length: frames }, () => deviation * random.gaussian())
}

/** Notes of 0.4 s with gaps of 0.1 s. */
function melody(frames: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, n) => {
    const time = n / rateHz
    const hz = 330 * 2 ** (((Math.floor(time * 2) * 5) % 12) ** (1 / 12))
    const since = time % 0.5
    const level = Math.min(1, since * 100) * Math.min(1, Math.max(0, (0.4 - since) * 100))
    return 0.15 * level * (Math.sin(2 * Math.PI * hz * time) + 0.5 * Math.sin(4 * Math.PI * hz * time))
  })
}

async function cleaned(channels: Float32Array[], blockFrames = 10_000): Promise<Float32Array[]> {
  const model = await loadEngine(steadyNoiseEngine, {})
  const input = { channels: channels.length, blocks: streamOf(channels, blockFrames) }
  return collect(await model.run(input, quietJob()))
}

function decibel(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, value) => sum + value * value, 1e-20) / samples.length)
}

const difference = (a: Float32Array, b: Float32Array) => a.map((value, n) => value - b[n]!)

describe('steady noise', () => {
  it('is turned down by 12 dB and more where it is alone', async () => {
    const noise = hiss(6 * rateHz, 0.01, 1)
    const [left] = await cleaned([noise])
    expect(left).toHaveLength(noise.length)
    expect(decibel(noise) - decibel(left!)).toBeGreaterThan(12)
  })

  it('leaves music by more than it costs: 8 dB of SI-SDR at 10 dB of noise', async () => {
    const music = melody(10 * rateHz)
    const noise = hiss(music.length, 10 ** ((decibel(music) - 10) / 20), 2)
    const [left] = await cleaned([music.map((sample, n) => sample + noise[n]!)])
    expect(decibel(music) - decibel(difference(left!, music))).toBeGreaterThan(18)
  })

  it('passes music without noise nearly as it is, held tones too', async () => {
    const music = melody(6 * rateHz)
    expect(decibel(music) - decibel(difference((await cleaned([music]))[0]!, music))).toBeGreaterThan(35)
    const held = Float32Array.from({ length: 20 * rateHz }, (_, n) => 0.2 * Math.sin(n * 0.05))
    expect(decibel(held) - decibel(difference((await cleaned([held]))[0]!, held))).toBeGreaterThan(35)
  })

  it('keeps the stereo image: both channels share their gains', async () => {
    const music = melody(3 * rateHz)
    const noise = hiss(music.length, 0.01, 3)
    const left = music.map((sample, n) => sample + noise[n]!)
    const [first, second] = await cleaned([left, left.map((sample) => 0.25 * sample)])
    expect(
      decibel(
        difference(
          first!.map((sample) => 0.25 * sample),
          second!,
        ),
      ),
    ).toBeLessThan(-120)
  })

  it('gives as many frames as it gets, whatever the blocks, and silence for silence', async () => {
    for (const frames of [1, 1023, 47_104, 100_000]) {
      const sound = hiss(frames, 0.1, 4)
      const whole = await cleaned([sound], frames)
      expect(whole[0]).toHaveLength(frames)
      expect(await cleaned([sound], 777)).toEqual(whole)
    }
    const silent = await cleaned([new Float32Array(60_000)])
    expect(silent[0]!.every((sample) => sample === 0)).toBe(true)
  })

  it('stops when the job is canceled', async () => {
    const abort = new AbortController()
    const model = await loadEngine(steadyNoiseEngine, {})
    const input = { channels: 1, blocks: streamOf([hiss(20 * rateHz, 0.1, 5)], 4800) }
    const blocks = (await model.run(input, quietJob(abort.signal)))[Symbol.asyncIterator]()
    await blocks.next()
    abort.abort()
    await expect(blocks.next()).rejects.toThrow(/abort/i)
  })
})

describe('the floor of the spectrum', () => {
  it('is the mean power of noise to 2 dB, and does not take a held tone for noise', () => {
    const random = createRandom(6)
    const tracker = createNoiseTracker(200, 17)
    for (let block = 0; block < 17; block++) {
      const powers = Array.from({ length: 46 }, () =>
        Float64Array.from({ length: 200 }, (_, bin) => {
          const power = 3 * (random.gaussian() ** 2 + random.gaussian() ** 2)
          return bin === 100 ? 1e6 : power
        }),
      )
      tracker.add(powers)
    }
    for (const value of tracker.noise()) expect(Math.abs(10 * Math.log10(value / 6))).toBeLessThan(2)
  })
})

describe('exponential integral', () => {
  it.each([
    [0.01, 4.037929576538113],
    [0.5, 0.5597735947761608],
    [1, 0.21938393439552029],
    [2, 0.04890051070806112],
    [10, 4.156968929685324e-6],
  ])('E₁(%d)', (x, value) => {
    expect(exponentialIntegral(x) / value).toBeCloseTo(1, 4)
  })
})
