import { AppError } from '../../../platform/errors'

/** What an acoustic network says: natural log-probabilities of every token in every frame, [frames, tokens], row-major. */
export interface Emissions {
  logProbs: Float32Array
  frames: number
  tokens: number
}

/**
 * Logits [frames, tokens] as log-probabilities (log-softmax of every frame; log-probabilities stay as they are). The
 * array is changed in place.
 *
 * @throws AppError `engine_failed` where the network gave something that is not a number.
 */
export function emissionsFromLogits(logits: Float32Array, frames: number, tokens: number): Emissions {
  for (let at = 0; at < frames * tokens; at += tokens) {
    let highest = -Infinity
    for (let token = at; token < at + tokens; token++) if (logits[token]! > highest) highest = logits[token]!
    let sum = 0
    for (let token = at; token < at + tokens; token++) sum += Math.exp(logits[token]! - highest)
    const norm = highest + Math.log(sum)
    if (!Number.isFinite(norm)) {
      throw new AppError('engine_failed', { message: 'The network’s output is not a number.' })
    }
    for (let token = at; token < at + tokens; token++) logits[token]! -= norm
  }
  return { logProbs: logits, frames, tokens }
}

/** ln(e^a + e^b). */
export function logAdd(a: number, b: number): number {
  if (a < b) return b + Math.log1p(Math.exp(a - b))
  if (a === -Infinity) return a
  return a + Math.log1p(Math.exp(b - a))
}
