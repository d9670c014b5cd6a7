const thresholdDb = -17
const ratio = 1.7
const attackSeconds = 0.025
const releaseSeconds = 0.25

/**
 * The gentle compressor that holds a mix together: feed-forward, by the power of both sides, soft knee (D. Giannoulis,
 * M. Massberg, J. Reiss, "Digital dynamic range compressor design", JAES 60:6, 2012). Works in place.
 */
export function createBusCompressor(sampleRateHz: number): (channels: readonly Float32Array[]) => void {
  const attack = Math.exp(-stepFrames / (attackSeconds * sampleRateHz))
  const release = Math.exp(-stepFrames / (releaseSeconds * sampleRateHz))
  let reductionDb = 0
  const gain = Float64Array.of(1)
  let power = 0
  let counted = 0
  let step = 0
  /** How much the gain moves in each of the next frames. */
  const look = (meanPower: number) => {
    const wanted = reductionAt(10 * Math.log10(meanPower + 1e-12))
    const keep = wanted > reductionDb ? attack : release
    reductionDb = wanted + keep * (reductionDb - wanted)
    return (10 ** (-reductionDb / 20) - gain[0]!) / stepFrames
  }

  return ([left, right]) => {
    const frames = left!.length
    for (let start = 0; start < frames;) {
      const end = Math.min(frames, start + stepFrames - counted)
      let sum = 0
      let now = gain[0]!
      for (let frame = start; frame < end; frame++) {
        const l = left![frame]!
        const r = right![frame]!
        sum += l * l + r * r
        now += step
        left![frame] = l * now
        right![frame] = r * now
      }
      gain[0] = now
      power += sum
      counted += end - start
      start = end
      if (counted === stepFrames) {
        step = look(power / (2 * stepFrames))
        power = 0
        counted = 0
      }
    }
  }
}

const stepFrames = 64
const kneeDb = 8

function reductionAt(levelDb: number): number {
  const over = levelDb - thresholdDb
  if (over <= -kneeDb / 2) return 0
  const slope = 1 - 1 / ratio
  return over >= kneeDb / 2 ? slope * over : (slope * (over + kneeDb / 2) ** 2) / (2 * kneeDb)
}
