import type { Session, Tensor } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'

/** What a prediction network says after the tokens so far, and what it needs to go on. */
export interface Prediction<State> {
  output: Float32Array
  state: State
}

/**
 * A transducer (Graves, "Sequence Transduction with Recurrent Neural Networks", 2012) after its encoder: a prediction
 * network over the tokens that were said, and a joint network over its output and a frame.
 */
export interface TransducerNetwork<State> {
  blank: number
  /** Tokens, blank included. */
  tokens: number
  /**
   * Numbers of frames, from 0 on, of which the joint network says how long a token lasts (TDT: Xu et al., "Efficient
   * Sequence Transduction by Jointly Predicting Tokens and Durations", 2023); 0 for networks that do not.
   */
  durations: number
  /** Tokens that a frame can say before the search goes on to the next: 1 for icefall's networks, 5–10 for NeMo's. */
  maxSymbols: number
  /** Tokens that stand before the first one when hypotheses are compared by their length. */
  context: number
  /** Before anything was said. */
  start: Prediction<State>
  predict(steps: readonly PredictionStep<State>[]): Promise<Prediction<State>[]>
  /** Logits of a frame and a prediction each: [pairs, tokens + durations], row-major. */
  join(frames: readonly Float32Array[], outputs: readonly Float32Array[]): Promise<Float32Array>
}

export interface PredictionStep<State> {
  after: State
  token: number
}

/** What an encoder heard: [frames, width], row-major. */
export interface Encoded {
  data: Float32Array
  frames: number
  width: number
}

export function frameOf(encoded: Encoded, frame: number): Float32Array {
  return encoded.data.subarray(frame * encoded.width, (frame + 1) * encoded.width)
}

/**
 * The names of a graph's first inputs and outputs: exports agree on their order, but not always on their names.
 *
 * @throws AppError `model_corrupt` where the graph has fewer.
 */
export function portsOf(session: Session, file: string, inputs: number, outputs: number) {
  if (session.inputNames.length < inputs || session.outputNames.length < outputs) {
    throw new AppError('model_corrupt', {
      message: `The graph of ${file} is not the one that its manifest says.`,
    })
  }
  return { inputs: session.inputNames.slice(0, inputs), outputs: session.outputNames.slice(0, outputs) }
}

/**
 * The joint network behind `joiner.onnx`. Its two inputs are [pairs, width] in icefall's exports and
 * [pairs, width, 1] in NeMo's: the same numbers in the same order.
 *
 * @param width Logits of a pair.
 */
export function createJoiner(
  session: Session,
  width: number,
  trailingDims: readonly number[],
): TransducerNetwork<unknown>['join'] {
  const ports = portsOf(session, 'the joiner', 2, 1)
  const stack = (rows: readonly Float32Array[]) => {
    const length = rows[0]!.length
    const data = new Float32Array(rows.length * length)
    for (const [row, values] of rows.entries()) data.set(values, row * length)
    return { data, dims: [rows.length, length, ...trailingDims] }
  }
  return async (frames, outputs) => {
    const results = await session.run({
      [ports.inputs[0]!]: stack(frames),
      [ports.inputs[1]!]: stack(outputs),
    })
    const { data } = floatsOf(results, ports.outputs[0]!)
    if (data.length === frames.length * width) return data
    throw new AppError('model_corrupt', {
      message: `The joiner gives ${data.length / frames.length} logits where its tokens and durations ask for ${width}: the model’s files do not belong together.`,
    })
  }
}

/** @throws AppError `model_corrupt` where the graph gave no such floats. */
export function floatsOf(
  results: Record<string, Tensor>,
  name: string,
): { data: Float32Array; dims: readonly number[] } {
  const tensor = results[name]
  if (tensor?.data instanceof Float32Array) return { data: tensor.data, dims: tensor.dims }
  throw new AppError('model_corrupt', { message: `The network’s output “${name}” is not made of floats.` })
}

/**
 * The highest of `length` logits from `offset` on, counted from `offset`.
 *
 * @throws AppError `engine_failed` where they are not numbers.
 */
export function highest(logits: Float32Array, offset: number, length: number): number {
  let best = 0
  for (let index = 1; index < length; index++) {
    if (logits[offset + index]! > logits[offset + best]!) best = index
  }
  if (Number.isFinite(logits[offset + best])) return best
  throw new AppError('engine_failed', { message: 'The network’s output is not a number.' })
}

/** ln Σ e^logit over `length` logits from `offset` on. */
export function logSum(logits: Float32Array, offset: number, length: number): number {
  const top = logits[offset + highest(logits, offset, length)]!
  let sum = 0
  for (let index = offset; index < offset + length; index++) sum += Math.exp(logits[index]! - top)
  return top + Math.log(sum)
}
