import type { JobContext } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Session, Tensor } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import type { SeededNoise } from '../seeded-noise'

/** What the encoder made of a text. */
export interface EncodedText {
  memory: Tensor
  processedMemory: Tensor
  /** Symbols. */
  length: number
}

export interface DecoderSizes {
  bands: number
  attentionRnn: number
  decoderRnn: number
}

export interface DecodeRules {
  maxFrames: number
  /** Probability from which the stop token ends the speech. */
  gateThreshold: number
  /**
   * Number of symbols ahead that attention may look at from where it stands, one behind included; null = all. It then
   * can neither jump nor go back, and the stop token counts only at the end of the text.
   */
  window: number | null
  /** Makes another attempt different: added to the frames that are fed back. */
  jitter: { noise: SeededNoise; amplitude: number } | null
}

export interface DecodedFrames {
  /** [frames, bands]. */
  data: Float32Array
  frames: number
  /** Symbol with the largest weight, frame by frame. */
  positions: number[]
  /** Stop token's logit, frame by frame. */
  gates: number[]
  /** [frames, symbols], where it was asked for. */
  alignment: Float32Array | null
}

/** How long attention may rest on the last symbol before the speech counts as ended, stop token or not. */
const restFrames = 30
const windowBehind = 1
const endSymbols = 3

/** Names of the state in NVIDIA's export (`export_tacotron2_onnx.py`); outputs are called the same with `out_` before. */
const stateNames = [
  ...['attention_hidden', 'attention_cell', 'decoder_hidden', 'decoder_cell'],
  ...['attention_weights', 'attention_weights_cum', 'attention_context'],
] as const

/**
 * Speaks frame by frame: each call gives one mel frame from the one before, the recurrent state and the attention.
 * (Shen et al., "Natural TTS Synthesis by Conditioning WaveNet on Mel Spectrogram Predictions", 2018, section 2.2.)
 */
export async function decodeFrames(
  session: Session,
  text: EncodedText,
  sizes: DecoderSizes,
  rules: DecodeRules,
  job: Pick<JobContext, 'signal'>,
  keepAlignment = false,
): Promise<DecodedFrames> {
  const { length } = text
  const { bands } = sizes
  const mask = new Uint8Array(length)
  const frame = new Float32Array(bands)
  const feeds: Record<string, Tensor> = {
    ...startingState(text, sizes),
    decoder_input: { data: frame, dims: [1, bands] },
    memory: text.memory,
    processed_memory: text.processedMemory,
    mask: { data: mask, dims: [1, length] },
  }
  const perturbation = new Float32Array(bands)
  const data = new Float32Array(rules.maxFrames * bands)
  const alignment = keepAlignment ? new Float32Array(rules.maxFrames * length) : null
  const positions: number[] = []
  const gates: number[] = []
  let frames = 0
  let rested = 0
  while (frames < rules.maxFrames) {
    job.signal.throwIfAborted()
    if (rules.window !== null) openWindow(mask, positions.at(-1) ?? 0, rules.window)
    const outputs = await session.run(feeds)
    const { data: spoken } = floats(outputs, 'decoder_output')
    if (!Number.isFinite(spoken[0]!))
      throw new AppError('engine_failed', { message: 'The voice gave no sound.' })
    data.set(spoken, frames * bands)
    const weights = floats(outputs, 'out_attention_weights').data
    const position = largest(weights)
    alignment?.set(weights, frames * length)
    positions.push(position)
    gates.push(floats(outputs, 'gate_prediction').data[0]!)
    frames += 1
    rested = position === length - 1 ? rested + 1 : 0
    const arrived = rules.window === null || position >= length - endSymbols
    if ((arrived && sigmoid(gates.at(-1)!) > rules.gateThreshold) || rested > restFrames) break
    frame.set(spoken)
    if (rules.jitter) {
      rules.jitter.noise.fill(perturbation, frames * bands)
      for (let band = 0; band < bands; band++) frame[band]! += rules.jitter.amplitude * perturbation[band]!
    }
    for (const name of stateNames) feeds[name] = floats(outputs, `out_${name}`)
  }
  return {
    data: data.subarray(0, frames * bands),
    alignment: alignment?.subarray(0, frames * length) ?? null,
    ...{ frames, positions, gates },
  }
}

function startingState({ memory, length }: EncodedText, sizes: DecoderSizes): Record<string, Tensor> {
  const zeros = (size: number): Tensor => ({ data: new Float32Array(size), dims: [1, size] })
  const contextSize = memory.dims[2] ?? 0
  return {
    attention_hidden: zeros(sizes.attentionRnn),
    attention_cell: zeros(sizes.attentionRnn),
    decoder_hidden: zeros(sizes.decoderRnn),
    decoder_cell: zeros(sizes.decoderRnn),
    attention_weights: zeros(length),
    attention_weights_cum: zeros(length),
    attention_context: zeros(contextSize),
  }
}

/** Masks (1 = not to be looked at) all but a few symbols around where attention stands. */
function openWindow(mask: Uint8Array, position: number, ahead: number): void {
  mask.fill(1)
  mask.fill(0, Math.max(0, position - windowBehind), Math.min(mask.length, position + ahead))
}

function largest(values: Float32Array): number {
  let best = 0
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index
  return best
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
