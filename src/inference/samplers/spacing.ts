import type { Spacing } from './sampler'

/**
 * Timesteps of training, the noisiest first, as numpy rounds them.
 *
 * @param intervals Of `leading` and `linspace`: into how many the whole range is cut. DDIM takes as many as it has steps,
 *   DPM-Solver++ one more, as its last step ends at the data and not at timestep 0.
 */
export function timestepsOf(
  spacing: Spacing,
  { trainSteps, steps, intervals, offset }: Record<'trainSteps' | 'steps' | 'intervals' | 'offset', number>,
): number[] {
  const first = intervals - steps
  return Array.from({ length: steps }, (_, index) => {
    if (spacing === 'trailing') return roundToEven(trainSteps - (index * trainSteps) / steps) - 1
    const fromEnd = steps - 1 - index + first
    if (spacing === 'leading') return fromEnd * Math.floor(trainSteps / intervals) + offset
    return roundToEven(((trainSteps - 1) * fromEnd) / Math.max(1, intervals - 1))
  })
}

function roundToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1
}
