import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { PcmBlock } from '../../../audio/pcm'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import type { DenoiserEngine } from '../denoiser'
import { runAligned, silentBlock } from '../block-stream'
import { floats } from '../../../inference/float-tensor'
import { BANDS, FRAME } from './rnnoise-bands'
import { createAnalyser, createFrameAnalysis, FEATURES } from './rnnoise-features'
import { createSynthesiser } from './rnnoise-synthesis'
import { rnnoiseNetwork, type StateSizes } from './rnnoise-weights'

/**
 * RNNoise at 48 kHz. The signal processing runs here, the network in an ONNX graph that takes a block of frames at once
 * (a call a frame costs five times as much). Weights: a `.rnn` file as nnnoiseless publishes it, or an `.onnx` file that
 * keeps the contract of `rnnoiseNetwork`.
 *
 * Channels have a state and a network run each, but share their gains: each band's gain is the mean over the channels
 * weighted by their energy there. The loud channel decides, the stereo image cannot wander, and one channel's pause
 * leaves no more noise beside the other's speech than that speech hides.
 */

const STATES = ['vad', 'noise', 'denoise'] as const
/** Frames a network call: 0.64 s of audio. */
const FRAMES_PER_BLOCK = 64
/** Weights, three layers of state and the frames of one block, roughly. */
const RESIDENT_BYTES = 4_000_000

/** An `.onnx` file does not tell how wide its states are. */
const optionsSchema = z.object({
  stateSizes: z.object({
    vad: z.int().positive(),
    noise: z.int().positive(),
    denoise: z.int().positive(),
  }),
})

export const rnnoiseEngine: DenoiserEngine = {
  id: 'rnnoise',
  async load(model: ModelFiles, runtime: Runtime) {
    const file = model.manifest.files[0]?.path ?? ''
    const path = model.path(file)
    const network = file.endsWith('.rnn')
      ? rnnoiseNetwork(await readFile(path))
      : { graph: path, stateSizes: optionsSchema.parse(model.manifest.options).stateSizes }
    const session = await runtime.createSession(network.graph)
    return {
      bytes: RESIDENT_BYTES,
      run: (input, job) =>
        Promise.resolve(denoise(session, network.stateSizes, input.channels, input.blocks, job)),
      release: () => session.release(),
    }
  },
}

function denoise(
  session: Session,
  stateSizes: StateSizes,
  channels: number,
  blocks: AsyncIterable<PcmBlock>,
  job: JobContext,
): AsyncGenerator<PcmBlock> {
  const voices = Array.from({ length: channels }, () => createVoice(session, stateSizes))
  const stage = {
    blockFrames: FRAMES_PER_BLOCK * FRAME,
    delayFrames: FRAME,
    async process(block: PcmBlock): Promise<PcmBlock> {
      const out = silentBlock(channels, FRAMES_PER_BLOCK * FRAME)
      for (const [index, voice] of voices.entries()) {
        job.signal.throwIfAborted()
        await voice.analyse(block.channels[index] ?? new Float32Array(FRAMES_PER_BLOCK * FRAME))
      }
      for (let frame = 0; frame < FRAMES_PER_BLOCK; frame++) {
        if (channels > 1) linkGains(voices, frame)
        for (const [index, voice] of voices.entries()) voice.synthesise(frame, out.channels[index]!)
      }
      return out
    },
  }
  return runAligned(blocks, channels, stage, () => job.signal.throwIfAborted())
}

type Voice = ReturnType<typeof createVoice>

/** One channel: its signal processing, its network state, and the frames of the block in hand. */
function createVoice(session: Session, stateSizes: StateSizes) {
  const analyser = createAnalyser()
  const synthesiser = createSynthesiser()
  const frames = Array.from({ length: FRAMES_PER_BLOCK }, () => ({
    analysis: createFrameAnalysis(),
    gains: new Float64Array(BANDS),
  }))
  const features = new Float32Array(FRAMES_PER_BLOCK * FEATURES)
  const states: Record<string, Tensor> = {}
  for (const name of STATES) {
    const size = stateSizes[name]
    states[`${name}_in`] = { data: new Float32Array(size), dims: [1, 1, size] }
  }

  return {
    frames,
    /** Analyses a block and asks the network for the gains of the frames that are not silent. */
    async analyse(samples: Float32Array): Promise<void> {
      let heard = 0
      for (const [index, { analysis }] of frames.entries()) {
        const row = features.subarray(heard * FEATURES, (heard + 1) * FEATURES)
        analyser.analyse(samples, index * FRAME, analysis, row)
        if (!analysis.silent) heard += 1
      }
      if (heard === 0) return
      const data = features.subarray(0, heard * FEATURES)
      const result = await session.run({ features: { data, dims: [heard, 1, FEATURES] }, ...states })
      for (const name of STATES) states[`${name}_in`] = floats(result, `${name}_out`)
      const gains = floats(result, 'gains').data
      let row = 0
      for (const frame of frames) {
        if (frame.analysis.silent) continue
        for (let band = 0; band < BANDS; band++) frame.gains[band] = gains[row * BANDS + band]!
        row += 1
      }
    },
    synthesise(index: number, out: Float32Array): void {
      const frame = frames[index]!
      synthesiser.synthesise(frame.analysis, frame.gains, out, index * FRAME)
    },
  }
}

function linkGains(voices: Voice[], index: number): void {
  const heard = voices.map((voice) => voice.frames[index]!).filter((frame) => !frame.analysis.silent)
  if (heard.length < 2) return
  for (let band = 0; band < BANDS; band++) {
    let weighted = 0
    let total = 1e-9
    for (const { gains, analysis } of heard) {
      weighted += (gains[band]! * (analysis.energy[band]! + 1e-9)) / heard.length
      total += analysis.energy[band]! / heard.length
    }
    for (const { gains } of heard) gains[band] = weighted / total
  }
}
