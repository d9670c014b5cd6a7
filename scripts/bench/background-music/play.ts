import { createMix } from '../../../src/audio/synthesis/mixer'
import { createTruePeakLimiter } from '../../../src/audio/synthesis/mixer-limiter'
import { createLoudnessMeter } from '../../../src/audio/synthesis/mixer-loudness'
import type { Piece } from '../../../src/music/piece'
import { styles, type Genre } from '../../../src/music/styles'

export const sampleRateHz = 48_000

export interface Played {
  channels: [Float32Array, Float32Array]
  sampleRateHz: number
  /** LUFS, after the limiter. */
  loudness: number
  truePeakDb: number
}

/** A piece as the capability gives it: at the target loudness, limited. @param onBlock Milliseconds of each block. */
export function play(piece: Piece, seconds: number, onBlock?: (index: number, ms: number) => void): Played {
  const frames = Math.round(seconds * sampleRateHz)
  const room = styles[piece.style as Genre].room
  const mix = createMix(piece, { sampleRateHz, frames, loop: false, room })
  const draft: [Float32Array, Float32Array] = [new Float32Array(frames), new Float32Array(frames)]
  const meter = createLoudnessMeter(sampleRateHz, 2)
  let at = 0
  for (let index = 0; ; index++) {
    const startedAt = performance.now()
    const block = mix.next()
    if (!block) break
    meter.add(block)
    onBlock?.(index, performance.now() - startedAt)
    draft.forEach((plane, channel) => plane.set(block.channels[channel]!, at))
    at += block.channels[0]!.length
  }
  if (onBlock) return { channels: draft, sampleRateHz, loudness: meter.integrated(), truePeakDb: 0 }
  return mastered(draft, meter.integrated())
}

function mastered(draft: [Float32Array, Float32Array], loudness: number): Played {
  let gain = 10 ** ((-16 - loudness) / 20)
  let result = limited(draft, gain)
  for (let round = 0; round < 3 && Math.abs(result.loudness + 16) > 0.1; round++) {
    gain *= 10 ** ((-16 - result.loudness) / 20)
    result = limited(draft, gain)
  }
  return result
}

function limited(draft: [Float32Array, Float32Array], gain: number): Played {
  const limiter = createTruePeakLimiter(sampleRateHz, 2, 10 ** (-1.4 / 20))
  const blocks = [
    limiter.push({ channels: draft.map((plane) => plane.map((x) => x * gain)) }),
    limiter.finish(),
  ]
  const channels = draft.map((plane, channel) => {
    const all = new Float32Array(plane.length)
    all.set(blocks[0]!.channels[channel]!)
    all.set(blocks[1]!.channels[channel]!, blocks[0]!.channels[channel]!.length)
    return all
  }) as [Float32Array, Float32Array]
  const meter = createLoudnessMeter(sampleRateHz, 2)
  meter.add({ channels })
  return { channels, sampleRateHz, loudness: meter.integrated(), truePeakDb: truePeakDb(channels) }
}

/** By eightfold interpolation with a windowed sinc of 48 taps: finer than the limiter's own look. */
function truePeakDb(channels: readonly Float32Array[]): number {
  const half = 24
  let peak = 0
  for (const samples of channels) {
    for (let frame = half; frame < samples.length - half; frame++) {
      if (Math.abs(samples[frame]!) < 0.7) continue
      for (let phase = -4; phase < 8; phase++) {
        let value = 0
        for (let tap = -half + 1; tap <= half; tap++) {
          const x = tap - phase / 8
          const window = Math.cos((Math.PI * x) / (2 * half + 2)) ** 2
          value += samples[frame + tap]! * window * (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))
        }
        peak = Math.max(peak, Math.abs(value))
      }
      peak = Math.max(peak, Math.abs(samples[frame]!))
    }
  }
  return 20 * Math.log10(Math.max(peak, 0.7))
}
