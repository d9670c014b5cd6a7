const cycleLength = 2048
const cycle = Float64Array.from({ length: cycleLength + 1 }, (_, at) =>
  Math.sin((2 * Math.PI * at) / cycleLength),
)

/** Sine of so many turns, from a table: within 1.2e-6, at a quarter of the price of `Math.sin`. */
export function sineOfTurns(turns: number): number {
  const place = (turns - Math.floor(turns)) * cycleLength
  const whole = place | 0
  const here = cycle[whole]!
  return here + (place - whole) * (cycle[whole + 1]! - here)
}

/**
 * Soft clipping along tanh, within 1e-4 of it (the seventh convergent of J. H. Lambert's continued fraction), at a fifth
 * of the price of `Math.tanh`.
 */
export function softClip(value: number): number {
  const x = value > 4.97 ? 4.97 : value < -4.97 ? -4.97 : value
  const square = x * x
  return (
    (x * (135_135 + square * (17_325 + square * (378 + square)))) /
    (135_135 + square * (62_370 + square * (3150 + 28 * square)))
  )
}
