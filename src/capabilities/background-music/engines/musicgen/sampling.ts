import type { Random } from '../../../../audio/synthesis/noise'

/** The likeliest code. */
export function greedy(logits: Float32Array): number {
  let best = 0
  for (let code = 1; code < logits.length; code++) if (logits[code]! > logits[best]!) best = code
  return best
}

/** Draws among the `topK` likeliest codes (and those as likely as the last of them) by their probability. */
export function createSampler({ topK, temperature }: { topK: number; temperature: number }, random: Random) {
  return (logits: Float32Array): number => {
    const sorted = logits.slice().sort()
    const least = sorted[Math.max(0, sorted.length - topK)]!
    const most = sorted.at(-1)!
    const weights = logits.map((value) => (value >= least ? Math.exp((value - most) / temperature) : 0))
    let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0)
    for (let code = 0; code < weights.length; code++) {
      left -= weights[code]!
      if (left < 0 && weights[code]! > 0) return code
    }
    return greedy(logits)
  }
}
