import { frameCount, type PcmBlock } from '../../audio/pcm'
import { mixDown } from './voice-renderer'

/** Puts a voice that was made in one channel where it was among the channels of a recording, moment by moment. */
export interface Placement {
  /** Takes the recording in, ahead of the voice. */
  hear(block: PcmBlock): void
  /** Spreads the next samples of the voice over the channels. */
  place(voice: Float32Array): PcmBlock
}

const stepSeconds = 0.05
/** A level of −100 dB. In silence the voice stays where it was. */
const silentPower = 1e-10

export function createPlacement(sampleRateHz: number, channels: number): Placement {
  const stepFrames = Math.round(stepSeconds * sampleRateHz)
  /** Amplitudes of the channels against their mean, for each step that is still ahead of the voice. */
  let gains: number[][] = []
  let latest = new Array<number>(channels).fill(1)
  let firstStep = 0
  let powers = new Float64Array(channels + 1)
  let heard = 0
  let placed = 0

  const closeStep = () => {
    const mix = powers[channels]!
    const silent = mix < silentPower * stepFrames
    latest = silent ? latest : latest.map((_, n) => Math.min(channels, Math.sqrt(powers[n]! / mix)))
    gains.push(latest)
    powers = new Float64Array(channels + 1)
  }
  const stepAt = (step: number) =>
    gains[Math.min(Math.max(step, firstStep), firstStep + gains.length - 1) - firstStep]!

  return {
    hear(block) {
      const planes = [...block.channels, mixDown(block)]
      for (let frame = 0; frame < frameCount(block); frame++) {
        for (let n = 0; n <= channels; n++) powers[n]! += planes[n]![frame]! ** 2
        heard += 1
        if (heard % stepFrames === 0) closeStep()
      }
    },
    place(voice) {
      if (channels === 1) return { channels: [voice] }
      // Less than a step was heard in all, or the rest of the last one.
      if (placed + voice.length > (firstStep + gains.length) * stepFrames) closeStep()
      const planes = Array.from({ length: channels }, () => new Float32Array(voice.length))
      for (let n = 0; n < voice.length; n++) {
        const at = (placed + n + 0.5) / stepFrames - 0.5
        const step = Math.floor(at)
        const before = stepAt(step)
        const after = stepAt(step + 1)
        for (let channel = 0; channel < channels; channel++) {
          const gain = before[channel]! + (at - step) * (after[channel]! - before[channel]!)
          planes[channel]![n] = voice[n]! * gain
        }
      }
      placed += voice.length
      const done = Math.max(0, Math.floor(placed / stepFrames - 0.5) - firstStep)
      gains = gains.slice(done)
      firstStep += done
      return { channels: planes }
    },
  }
}
