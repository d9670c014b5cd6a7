import type { PcmBlock } from '../../../audio/pcm'
import { createStftPlan } from '../../../audio/stft'
import { silentBlock, type DelayedStage } from '../block-stream'

/** Length of a window in seconds, at least: tells 12 Hz apart. */
const windowSeconds = 0.08
/** Where wind is: below the voice. */
const windHz = { from: 15, to: 110 }
/** What a voice would have as well. */
const voiceHz = { from: 160, to: 1200 }
/** Wind exceeds the voice's part by this ratio where it begins to be turned down, and where it is turned down fully. */
const [beginsDb, fullyDb] = [6, 12]
/** The high-pass: full depth below the first, nothing above the second. */
const [stopHz, passHz] = [100, 150]
const depthDb = 36
/** Quieter than this there is nothing to turn down; of a full-scale sine. */
const quietestDb = -66
const [attackSeconds, releaseSeconds] = [0.03, 0.3]

/**
 * Takes the rumble of wind out while it blows: where what lies below 110 Hz outweighs the voice's range by far, as only
 * wind, handling and traffic do (spectral centroids tell wind likewise: Nelke & Vary, "Measurement, analysis and simulation
 * of wind noise signals for mobile communication devices", 2014), a high-pass at 120 Hz comes in, without a phase shift.
 * Nothing above 150 Hz is changed, nor anything while there is no wind. Channels share one high-pass.
 */
export function createWindStage(sampleRateHz: number, channels: number): DelayedStage {
  const windowSamples = 2 ** Math.ceil(Math.log2(windowSeconds * sampleRateHz))
  const plan = createStftPlan(windowSamples)
  const binHz = sampleRateHz / windowSamples
  const seconds = plan.hopSamples / sampleRateHz
  const analyses = Array.from({ length: channels }, () => plan.createAnalysis())
  const syntheses = Array.from({ length: channels }, () => plan.createSynthesis())
  const spectra = Array.from({ length: channels }, () => new Float64Array(plan.spectrumLength))
  const slope = Float64Array.from({ length: Math.ceil(passHz / binHz) }, (_, bin) =>
    Math.min(1, Math.max(0, (passHz - bin * binHz) / (passHz - stopHz))),
  )
  /** A full-scale sine's power in its strongest bin. */
  const fullScale = (windowSamples / Math.PI) ** 2
  const quietest = fullScale * 10 ** (quietestDb / 10)
  let wind = 0

  const power = ({ from, to }: { from: number; to: number }) => {
    let sum = 0
    for (const spectrum of spectra) {
      for (let bin = Math.ceil(from / binHz); bin <= to / binHz && bin <= windowSamples / 2; bin++) {
        sum += spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
      }
    }
    return sum / channels
  }
  const follow = () => {
    const low = power(windHz)
    const excessDb = 10 * Math.log10((low + 1e-20) / (power(voiceHz) + 1e-20))
    const blows = low < quietest ? 0 : Math.min(1, Math.max(0, (excessDb - beginsDb) / (fullyDb - beginsDb)))
    wind += (blows - wind) * (1 - Math.exp(-seconds / (blows > wind ? attackSeconds : releaseSeconds)))
    // Untouched again, not nearly so.
    if (wind < 1e-3) wind = 0
  }
  return {
    blockFrames: plan.hopSamples,
    delayFrames: windowSamples - plan.hopSamples,
    process(block: PcmBlock): Promise<PcmBlock> {
      for (const [channel, samples] of block.channels.entries())
        analyses[channel]!.push(samples, 0, spectra[channel]!)
      follow()
      const out = silentBlock(channels, plan.hopSamples)
      for (const [channel, spectrum] of spectra.entries()) {
        for (const [bin, share] of slope.entries()) {
          const gain = 10 ** ((-depthDb * wind * share) / 20)
          spectrum[2 * bin]! *= gain
          spectrum[2 * bin + 1]! *= gain
        }
        syntheses[channel]!.push(spectrum, out.channels[channel]!, 0)
      }
      return Promise.resolve(out)
    },
  }
}
