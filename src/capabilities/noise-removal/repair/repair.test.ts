import { describe, expect, it } from 'vitest'
import { packagedFfmpeg } from '../../../../test/fixtures/audio-files'
import { createRandom } from '../../../audio/synthesis/noise'
import { collect, streamOf } from '../engines/testing/engine-bench'
import { createHumFinder, humFinderRateHz } from './hum-finder'
import { repair, type Repairs } from './index'
import { createRealFft } from '../../../audio/fft-real'

const rateHz = 16_000
const nothing: Repairs = { hum: null, wind: false, clicks: false }

async function repaired(
  channels: Float32Array[],
  repairs: Partial<Repairs>,
  sampleRateHz = rateHz,
  ...blocks: number[]
): Promise<Float32Array[]> {
  const shape = { sampleRateHz, channels: channels.length }
  const lengths = blocks.length > 0 ? blocks : [5000]
  return collect(repair(streamOf(channels, ...lengths), { ...nothing, ...repairs }, shape, () => undefined))
}

async function speech(file: string, sampleRateHz = rateHz): Promise<Float32Array> {
  const options = { sampleRateHz, channels: 1, maxSeconds: 60 }
  const { blocks } = await packagedFfmpeg.decode(`test/fixtures/speech/${file}`, options)
  return (await collect(blocks))[0]!
}

function hum(frames: number, mainsHz: number, sampleRateHz = rateHz): Float32Array {
  const levels = [0.02, 0.004, 0.012, 0, 0.006, 0, 0.003]
  return Float32Array.from({ length: frames }, (_, n) =>
    levels.reduce(
      (sum, level, k) => sum + level * Math.sin((2 * Math.PI * mainsHz * (k + 1) * n) / sampleRateHz + k),
      0,
    ),
  )
}

/** Power between two frequencies, decibels. */
function bandDb(samples: Float32Array, fromHz: number, toHz: number, sampleRateHz = rateHz): number {
  const length = 8192
  const fft = createRealFft(length)
  const spectrum = new Float64Array(fft.spectrumLength)
  let power = 1e-20
  for (let at = 0; at + length <= samples.length; at += length / 2) {
    const windowed = Float64Array.from(
      { length },
      (_, n) => samples[at + n]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length)),
    )
    fft.forward(windowed, spectrum)
    for (
      let bin = Math.ceil((fromHz * length) / sampleRateHz);
      bin <= (toHz * length) / sampleRateHz;
      bin++
    ) {
      power += spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
    }
  }
  return 10 * Math.log10(power)
}

function energyDb(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, value) => sum + value * value, 1e-20))
}

const plus = (a: Float32Array, b: Float32Array) => a.map((value, n) => value + b[n]!)
const minus = (a: Float32Array, b: Float32Array) => a.map((value, n) => value - b[n]!)

function found(samples: Float32Array) {
  const finder = createHumFinder()
  for (let at = 0; at < samples.length; at += 3000) finder.add(samples.subarray(at, at + 3000))
  return finder.hum()
}

describe('hum', () => {
  it.each([
    [50, 49.93],
    [60, 60.05],
  ])('of %i Hz that wanders to %d Hz is found under speech to 0.05 Hz', async (mainsHz, trueHz) => {
    const talk = await speech('dialogue.opus', humFinderRateHz)
    const heard = found(plus(talk, hum(talk.length, trueHz, humFinderRateHz)))!
    expect(heard.mainsHz).toBe(mainsHz)
    expect(heard.linesHz.length).toBeGreaterThanOrEqual(3)
    for (const hz of heard.linesHz) {
      expect(Math.abs(hz - trueHz * Math.round(hz / trueHz))).toBeLessThan(0.05)
    }
  })

  it('is not found in speech, noise or silence', async () => {
    for (const file of ['dialogue.opus', 'pauses.opus', 'coffee.opus']) {
      expect(found(await speech(file, humFinderRateHz))).toBeNull()
    }
    const random = createRandom(1)
    expect(found(Float32Array.from({ length: 80_000 }, () => 0.1 * random.gaussian()))).toBeNull()
    expect(found(new Float32Array(80_000))).toBeNull()
  })

  it('goes down by 40 dB and more, from the first to the last sample, and speech stays', async () => {
    const talk = await speech('dialogue.opus')
    const added = hum(talk.length, 49.96)
    const lines = { mainsHz: 50, linesHz: [1, 2, 3, 5, 7].map((k) => k * 49.97) }
    const [alone] = await repaired([added], { hum: lines })
    expect(energyDb(added) - energyDb(alone!)).toBeGreaterThan(40)
    for (const edge of [added.length - 1600, 0]) {
      const rest = alone!.subarray(edge, edge + 1600)
      expect(energyDb(added.subarray(edge, edge + 1600)) - energyDb(rest)).toBeGreaterThan(25)
    }
    const [left] = await repaired([plus(talk, added)], { hum: lines })
    expect(bandDb(plus(talk, added), 45, 55) - bandDb(left!, 45, 55)).toBeGreaterThan(20)
    // What is lost of the voice lies 20 dB below it.
    expect(energyDb(talk) - energyDb(minus(left!, talk))).toBeGreaterThan(20)
    expect(Math.abs(bandDb(left!, 1000, 7000) - bandDb(talk, 1000, 7000))).toBeLessThan(0.01)
  })
})

describe('wind', () => {
  /** Red noise whose gusts come and go, and die away above 60 Hz. */
  function gusts(frames: number): Float32Array {
    const random = createRandom(3)
    const pole = Math.exp((-2 * Math.PI * 60) / rateHz)
    let [first, second] = [0, 0]
    return Float32Array.from({ length: frames }, (_, n) => {
      first = pole * first + (1 - pole) * random.gaussian()
      second = pole * second + (1 - pole) * first
      return 4 * second * Math.sin((Math.PI * n) / (1.5 * rateHz)) ** 2
    })
  }

  it('goes down by 12 dB and more below 100 Hz, and nothing changes in the range of voices', async () => {
    const talk = await speech('dialogue.opus')
    const windy = plus(talk, gusts(talk.length))
    const [left] = await repaired([windy], { wind: true })
    expect(bandDb(windy, 20, 100) - bandDb(left!, 20, 100)).toBeGreaterThan(12)
    expect(Math.abs(bandDb(left!, 200, 7000) - bandDb(windy, 200, 7000))).toBeLessThan(0.02)
  })

  it('speech without wind passes as it is', async () => {
    const talk = await speech('dialogue.opus')
    const [left] = await repaired([talk], { wind: true })
    expect(energyDb(talk) - energyDb(minus(left!, talk))).toBeGreaterThan(30)
  })
})

describe('clicks', () => {
  function crackle(frames: number, sampleRateHz: number) {
    const random = createRandom(5)
    const added = new Float32Array(frames)
    for (let at = 2000; at < frames - 100; at += Math.floor(random.between(0.05, 0.2) * sampleRateHz)) {
      const length = 1 + Math.floor(random.next() * 12)
      for (let n = 0; n < length; n++) added[at + n] = random.between(-0.5, 0.5)
    }
    return added
  }

  it('are mended: 15 dB more signal over clicks in music', async () => {
    const music = Float32Array.from({ length: 6 * 44_100 }, (_, n) => {
      const time = n / 44_100
      const hz = [220, 294, 330][Math.floor(time * 2) % 3]!
      return 0.1 * [1, 2, 3, 4].reduce((sum, k) => sum + Math.sin(2 * Math.PI * hz * k * time) / k, 0)
    })
    const random = createRandom(6)
    const record = music.map((value) => value + 0.001 * random.gaussian())
    const added = crackle(record.length, 44_100)
    const [left] = await repaired([plus(record, added)], { clicks: true }, 44_100)
    expect(energyDb(added) - energyDb(minus(left!, record))).toBeGreaterThan(15)
  })

  it('are mended in speech by 6 dB, and speech without clicks stays nearly as it is', async () => {
    const talk = await speech('dialogue.opus')
    const added = crackle(talk.length, rateHz)
    const [left] = await repaired([plus(talk, added)], { clicks: true })
    expect(energyDb(added) - energyDb(minus(left!, talk))).toBeGreaterThan(6)
    const [same] = await repaired([talk], { clicks: true })
    expect(energyDb(talk) - energyDb(minus(same!, talk))).toBeGreaterThan(25)
  })
})

describe('all together', () => {
  it('give as many frames as they get, whatever the blocks, in stereo', async () => {
    const all = { hum: { mainsHz: 50, linesHz: [50, 150] }, wind: true, clicks: true }
    for (const frames of [1, 399, 400, 20_000]) {
      const random = createRandom(frames)
      const channels = [0, 1].map(() => Float32Array.from({ length: frames }, () => 0.1 * random.gaussian()))
      const whole = await repaired(channels, all, 44_100, frames)
      expect(whole.map((samples) => samples.length)).toEqual([frames, frames])
      expect(await repaired(channels, all, 44_100, 1000, 1, 77)).toEqual(whole)
    }
  })

  it('leave a recording alone where nothing is asked', async () => {
    const samples = hum(3000, 50)
    expect(await repaired([samples], {})).toEqual([samples])
  })
})
