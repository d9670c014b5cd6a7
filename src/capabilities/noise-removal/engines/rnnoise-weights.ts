import { AppError } from '../../../platform/errors'
import {
  encodeOnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from '../../../inference/onnx-graph'
import { BANDS } from './rnnoise-bands'
import { FEATURES } from './rnnoise-features'

/**
 * Reads RNNoise weights in the `.rnn` form of nnnoiseless (six layers one after another, every number a signed byte, real
 * weights being these divided by 256) and writes them as an ONNX graph that takes any number of frames at once.
 *
 * The graph's contract, which trained `.onnx` files keep as well:
 * inputs `features` [T,1,42] and `vad_in`, `noise_in`, `denoise_in` [1,1,N]; outputs `gains` [T,1,22], `vad` [T,1,1] and
 * `vad_out`, `noise_out`, `denoise_out` [1,1,N].
 */

interface Layer {
  inputs: number
  neurons: number
  activation: string
  /** [inputs × neurons] (dense) or [inputs × 3·neurons], gates update, reset, new. */
  weights: Int8Array
  /** [neurons × 3·neurons]; empty for a dense layer. */
  recurrent: Int8Array
  bias: Int8Array
}

const ACTIVATIONS = ['Tanh', 'Sigmoid', 'Relu']
const WEIGHT_SCALE = 1 / 256

function createReader(bytes: Uint8Array) {
  const numbers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (count: number): Int8Array => {
    if (at + count > numbers.length) throw malformed('it ends early')
    at += count
    return numbers.subarray(at - count, at)
  }
  const layer = (gates: number): Layer => {
    const [inputs = 0, neurons = 0, kind = 0] = take(3)
    const activation = ACTIVATIONS[kind]
    if (inputs <= 0 || neurons <= 0 || activation === undefined) throw malformed('a layer has no valid shape')
    const weights = take(gates * inputs * neurons)
    const recurrent = take(gates === 3 ? 3 * neurons * neurons : 0)
    return { inputs, neurons, activation, weights, recurrent, bias: take(gates * neurons) }
  }
  return { dense: () => layer(1), gru: () => layer(3), done: () => at === numbers.length }
}

function malformed(why: string): AppError {
  return new AppError('model_corrupt', { message: `This is not a file of RNNoise weights: ${why}.` })
}

function readLayers(bytes: Uint8Array) {
  const read = createReader(bytes)
  const inlet = read.dense()
  const vad = read.gru()
  const noise = read.gru()
  const denoise = read.gru()
  const layers = { inlet, vad, noise, denoise, gains: read.dense(), speech: read.dense() }
  if (!read.done()) throw malformed('it is too long')
  const consistent =
    inlet.inputs === FEATURES &&
    vad.inputs === inlet.neurons &&
    noise.inputs === FEATURES + inlet.neurons + vad.neurons &&
    denoise.inputs === FEATURES + vad.neurons + noise.neurons &&
    layers.gains.inputs === denoise.neurons &&
    layers.gains.neurons === BANDS &&
    layers.speech.inputs === vad.neurons &&
    layers.speech.neurons === 1
  if (!consistent) throw malformed('its layers do not fit each other')
  return layers
}

function scaled(values: Int8Array): Float32Array {
  return Float32Array.from(values, (value) => value * WEIGHT_SCALE)
}

/** [rows × columns] to [columns × rows]. */
function transposed(values: Int8Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = (values[row * columns + column] ?? 0) * WEIGHT_SCALE
    }
  }
  return out
}

export interface RnnoiseNetwork {
  graph: Uint8Array
  stateSizes: StateSizes
}

/** Widths of the three recurrent layers. */
export interface StateSizes {
  vad: number
  noise: number
  denoise: number
}

/** @throws AppError `model_corrupt` where the bytes are no such weights. */
export function rnnoiseNetwork(weights: Uint8Array): RnnoiseNetwork {
  const layers = readLayers(weights)
  const nodes: OnnxNode[] = []
  const constants: Record<string, OnnxTensor> = { axis: { dims: [1], data: BigInt64Array.of(1n) } }

  const dense = (name: string, layer: Layer, source: string, output: string): string => {
    constants[`${name}.weight`] = { dims: [layer.inputs, layer.neurons], data: scaled(layer.weights) }
    constants[`${name}.bias`] = { dims: [layer.neurons], data: scaled(layer.bias) }
    nodes.push({ operator: 'MatMul', inputs: [source, `${name}.weight`], outputs: [`${name}.product`] })
    nodes.push({ operator: 'Add', inputs: [`${name}.product`, `${name}.bias`], outputs: [`${name}.sum`] })
    nodes.push({ operator: layer.activation, inputs: [`${name}.sum`], outputs: [output] })
    return output
  }
  const join = (output: string, ...sources: string[]): string => {
    nodes.push({ operator: 'Concat', inputs: sources, outputs: [output], attributes: { axis: 2 } })
    return output
  }
  const gru = (name: string, layer: Layer, source: string): string => {
    const wide = 3 * layer.neurons
    const bias = new Float32Array(2 * wide)
    bias.set(scaled(layer.bias))
    constants[`${name}.W`] = {
      dims: [1, wide, layer.inputs],
      data: transposed(layer.weights, layer.inputs, wide),
    }
    constants[`${name}.R`] = {
      dims: [1, wide, layer.neurons],
      data: transposed(layer.recurrent, layer.neurons, wide),
    }
    constants[`${name}.B`] = { dims: [1, 2 * wide], data: bias }
    nodes.push({
      operator: 'GRU',
      inputs: [source, `${name}.W`, `${name}.R`, `${name}.B`, '', `${name}_in`],
      outputs: [`${name}.all`, `${name}_out`],
      attributes: { hidden_size: layer.neurons, activations: ['Sigmoid', layer.activation] },
    })
    nodes.push({ operator: 'Squeeze', inputs: [`${name}.all`, 'axis'], outputs: [`${name}.steps`] })
    return `${name}.steps`
  }

  const inlet = dense('inlet', layers.inlet, 'features', 'inlet.out')
  const vad = gru('vad', layers.vad, inlet)
  const noise = gru('noise', layers.noise, join('noise.input', inlet, vad, 'features'))
  const denoise = gru('denoise', layers.denoise, join('denoise.input', vad, noise, 'features'))
  dense('gains', layers.gains, denoise, 'gains')
  dense('speech', layers.speech, vad, 'vad')

  const states = (suffix: string): OnnxValue[] =>
    (['vad', 'noise', 'denoise'] as const).map((name) => ({
      name: `${name}_${suffix}`,
      dims: [1, 1, layers[name].neurons],
    }))
  const graph = encodeOnnxModel({
    name: 'rnnoise',
    nodes,
    constants,
    inputs: [{ name: 'features', dims: ['T', 1, FEATURES] }, ...states('in')],
    outputs: [{ name: 'gains', dims: ['T', 1, BANDS] }, { name: 'vad', dims: ['T', 1, 1] }, ...states('out')],
  })
  const { vad: v, noise: n, denoise: d } = layers
  return { graph, stateSizes: { vad: v.neurons, noise: n.neurons, denoise: d.neurons } }
}
