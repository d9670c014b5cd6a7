import type { WorldFrame } from '../../audio/world-synthesis'
import type { VoiceChange } from './voice-change'
import { statisticsRateHz } from './voice-statistics'

/** Gives a voiced frame of the one voice as the other would say it; the power stays. Unvoiced frames stay. */
export type FrameMapper = (frame: WorldFrame) => WorldFrame

/** A change applied to frames of any rate: above the range of the statistics it goes on as at their end. */
export function createFrameMapper(change: VoiceChange, sampleRateHz: number, bins: number): FrameMapper {
  const gain = atBins(change.logEqualiser, sampleRateHz, bins).map(Math.exp)
  const breath = atBins(change.logBreath, sampleRateHz, bins).map(Math.exp)
  const places = Float64Array.from({ length: bins }, (_, bin) => Math.min(bin / change.warp, bins - 1))
  const weights = loudnessWeights(sampleRateHz, bins)

  return (frame) => {
    if (frame.pitchHz === 0) return frame
    const pitchHz = change.pitch ? change.pitch(frame.pitchHz) : frame.pitchHz
    const envelope = new Float64Array(bins)
    const aperiodicity = new Float64Array(bins)
    let before = 0
    let after = 0
    for (let bin = 0; bin < bins; bin++) {
      const low = Math.min(Math.floor(places[bin]!), bins - 2)
      const share = places[bin]! - low
      const power = frame.envelope[low]! + share * (frame.envelope[low + 1]! - frame.envelope[low]!)
      envelope[bin] = power * gain[bin]!
      aperiodicity[bin] = Math.min(1, frame.aperiodicity[bin]! * breath[bin]!)
      before += weights[bin]! * frame.envelope[bin]!
      after += weights[bin]! * envelope[bin]!
    }
    const level = before / (after + 1e-30)
    for (let bin = 0; bin < bins; bin++) envelope[bin]! *= level
    return { pitchHz, envelope, aperiodicity }
  }
}

function atBins(curve: Float64Array, sampleRateHz: number, bins: number): Float64Array {
  const step = (sampleRateHz / statisticsRateHz) * ((curve.length - 1) / (bins - 1))
  return Float64Array.from({ length: bins }, (_, bin) => {
    const at = Math.min(bin * step, curve.length - 1)
    const low = Math.min(Math.floor(at), curve.length - 2)
    return curve[low]! + (at - low) * (curve[low + 1]! - curve[low]!)
  })
}

/** About the K-weighting of ITU-R BS.1770: rumble does not count, treble counts by 4 dB more. */
function loudnessWeights(sampleRateHz: number, bins: number): Float64Array {
  return Float64Array.from({ length: bins }, (_, bin) => {
    const hz = (bin * sampleRateHz) / 2 / (bins - 1)
    const highPass = hz ** 4 / (hz ** 4 + 60 ** 4)
    const shelf = 1 + 1.5 / (1 + (1500 / Math.max(hz, 1)) ** 4)
    return highPass * shelf
  })
}
