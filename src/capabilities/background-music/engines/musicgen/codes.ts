/** One step of sound: a code of every codebook, the coarsest first. */
export type CodeFrame = readonly number[]

/**
 * The delay pattern of J. Copet et al., “Simple and Controllable Music Generation”, 2023: codebook k lags k steps
 * behind, so that one step of the network gives a code of every codebook, each knowing the coarser ones of its frame.
 * Step 0 holds nothing but padding; codebook k has the code of frame `step − 1 − k` at `step`.
 */
export interface DelayedCodes {
  /** Steps from the padding at the start to the last code of the last frame. */
  steps: number
  /** The rows that the network is given first: padding and what is known without it, [codebook][step]. */
  first(): number[][]
  /** What stands at a step for a codebook whatever the network says: a given code or padding; null where it decides. */
  fixed(step: number, codebook: number): number | null
  /** The frame whose last code is set at a step, where there is one. */
  completedAt(step: number): number | null
}

/** @param given Frames that are known: the first ones of `frames`. */
export function delayedCodes(
  given: readonly CodeFrame[],
  { frames, codebooks, padding }: { frames: number; codebooks: number; padding: number },
): DelayedCodes {
  const frameAt = (step: number, codebook: number) => step - 1 - codebook
  const fixed = (step: number, codebook: number): number | null => {
    const frame = frameAt(step, codebook)
    if (frame < 0 || frame >= frames) return padding
    return given[frame]?.[codebook] ?? null
  }
  return {
    steps: frames + codebooks,
    first: () =>
      Array.from({ length: codebooks }, (_, codebook) =>
        Array.from({ length: given.length + 1 }, (_, step) => fixed(step, codebook) ?? padding),
      ),
    fixed,
    completedAt(step) {
      const frame = frameAt(step, codebooks - 1)
      return frame < 0 || frame >= frames ? null : frame
    },
  }
}
