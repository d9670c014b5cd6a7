import { createAperiodicityAnalyser } from './aperiodicity'
import { createPitchTracker, pitchHopSeconds } from './pitch-track'
import { createEnvelopeAnalyser } from './spectral-envelope'
import type { WorldFrame } from './world-synthesis'

/** Takes a voice apart, 5 ms by 5 ms. Memory is that of the last 2 s, whatever the length of the stream. */
export interface WorldAnalyser {
  fftLength: number
  /** Bins of the envelope and the aperiodicity of a frame. */
  bins: number
  /** Takes samples of one channel, gives the frames that are decided with them; 1 to 2 s behind. */
  push(samples: Float32Array): WorldFrame[]
  /** The rest: in all, ⌊seconds ÷ 0.005⌋ + 1 frames. */
  finish(): WorldFrame[]
}

/** Pitch, envelope and aperiodicity of WORLD. Frames that hold no periods are unvoiced and all noise. */
export function createWorldAnalyser(sampleRateHz: number): WorldAnalyser {
  const tracker = createPitchTracker(sampleRateHz)
  const envelopes = createEnvelopeAnalyser(sampleRateHz)
  const { bins, fftLength } = envelopes
  const aperiodicities = createAperiodicityAnalyser(sampleRateHz, bins)
  const reach = Math.max(envelopes.reach, aperiodicities.reach)
  let samples = new Float32Array(0)
  let start = 0
  let waiting: number[] = []
  let frame = 0

  let previous: WorldFrame | null = null

  const analyse = (pitchHz: number): WorldFrame => {
    const centre = frame * pitchHopSeconds * sampleRateHz - start
    const envelope = new Float64Array(bins)
    envelopes.analyse(samples, centre, pitchHz, envelope)
    // Within a voiced sound the aperiodicity changes slowly: every other frame has that of the one before.
    if (pitchHz > 0 && frame % 2 === 1 && previous && previous.pitchHz > 0) {
      return { pitchHz, envelope, aperiodicity: previous.aperiodicity }
    }
    const aperiodicity = new Float64Array(bins).fill(1)
    const voiced = pitchHz > 0 && aperiodicities.analyse(samples, centre, pitchHz, aperiodicity)
    return { pitchHz: voiced ? pitchHz : 0, envelope, aperiodicity }
  }

  /** Frames whose surroundings have all come; at the end, silence comes after them. */
  const take = (ended: boolean): WorldFrame[] => {
    const out: WorldFrame[] = []
    for (const pitchHz of waiting) {
      const last = frame * pitchHopSeconds * sampleRateHz + reach
      if (!ended && last > start + samples.length) break
      previous = analyse(pitchHz)
      out.push(previous)
      frame += 1
    }
    waiting = waiting.slice(out.length)
    const keepFrom = Math.max(start, Math.floor(frame * pitchHopSeconds * sampleRateHz) - reach)
    samples = samples.slice(keepFrom - start)
    start = keepFrom
    return out
  }

  return {
    fftLength,
    bins,
    push(block) {
      const joined = new Float32Array(samples.length + block.length)
      joined.set(samples)
      joined.set(block, samples.length)
      samples = joined
      waiting.push(...tracker.push(block))
      return take(false)
    },
    finish() {
      waiting.push(...tracker.finish())
      return take(true)
    },
  }
}
