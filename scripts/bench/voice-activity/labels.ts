const HOP = 256

/** The flags that are set within `by` of each place. */
function grown(flags: boolean[], by: number): boolean[] {
  return flags.map((_, index) => flags.slice(Math.max(0, index - by), index + by + 1).some(Boolean))
}

const not = (flags: boolean[]) => flags.map((flag) => !flag)

/**
 * Which frames of 256 samples of a clean 16 kHz recording are speech, by their energy: the rule by which the starter was
 * trained (scripts/train/voice-activity/labels.py). Works on clean speech only.
 */
export function speechFrames(samples: Float32Array): boolean[] {
  const count = Math.floor(samples.length / HOP)
  const power = Array.from({ length: count }, (_, frame) => {
    let sum = 0
    for (let n = frame * HOP; n < (frame + 1) * HOP; n++) {
      // Pre-emphasis: 0.95 of the sample before is taken off.
      sum += (samples[n]! - 0.95 * (n > 0 ? samples[n - 1]! : 0)) ** 2
    }
    return sum / HOP
  })
  const levels = power.map((here, frame) => {
    const smooth = 0.25 * (power[frame - 1] ?? 0) + 0.5 * here + 0.25 * (power[frame + 1] ?? 0)
    return 10 * Math.log10(smooth + 1e-10)
  })
  const sorted = [...levels].sort((a, b) => a - b)
  const percentile = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? 0
  const [floor, peak] = [percentile(0.03), percentile(0.97)]
  const threshold = Math.max(peak - 36, floor + 0.3 * (peak - floor))
  const loud = levels.map((level) => level > threshold)
  const closed = not(grown(not(grown(loud, 4)), 4))
  const opened = grown(not(grown(not(closed), 2)), 2)
  return opened.map((flag, index) => flag && closed[index]!)
}
