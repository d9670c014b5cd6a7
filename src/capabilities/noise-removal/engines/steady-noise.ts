import type { PcmBlock } from '../../../audio/pcm'
import { createStftPlan, type StftPlan } from '../../../audio/stft'
import type { JobContext } from '../../../inference/engine'
import type { DenoiserEngine } from '../denoiser'
import { runAligned, silentBlock } from '../block-stream'
import { createNoiseTracker } from './noise-tracker'

/**
 * Takes steady noise (hiss, air conditioning, tape) out of anything, music above all, without a network: the noise is what
 * the spectrum never falls below (see `createNoiseTracker`), and every bin is turned down by the log-spectral amplitude
 * estimate of Ephraim and Malah ("Speech enhancement using a minimum mean-square error log-spectral amplitude estimator",
 * 1985), with their decision-directed signal-to-noise ratio, by 15 dB at most.
 *
 * All channels share one set of gains, so that the stereo image cannot wander.
 */

const windowSamples = 2048
const hopSamples = windowSamples / 2
/** Spectra a block: about a second. */
const blockSpectra = 46
/** Blocks before and after one that tell its noise. */
const reachBlocks = 8

/** Weight of the frame before in the signal-to-noise ratio. */
const smoothing = 0.9
const lowestGain = 10 ** (-15 / 20)
/** Below this ratio there is only noise. */
const lowestRatio = 10 ** (-25 / 10)

export const steadyNoiseEngine: DenoiserEngine = {
  id: 'steady-noise',
  load() {
    const plan = createStftPlan(windowSamples)
    return Promise.resolve({
      bytes: (2 * reachBlocks + 1) * blockSpectra * plan.spectrumLength * 8,
      run: (input, job) => Promise.resolve(denoise(plan, input.channels, input.blocks, job)),
      release: () => Promise.resolve(),
    })
  },
}

/** Spectra of a block, [spectrum][channel], and their mean power over channels. */
interface Analysed {
  spectra: Float64Array[][]
  powers: Float64Array[]
}

function denoise(
  plan: StftPlan,
  channels: number,
  blocks: AsyncIterable<PcmBlock>,
  job: JobContext,
): AsyncGenerator<PcmBlock> {
  const blockFrames = blockSpectra * hopSamples
  const analyses = Array.from({ length: channels }, () => plan.createAnalysis())
  const syntheses = Array.from({ length: channels }, () => plan.createSynthesis())
  const tracker = createNoiseTracker(windowSamples / 2 + 1, 2 * reachBlocks + 1)
  const amplify = createGains(windowSamples / 2 + 1)
  const waiting: Analysed[] = []

  const analyse = (block: PcmBlock): Analysed => {
    const spectra = Array.from({ length: blockSpectra }, (_, index) =>
      block.channels.map((samples, channel) => {
        const spectrum = new Float64Array(plan.spectrumLength)
        analyses[channel]!.push(samples, index * hopSamples, spectrum)
        return spectrum
      }),
    )
    return { spectra, powers: spectra.map(meanPower) }
  }
  const synthesise = ({ spectra, powers }: Analysed, noise: Float64Array): PcmBlock => {
    const out = silentBlock(channels, blockFrames)
    for (const [index, perChannel] of spectra.entries()) {
      const gains = amplify(powers[index]!, noise)
      for (const [channel, spectrum] of perChannel.entries()) {
        for (let n = 0; n < spectrum.length; n++) spectrum[n]! *= gains[n >> 1]!
        syntheses[channel]!.push(spectrum, out.channels[channel]!, index * hopSamples)
      }
    }
    return out
  }
  const stage = {
    blockFrames,
    delayFrames: windowSamples - hopSamples + reachBlocks * blockFrames,
    process(block: PcmBlock): Promise<PcmBlock> {
      const analysed = analyse(block)
      waiting.push(analysed)
      tracker.add(analysed.powers)
      const due = waiting.length > reachBlocks ? waiting.shift() : undefined
      return Promise.resolve(due ? synthesise(due, tracker.noise()) : silentBlock(channels, blockFrames))
    },
  }
  return runAligned(blocks, channels, stage, () => job.signal.throwIfAborted())
}

function meanPower(perChannel: Float64Array[]): Float64Array {
  return Float64Array.from({ length: perChannel[0]!.length / 2 }, (_, bin) => {
    let sum = 0
    for (const spectrum of perChannel) sum += spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
    return sum / perChannel.length
  })
}

/** Gains from spectrum to spectrum. */
function createGains(bins: number) {
  const gains = new Float64Array(bins)
  /** What was left of the spectrum before, over its noise. */
  const before = new Float64Array(bins)
  return (power: Float64Array, noise: Float64Array): Float64Array => {
    for (let bin = 0; bin < bins; bin++) {
      const floor = noise[bin]! + 1e-20
      const posterior = Math.min(1e6, power[bin]! / floor)
      const prior = Math.max(
        lowestRatio,
        smoothing * before[bin]! + (1 - smoothing) * Math.max(0, posterior - 1),
      )
      const share = prior / (1 + prior)
      const gain = Math.min(1, share * Math.exp(0.5 * exponentialIntegral(share * posterior)))
      before[bin] = gain * gain * posterior
      gains[bin] = Math.max(lowestGain, gain)
    }
    return gains
  }
}

/** E₁(x) for x > 0: Abramowitz and Stegun 5.1.53 and 5.1.56. */
export function exponentialIntegral(x: number): number {
  if (x < 1e-12) return 27
  if (x <= 1) {
    const series =
      -0.57721566 +
      x * (0.99999193 + x * (-0.24991055 + x * (0.05519968 + x * (-0.00976004 + x * 0.00107857))))
    return series - Math.log(x)
  }
  const top = 0.2677737343 + x * (8.6347608925 + x * (18.059016973 + x * (8.5733287401 + x)))
  const bottom = 3.9584969228 + x * (21.0996530827 + x * (25.6329561486 + x * (9.5733223454 + x)))
  return (Math.exp(-x) / x) * (top / bottom)
}
