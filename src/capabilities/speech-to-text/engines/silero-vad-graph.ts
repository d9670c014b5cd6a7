import { readFloatConstants } from '../../../inference/onnx-constants'
import { encodeOnnxModel, type OnnxNode, type OnnxTensor } from '../../../inference/onnx-graph'
import { AppError } from '../../../platform/errors'

/**
 * The published Silero graph takes one frame a call. This is the same network with the same weights for any number of
 * frames: `steps` [4·T, 256], the four windows of each frame, and states `h`, `c` [1,1,hidden] in; `probabilities` [T, 1] and
 * `h_out`, `c_out` out.
 *
 * Everything before the LSTM sees one frame only, so that it runs on all frames at once; and as a frame is four steps
 * long, its convolutions are multiplications by matrices, which one core does far faster than tiny convolutions.
 */

/** Samples of a window of the spectrum. */
export const STEP_WINDOW = 256
/** Windows of a frame. */
export const STEPS = 4
const BINS = STEP_WINDOW / 2 + 1
/** Stride of each convolution; all are three steps wide, padded by one. */
const STRIDES = [1, 2, 2, 1]

interface Matrix {
  rows: number
  columns: number
  data: Float32Array
}

/**
 * A convolution over `length` steps [outputs, inputs, 3] as a matrix from all inputs [length · inputs] to all outputs,
 * both one step after another.
 */
export function convolutionMatrix(kernel: OnnxTensor, length: number, stride: number): Matrix {
  const [outputs = 0, inputs = 0, width = 0] = kernel.dims
  const weights = kernel.data as Float32Array
  const steps = Math.floor((length - 1) / stride) + 1
  const columns = steps * outputs
  const data = new Float32Array(length * inputs * columns)
  for (let step = 0; step < steps; step++) {
    for (let tap = 0; tap < width; tap++) {
      const from = step * stride + tap - 1
      if (from < 0 || from >= length) continue
      for (let output = 0; output < outputs; output++) {
        for (let input = 0; input < inputs; input++) {
          data[(from * inputs + input) * columns + step * outputs + output] =
            weights[(output * inputs + input) * width + tap]!
        }
      }
    }
  }
  return { rows: length * inputs, columns, data }
}

/** [rows, columns] to [columns, rows]. */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = data[row * columns + column]!
  }
  return out
}

/** PyTorch's gate order (input, forget, cell, output) to ONNX' (input, output, forget, cell). */
function reordered(data: Float32Array): Float32Array {
  const gate = data.length / 4
  const out = new Float32Array(data.length)
  for (const [to, from] of [0, 3, 1, 2].entries()) {
    out.set(data.subarray(from * gate, (from + 1) * gate), to * gate)
  }
  return out
}

/** Weights by name, each of the shape that the layout says. */
function createWeights(model: Uint8Array) {
  const read = readFloatConstants(model)
  return {
    length: (name: string) => read(name).data.length,
    of(name: string, ...dims: number[]) {
      const tensor = read(name)
      if (tensor.dims.join() === dims.join()) return tensor
      throw new AppError('model_corrupt', {
        message: `“${name}” of the voice-activity model is [${tensor.dims.join()}] and not [${dims.join()}].`,
      })
    },
  }
}

type Weights = ReturnType<typeof createWeights>

/** Collects nodes and constants; the helpers return the name of their output. */
function createGraph() {
  const nodes: OnnxNode[] = []
  const constants: Record<string, OnnxTensor> = {}
  const constant = (name: string, dims: number[], data: Float32Array | BigInt64Array) => {
    constants[name] = { dims, data }
    return name
  }
  const node = (
    operator: string,
    inputs: string[],
    outputs: string[],
    attributes?: OnnxNode['attributes'],
  ) => {
    nodes.push({ operator, inputs, outputs, ...(attributes && { attributes }) })
    return outputs[0]!
  }
  return {
    nodes,
    constants,
    constant,
    node,
    integers: (name: string, ...values: number[]) =>
      constant(name, [values.length], BigInt64Array.from(values, BigInt)),
    dense: (source: string, name: string, { rows, columns, data }: Matrix, bias: Float32Array) =>
      node(
        'Gemm',
        [
          source,
          constant(`${name}.matrix`, [rows, columns], data),
          constant(`${name}.bias`, [columns], bias),
        ],
        [name],
      ),
  }
}

type Graph = ReturnType<typeof createGraph>

/** Windows of samples [4·T, 256] to magnitudes [T, 4·129]. */
function addSpectrum(graph: Graph, weights: Weights): string {
  const { node, constant, integers } = graph
  const basis = weights.of('model.stft.forward_basis_buffer', 2 * BINS, 1, STEP_WINDOW)
  const matrix = constant('basis', [STEP_WINDOW, 2 * BINS], transposed(basis.data, 2 * BINS, STEP_WINDOW))
  const spectrum = node('MatMul', ['steps', matrix], ['spectrum'])
  const squares = node('Mul', [spectrum, spectrum], ['squares'])
  node('Split', [squares, integers('bins', BINS, BINS)], ['real', 'imaginary'], { axis: 1 })
  const magnitudes = node('Sqrt', [node('Add', ['real', 'imaginary'], ['power'])], ['magnitudes'])
  return node('Reshape', [magnitudes, integers('frame', -1, STEPS * BINS)], ['frames'])
}

/** Four convolutions over the steps of a frame, which end at a single step: [T, channels]. */
function addEncoder(graph: Graph, weights: Weights, frames: string) {
  let signal = frames
  let length = STEPS
  let channels = BINS
  for (const [index, stride] of STRIDES.entries()) {
    const layer = `model.encoder.${index}.reparam_conv`
    const outputs = weights.length(`${layer}.bias`)
    const matrix = convolutionMatrix(weights.of(`${layer}.weight`, outputs, channels, 3), length, stride)
    const bias = weights.of(`${layer}.bias`, outputs).data
    const biases = Float32Array.from({ length: matrix.columns }, (_, column) => bias[column % outputs]!)
    signal = graph.node('Relu', [graph.dense(signal, `layer${index}`, matrix, biases)], [`active${index}`])
    length = matrix.columns / outputs
    channels = outputs
  }
  return { signal, channels }
}

/** The LSTM over frames, [T, channels] to [T, hidden]. */
function addMemory(graph: Graph, weights: Weights, signal: string, channels: number, hidden: number): string {
  const { node, constant, integers } = graph
  const gates = 4 * hidden
  const bias = new Float32Array(2 * gates)
  bias.set(reordered(weights.of('model.decoder.rnn.bias_ih', gates).data))
  bias.set(reordered(weights.of('model.decoder.rnn.bias_hh', gates).data), gates)
  const inputs = [
    node('Unsqueeze', [signal, integers('axis', 1)], ['sequence']),
    constant(
      'W',
      [1, gates, channels],
      reordered(weights.of('model.decoder.rnn.weight_ih', gates, channels).data),
    ),
    constant(
      'R',
      [1, gates, hidden],
      reordered(weights.of('model.decoder.rnn.weight_hh', gates, hidden).data),
    ),
    constant('B', [1, 2 * gates], bias),
    '',
    'h',
    'c',
  ]
  const all = node('LSTM', inputs, ['hidden', 'h_out', 'c_out'], { hidden_size: hidden })
  return node('Reshape', [all, integers('rows', -1, hidden)], ['hidden.rows'])
}

/**
 * Rewrites the published 16 kHz graph. `hidden` is the length of its states.
 *
 * @throws AppError `model_corrupt` where the file is not of that layout.
 */
export function sileroVadGraph(model: Uint8Array): { graph: Uint8Array; hidden: number } {
  const weights = createWeights(model)
  const hidden = weights.length('model.decoder.rnn.bias_ih') / 4
  const graph = createGraph()
  const { signal, channels } = addEncoder(graph, weights, addSpectrum(graph, weights))
  const rows = addMemory(graph, weights, signal, channels, hidden)
  const head = 'model.decoder.decoder.2'
  const matrix = { rows: hidden, columns: 1, data: weights.of(`${head}.weight`, 1, hidden, 1).data }
  const active = graph.node('Relu', [rows], ['hidden.active'])
  graph.node(
    'Sigmoid',
    [graph.dense(active, 'head', matrix, weights.of(`${head}.bias`, 1).data)],
    ['probabilities'],
  )

  const state = [1, 1, hidden]
  const encoded = encodeOnnxModel({
    name: 'silero-vad',
    nodes: graph.nodes,
    constants: graph.constants,
    inputs: [
      { name: 'steps', dims: ['S', STEP_WINDOW] },
      { name: 'h', dims: state },
      { name: 'c', dims: state },
    ],
    outputs: [
      { name: 'probabilities', dims: ['T', 1] },
      { name: 'h_out', dims: state },
      { name: 'c_out', dims: state },
    ],
  })
  return { graph: encoded, hidden }
}
