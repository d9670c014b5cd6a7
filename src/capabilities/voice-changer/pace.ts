import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createSampleHistory } from './sample-history'
import { mixDown, type VoiceRenderer } from './voice-renderer'

const windowSeconds = 0.03
const searchSeconds = 0.01

/**
 * Makes speech faster or slower at the same pitch: overlapping windows are taken from where they go on best from what
 * was given last (W. Verhelst, M. Roelands, WSOLA, 1993). Channels move together.
 *
 * @param rate 2 = twice as fast. In all, ⌊frames ÷ rate⌉ frames come out.
 */
export function createPaceChanger(sampleRateHz: number, channels: number, rate: number): VoiceRenderer {
  const half = Math.round((windowSeconds * sampleRateHz) / 2)
  const search = Math.round(searchSeconds * sampleRateHz)
  const stride = Math.max(1, Math.round(sampleRateHz / 8000))
  const lanes = Array.from({ length: channels }, createSampleHistory)
  const mix = createSampleHistory()
  /** Second halves of the windows given last, faded out. */
  const tails = lanes.map(() => new Float32Array(half))
  let step = 0
  /** Where the window given last would go on. */
  let next = 0
  let given = 0

  /** How well what lies at a place goes on from the last window. */
  const likeness = (place: number): number => {
    let product = 0
    let energy = 1e-9
    for (let n = 0; n < half; n += stride) {
      const value = mix.at(place + n)
      product += value * mix.at(next + n)
      energy += value * value
    }
    return product / Math.sqrt(energy)
  }

  const bestPlace = (ideal: number): number => {
    let best = ideal
    let bestLikeness = -Infinity
    for (let place = ideal - search; place <= ideal + search; place += stride) {
      const found = likeness(place)
      if (found > bestLikeness) {
        best = place
        bestLikeness = found
      }
    }
    return best
  }

  const render = (ended: boolean): PcmBlock => {
    const out: Float32Array[][] = lanes.map(() => [])
    const total = Math.round(mix.end() / rate)
    for (; ended ? step * half < total : step * half * rate + search + 2 * half <= mix.end(); step++) {
      const ideal = Math.round(step * half * rate)
      const place = step === 0 ? 0 : bestPlace(ideal)
      for (const [channel, lane] of lanes.entries()) {
        const piece = new Float32Array(half)
        const tail = tails[channel]!
        for (let n = 0; n < half; n++) {
          const rise = step === 0 ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / half)
          piece[n] = tail[n]! + rise * lane.at(place + n)
          tail[n] = (0.5 + 0.5 * Math.cos((Math.PI * (n + 0.5)) / half)) * lane.at(place + half + n)
        }
        out[channel]!.push(piece)
      }
      next = place + half
      for (const history of [...lanes, mix]) history.forgetBefore(Math.min(next, ideal) - 2 * search)
    }
    const blocks = out.map(concatenate)
    const count = ended ? total - given : blocks[0]!.length
    given += count
    return { channels: blocks.map((samples) => samples.slice(0, count)) }
  }

  return {
    push(block) {
      if (frameCount(block) === 0) return block
      block.channels.forEach((samples, channel) => lanes[channel]!.append(samples))
      mix.append(mixDown(block))
      return render(false)
    },
    finish: () => render(true),
  }
}

function concatenate(pieces: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}
