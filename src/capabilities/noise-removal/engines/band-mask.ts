import { z } from 'zod'
import type { PcmBlock } from '../../../audio/pcm'
import { createStftPlan, type StftPlan } from '../../../audio/stft'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import type { DenoiserEngine } from '../denoiser'
import { createBandLayout, type BandLayout } from './band-layout'
import { runAligned, silentBlock } from '../block-stream'
import { floats } from '../../../inference/float-tensor'

/**
 * A recurrent network that gives every band of every frame a gain between 0 and 1: the architecture of the starter model
 * (scripts/train/denoise/model.py). Bands are single bins where a voice's harmonics must be told apart and widen above.
 *
 * The graph: inputs `power` [T,1,bands] (a full-scale sine's order of magnitude is 1) and `state_in` [layers,1,hidden];
 * outputs `gains` [T,1,bands], where step t belongs to frame t − lookaheadFrames, and `state_out`.
 *
 * All channels share one set of gains, computed from their mean power: the stereo image cannot wander, speech in any
 * channel is heard, and two channels cost hardly more than one.
 */

const optionsSchema = z.object({
  windowSamples: z.int().positive(),
  /** How many frames the network looks ahead. */
  lookaheadFrames: z.int().nonnegative(),
  /** Bands of one bin each at the low end. */
  fineBins: z.int().positive(),
  /** Bin numbers at which the wider bands peak; the last one is the highest bin. */
  coarseCentres: z.array(z.int().positive()).min(1),
  stateShape: z.tuple([z.int().positive(), z.literal(1), z.int().positive()]),
})

type Options = z.infer<typeof optionsSchema>

/** Frames a network call: about a second of audio. */
const FRAMES_PER_BLOCK = 64

export const bandMaskEngine: DenoiserEngine = {
  id: 'band-mask',
  async load(model: ModelFiles, runtime: Runtime) {
    const options = optionsSchema.parse(model.manifest.options)
    const plan = createStftPlan(options.windowSamples)
    const layout = createBandLayout(options.fineBins, options.coarseCentres)
    const file = model.manifest.files[0]
    const session = await runtime.createSession(model.path(file?.path ?? ''))
    const frameBytes = (FRAMES_PER_BLOCK + options.lookaheadFrames) * plan.spectrumLength * 8
    return {
      bytes: (file?.bytes ?? 0) * 2 + frameBytes * 2,
      run: (input, job) =>
        Promise.resolve(denoise({ session, options, plan, layout }, input.channels, input.blocks, job)),
      release: () => session.release(),
    }
  },
}

interface Loaded {
  session: Session
  options: Options
  plan: StftPlan
  layout: BandLayout
}

function denoise(
  loaded: Loaded,
  channels: number,
  blocks: AsyncIterable<PcmBlock>,
  job: JobContext,
): AsyncGenerator<PcmBlock> {
  const { options, plan, layout } = loaded
  const late = options.lookaheadFrames
  const blockFrames = FRAMES_PER_BLOCK * plan.hopSamples
  const voices = Array.from({ length: channels }, () => createVoice(plan, late))
  const gainsOf = createNetwork(loaded)
  const binPower = new Float64Array(plan.windowSamples / 2 + 1)
  const power = new Float32Array(FRAMES_PER_BLOCK * layout.bands)
  // Spectra are scaled so that a full-scale sine has a power near 1, and averaged over the channels.
  const scale = (2 / plan.windowSamples) ** 2 / channels

  const stage = {
    blockFrames,
    delayFrames: plan.hopSamples * (1 + late),
    async process(block: PcmBlock): Promise<PcmBlock> {
      for (let frame = 0; frame < FRAMES_PER_BLOCK; frame++) {
        binPower.fill(0)
        for (const [index, voice] of voices.entries()) {
          addPower(voice.analyse(block.channels[index]!, frame), scale, binPower)
        }
        layout.gather(binPower, power, frame * layout.bands)
      }
      const gains = await gainsOf(power)
      const out = silentBlock(channels, blockFrames)
      for (let frame = 0; frame < FRAMES_PER_BLOCK; frame++) {
        layout.spread(gains, frame * layout.bands, binPower)
        for (const [index, voice] of voices.entries()) voice.synthesise(frame, binPower, out.channels[index]!)
      }
      for (const voice of voices) voice.endBlock()
      return out
    },
  }
  return runAligned(blocks, channels, stage, () => job.signal.throwIfAborted())
}

/* Loops stand outside of what is made anew for every job: there the compiler would start over with each one. */

function addPower(spectrum: Float64Array, scale: number, binPower: Float64Array): void {
  for (let bin = 0; bin < binPower.length; bin++) {
    const re = spectrum[2 * bin]!
    const im = spectrum[2 * bin + 1]!
    binPower[bin]! += scale * (re * re + im * im)
  }
}

function scaleBins(spectrum: Float64Array, gains: Float64Array): void {
  for (let bin = 0; bin < gains.length; bin++) {
    spectrum[2 * bin]! *= gains[bin]!
    spectrum[2 * bin + 1]! *= gains[bin]!
  }
}

/** The network with its state from block to block. */
function createNetwork({ session, options, layout }: Loaded) {
  const size = options.stateShape.reduce((product, length) => product * length, 1)
  let state: Tensor = { data: new Float32Array(size), dims: options.stateShape }
  return async (power: Float32Array): Promise<Float32Array> => {
    const dims = [power.length / layout.bands, 1, layout.bands]
    const outputs = await session.run({ power: { data: power, dims }, state_in: state })
    state = floats(outputs, 'state_out')
    return floats(outputs, 'gains').data
  }
}

/** One channel: the spectra of the block in hand, after those that still wait for their look-ahead. */
function createVoice(plan: StftPlan, late: number) {
  const analysis = plan.createAnalysis()
  const synthesis = plan.createSynthesis()
  const spectra = Array.from({ length: late + FRAMES_PER_BLOCK }, () => new Float64Array(plan.spectrumLength))
  return {
    analyse(samples: Float32Array, frame: number): Float64Array {
      const spectrum = spectra[late + frame]!
      analysis.push(samples, frame * plan.hopSamples, spectrum)
      return spectrum
    },
    synthesise(frame: number, gains: Float64Array, out: Float32Array): void {
      const spectrum = spectra[frame]!
      scaleBins(spectrum, gains)
      synthesis.push(spectrum, out, frame * plan.hopSamples)
    },
    endBlock(): void {
      spectra.unshift(...spectra.splice(FRAMES_PER_BLOCK))
    },
  }
}
