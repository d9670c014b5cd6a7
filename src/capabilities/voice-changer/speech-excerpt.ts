/** Speech of one voice, in one channel. */
export interface SpeechExcerpt {
  sampleRateHz: number
  samples: Float32Array
}

export interface SpeechExcerptCollector {
  push(samples: Float32Array): void
  finish(): SpeechExcerpt
}

/** Enough to tell a voice by; more would only cost memory. */
const mostSeconds = 40
/** A second so much quieter than the loudest is a pause. */
const quietPower = 1e-3

interface Second {
  samples: Float32Array
  power: number
}

/** Keeps the loudest seconds of a recording, in their order, and leaves out those in which nobody speaks. */
export function createSpeechExcerpt(sampleRateHz: number): SpeechExcerptCollector {
  const kept: Second[] = []
  let current = new Float32Array(sampleRateHz)
  let filled = 0

  const close = () => {
    const samples = current.slice(0, filled)
    kept.push({ samples, power: samples.reduce((sum, x) => sum + x * x, 0) / Math.max(1, filled) })
    filled = 0
    if (kept.length <= mostSeconds) return
    const quietest = kept.reduce((best, { power }, at) => (power < kept[best]!.power ? at : best), 0)
    kept.splice(quietest, 1)
  }

  return {
    push(samples) {
      for (let at = 0; at < samples.length;) {
        const taken = samples.subarray(at, at + sampleRateHz - filled)
        current.set(taken, filled)
        filled += taken.length
        at += taken.length
        if (filled === sampleRateHz) close()
      }
    },
    finish() {
      close()
      current = new Float32Array()
      const loudest = Math.max(...kept.map(({ power }) => power))
      const spoken = kept.filter(({ power }) => power >= quietPower * loudest)
      return { sampleRateHz, samples: joined(spoken.map(({ samples }) => samples)) }
    },
  }
}

/** Samples one after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    samples.set(part, at)
    at += part.length
  }
  return samples
}
