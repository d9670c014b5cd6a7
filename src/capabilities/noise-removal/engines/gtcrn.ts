import type { PcmBlock } from '../../../audio/pcm'
import { createStftPlan, type StftPlan } from '../../../audio/stft'
import { floats } from '../../../inference/float-tensor'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import { runAligned, silentBlock } from '../block-stream'
import type { DenoiserEngine } from '../denoiser'

/**
 * GTCRN (Rong, Sun, Zhang, Hu, Zhu & Lu, "GTCRN: A Speech Enhancement Model Requiring Ultralow Computational Resources",
 * 2024) at 16 kHz: a complex mask on the spectrum of a 512-sample frame, a frame every 256 samples, by the published
 * streaming graph, which takes one frame with the caches of the one before. Every channel has caches of its own.
 */

const windowSamples = 512
const hopSamples = windowSamples / 2
const bins = windowSamples / 2 + 1
/** Frames a block: half a second. A cancel is noticed between blocks. */
const blockSpectra = 32

const cacheShapes: Readonly<Record<string, readonly number[]>> = {
  conv_cache: [2, 1, 16, 16, 33],
  tra_cache: [2, 3, 1, 1, 16],
  inter_cache: [2, 1, 33, 16],
}

export const gtcrnEngine: DenoiserEngine = {
  id: 'gtcrn',
  async load({ manifest, path }: ModelFiles, runtime: Runtime) {
    const file = manifest.files[0]
    const session = await runtime.createSession(path(file?.path ?? ''))
    const plan = createStftPlan(windowSamples)
    return {
      bytes: 4 * (file?.bytes ?? 0),
      run: (input, job) => Promise.resolve(denoise(session, plan, input.channels, input.blocks, job)),
      release: () => session.release(),
    }
  },
}

function denoise(
  session: Session,
  plan: StftPlan,
  channels: number,
  blocks: AsyncIterable<PcmBlock>,
  job: JobContext,
): AsyncGenerator<PcmBlock> {
  const blockFrames = blockSpectra * hopSamples
  const voices = Array.from({ length: channels }, () => createVoice(session, plan))
  const stage = {
    blockFrames,
    delayFrames: windowSamples - hopSamples,
    async process(block: PcmBlock): Promise<PcmBlock> {
      const out = silentBlock(channels, blockFrames)
      for (const [index, voice] of voices.entries()) {
        await voice(block.channels[index]!, out.channels[index]!)
      }
      return out
    },
  }
  return runAligned(blocks, channels, stage, () => job.signal.throwIfAborted())
}

function createVoice(session: Session, plan: StftPlan) {
  const analysis = plan.createAnalysis()
  const synthesis = plan.createSynthesis()
  const spectrum = new Float64Array(plan.spectrumLength)
  const caches: Record<string, Tensor> = {}
  for (const [name, dims] of Object.entries(cacheShapes)) {
    caches[name] = { data: new Float32Array(dims.reduce((product, length) => product * length, 1)), dims }
  }
  return async (samples: Float32Array, out: Float32Array): Promise<void> => {
    for (let at = 0; at < samples.length; at += hopSamples) {
      analysis.push(samples, at, spectrum)
      const mix = { data: Float32Array.from(spectrum), dims: [1, bins, 1, 2] }
      const outputs = await session.run({ mix, ...caches })
      for (const name of Object.keys(cacheShapes)) caches[name] = floats(outputs, `${name}_out`)
      spectrum.set(floats(outputs, 'enh').data)
      synthesis.push(spectrum, out, at)
    }
  }
}
