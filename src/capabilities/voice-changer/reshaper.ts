import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createPcmQueue } from '../../audio/pcm-queue'
import { pitchHopSeconds } from '../../audio/pitch-track'
import { createStftPlan } from '../../audio/stft'
import { createWorldAnalyser } from '../../audio/world-analysis'
import { mixDown, type VoiceRenderer, type VoiceRendererOptions } from './voice-renderer'

/** Natural logarithm of the largest factor of an amplitude, either way: 20 dB. */
const mostGain = 2.3

/**
 * Gives voiced sounds a new envelope and leaves their pitch: the recording itself is filtered by what the two
 * envelopes differ by, so that nothing is lost where they do not. All channels get the same filter.
 */
export function createReshaper({ sampleRateHz, channels, mapperOf }: VoiceRendererOptions): VoiceRenderer {
  const analyser = createWorldAnalyser(sampleRateHz)
  const map = mapperOf(analyser.bins)
  // Half as many bins as the envelope has.
  const plan = createStftPlan(analyser.fftLength / 2)
  const hop = plan.hopSamples
  const lanes = Array.from({ length: channels }, () => ({
    analysis: plan.createAnalysis(),
    synthesis: plan.createSynthesis(),
  }))
  const spectrum = new Float64Array(plan.spectrumLength)
  const queue = createPcmQueue(channels)
  /** Factors of the amplitude by bin, from frame `firstGain` on. */
  let gains: Float64Array[] = []
  let firstGain = 0
  let windows = 0
  let taken = 0
  let given = 0

  const learn = (frames: ReturnType<typeof analyser.push>) => {
    for (const old of frames) {
      const fresh = map(old)
      gains.push(
        Float64Array.from({ length: hop + 1 }, (_, bin) => {
          const gain = 0.5 * Math.log((fresh.envelope[2 * bin]! + 1e-20) / (old.envelope[2 * bin]! + 1e-20))
          return Math.exp(Math.min(mostGain, Math.max(-mostGain, gain)))
        }),
      )
    }
  }

  /** Filters whatever has both its samples and its gains. */
  const render = (): PcmBlock => {
    const out: PcmBlock[] = []
    while (queue.frames() >= hop) {
      // The window that ends with this hop is centred on the hop's beginning.
      const frame = Math.round((windows * hop) / sampleRateHz / pitchHopSeconds)
      if (frame >= firstGain + gains.length) break
      out.push(filter(queue.take(hop), gains[frame - firstGain]!))
      gains = gains.slice(Math.max(0, frame - firstGain))
      firstGain = frame
      windows += 1
    }
    return join(out, channels)
  }

  const filter = (block: PcmBlock, gain: Float64Array): PcmBlock => ({
    channels: block.channels.map((samples, channel) => {
      const { analysis, synthesis } = lanes[channel]!
      const result = new Float32Array(hop)
      analysis.push(samples, 0, spectrum)
      for (let bin = 0; bin <= hop; bin++) {
        spectrum[2 * bin]! *= gain[bin]!
        spectrum[2 * bin + 1]! *= gain[bin]!
      }
      synthesis.push(spectrum, result, 0)
      // The first hop comes from before the recording.
      return windows === 0 ? result.subarray(hop) : result
    }),
  })

  return {
    push(block) {
      queue.push(block)
      taken += frameCount(block)
      learn(analyser.push(mixDown(block)))
      const result = render()
      given += frameCount(result)
      return result
    },
    finish() {
      learn(analyser.finish())
      const last = gains.at(-1)!
      const padding = 2 * hop - (queue.frames() % hop)
      queue.push({ channels: lanes.map(() => new Float32Array(padding)) })
      for (let n = 0; n * pitchHopSeconds * sampleRateHz < 3 * hop; n++) gains.push(last)
      const { channels: rest } = render()
      return { channels: rest.map((samples) => samples.slice(0, taken - given)) }
    },
  }
}

function join(blocks: readonly PcmBlock[], channels: number): PcmBlock {
  const length = blocks.reduce((sum, block) => sum + frameCount(block), 0)
  const joined = Array.from({ length: channels }, () => new Float32Array(length))
  let at = 0
  for (const block of blocks) {
    block.channels.forEach((samples, channel) => joined[channel]!.set(samples, at))
    at += frameCount(block)
  }
  return { channels: joined }
}
