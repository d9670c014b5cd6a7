/** The sample rate of everything that listens for voices. */
export const SPEECH_RATE_HZ = 16_000

/** A stretch of speech, in samples of the stream at 16 kHz. `end` is the first sample behind it. */
export interface SpeechRegion {
  start: number
  end: number
}

export interface RegionOptions {
  hopSamples: number
  /** Speech begins where the probability reaches this … */
  threshold: number
  /** … and ends where it stays below this for `minSilenceSamples`. */
  releaseThreshold: number
  minSpeechSamples: number
  minSilenceSamples: number
}

/**
 * Turns probabilities of speech into regions, with hysteresis in level and in time (the rule of Silero's
 * `get_speech_timestamps`). Frame i covers the samples from i·hop to (i + 1)·hop.
 */
export function createRegionDetector(options: RegionOptions) {
  const { hopSamples } = options
  let now = 0
  let start: number | null = null
  let quietSince: number | null = null

  const close = (end: number): SpeechRegion | null => {
    const region = start !== null && end - start >= options.minSpeechSamples ? { start, end } : null
    start = quietSince = null
    return region
  }

  return {
    /** Where the region under way began; null in silence. It may still prove too short to count. */
    get openStart(): number | null {
      return start
    },
    /** Where the region under way would end if nothing more were said. */
    get openEnd(): number {
      return quietSince ?? now
    },
    /** Samples seen. */
    get position(): number {
      return now
    },
    /** Takes the next frame; gives the region that it completes. */
    push(probability: number): SpeechRegion | null {
      const frameStart = now
      now += hopSamples
      if (probability >= options.threshold) {
        start ??= frameStart
        quietSince = null
        return null
      }
      if (start === null) return null
      if (probability < options.releaseThreshold) quietSince ??= frameStart
      const isOver = quietSince !== null && now - quietSince >= options.minSilenceSamples
      return isOver ? close(quietSince!) : null
    },
    /** Ends the stream, which was `length` samples long. */
    finish(length: number): SpeechRegion | null {
      return close(Math.min(length, quietSince ?? now))
    },
  }
}

export type RegionDetector = ReturnType<typeof createRegionDetector>
