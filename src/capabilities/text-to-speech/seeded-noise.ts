/** Gaussian noise whose every sample follows from the seed and its place alone, so that any stretch can be made again. */
export interface SeededNoise {
  /** Writes samples `from`… of the noise: mean 0, variance 1. */
  fill(out: Float32Array, from: number): void
}

/** Box–Muller over a counter-based hash. */
export function createSeededNoise(seed: number): SeededNoise {
  const key = mix(seed ^ 0x9e3779b9)
  const uniform = (counter: number) => (mix(mix(counter) ^ key) + 0.5) / 2 ** 32
  const gaussian = (index: number) => {
    const pair = index >>> 1
    const radius = Math.sqrt(-2 * Math.log(uniform(2 * pair)))
    const angle = 2 * Math.PI * uniform(2 * pair + 1)
    return radius * (index & 1 ? Math.sin(angle) : Math.cos(angle))
  }
  return {
    fill(out, from) {
      for (let index = 0; index < out.length; index++) out[index] = gaussian(from + index)
    },
  }
}

/** A seed of its own for part `index` of a job. */
export function seedOfPart(seed: number, index: number): number {
  return mix(mix(seed) ^ mix(index + 1)) >>> 1
}

/** C. Wellons' lowbias32: a permutation of 32-bit integers in which every bit depends on every other. */
function mix(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}
