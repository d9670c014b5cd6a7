/** How far the next piece may be moved to fit the last one, and the length of the crossfade between them. */
const seekSeconds = 0.008
const windowSeconds = 0.03

/**
 * Changes the length of speech and keeps its pitch (WSOLA: Verhelst and Roelands, "An overlap-add technique based on
 * waveform similarity (WSOLA) for high quality time-scale modification of speech", ICASSP 1993).
 *
 * @param rate 2 = twice as fast; for 1 the samples come back as they are.
 * @returns Exactly ⌊length ÷ rate⌋ samples.
 */
export function stretchSpeech(samples: Float32Array, sampleRateHz: number, rate: number): Float32Array {
  const length = Math.floor(samples.length / rate)
  const hop = Math.round((windowSeconds / 2) * sampleRateHz)
  if (rate === 1 || samples.length < 4 * hop) return fitLength(samples, length)
  const seek = Math.round(seekSeconds * sampleRateHz)
  const output = new Float32Array(length + 2 * hop)
  const fade = Float32Array.from({ length: hop }, (_, n) => 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / hop))
  output.set(samples.subarray(0, hop))
  // The natural continuation of what was written last, which the next piece has to resemble.
  let follow = hop
  for (let at = hop; at < length; at += hop) {
    const target = Math.round(at * rate)
    const from = bestStart(samples, follow, target, seek, hop)
    for (let n = 0; n < hop; n++) {
      const old = samples[follow + n] ?? 0
      output[at + n] = old + fade[n]! * ((samples[from + n] ?? 0) - old)
    }
    follow = from + hop
  }
  return output.slice(0, length)
}

/** Where near `target` the samples are most like those at `follow`. */
function bestStart(samples: Float32Array, follow: number, target: number, seek: number, hop: number): number {
  const first = Math.max(0, target - seek)
  const last = Math.min(samples.length - hop, target + seek)
  let best = Math.max(0, Math.min(target, samples.length - hop))
  let bestScore = -Infinity
  for (let start = first; start <= last; start += 2) {
    let product = 0
    let energy = 1e-9
    for (let n = 0; n < hop; n += 3) {
      const sample = samples[start + n]!
      product += sample * (samples[follow + n] ?? 0)
      energy += sample * sample
    }
    const score = product / Math.sqrt(energy)
    if (score > bestScore) [best, bestScore] = [start, score]
  }
  return best
}

function fitLength(samples: Float32Array, length: number): Float32Array {
  const fitted = new Float32Array(length)
  fitted.set(samples.subarray(0, length))
  return fitted
}
