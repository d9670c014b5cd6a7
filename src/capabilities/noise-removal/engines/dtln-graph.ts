import { readFloatConstants } from '../../../inference/onnx-constants'
import { encodeOnnxModel, type OnnxNode, type OnnxTensor } from '../../../inference/onnx-graph'

/**
 * The two published DTLN graphs take one frame a call. These are the same networks with the same weights for any number
 * of frames and channels at once: `x` [T,C,257 or 512] and states `h0, c0, h1, c1` [1,C,128] in, `y` [T,C,257 or 512] and
 * `h0_out` … out.
 */

export const HIDDEN = 128

/** Collects nodes and constants; the helpers return the name of their output. */
function createGraph() {
  const nodes: OnnxNode[] = []
  const constants: Record<string, OnnxTensor> = {}
  const apply = (operator: string, inputs: string[], output: string, attributes?: OnnxNode['attributes']) => {
    nodes.push({ operator, inputs, outputs: [output], ...(attributes && { attributes }) })
    return output
  }
  const constant = (name: string, dims: number[], data: Float32Array | BigInt64Array) => {
    constants[name] = { dims, data }
    return name
  }
  constant('axis', [1], BigInt64Array.of(1n))
  return {
    apply,
    constant,
    /** A layer of LSTM cells; gates in ONNX' order: input, output, forget, cell. */
    lstm(index: number, source: string, w: Float32Array, r: Float32Array, b: Float32Array): string {
      const name = `lstm${index}`
      const inputs = w.length / (4 * HIDDEN)
      nodes.push({
        operator: 'LSTM',
        inputs: [
          source,
          constant(`${name}.W`, [1, 4 * HIDDEN, inputs], w),
          constant(`${name}.R`, [1, 4 * HIDDEN, HIDDEN], r),
          constant(`${name}.B`, [1, 8 * HIDDEN], b),
          '',
          `h${index}`,
          `c${index}`,
        ],
        outputs: [`${name}.all`, `h${index}_out`, `c${index}_out`],
        attributes: { hidden_size: HIDDEN },
      })
      return apply('Squeeze', [`${name}.all`, 'axis'], `${name}.steps`)
    },
    encode(name: string, width: number): Uint8Array {
      const states = ['h0', 'c0', 'h1', 'c1']
      const stateDims = [1, 'C', HIDDEN]
      return encodeOnnxModel({
        name,
        nodes,
        constants,
        inputs: [
          { name: 'x', dims: ['T', 'C', width] },
          ...states.map((s) => ({ name: s, dims: stateDims })),
        ],
        outputs: [
          { name: 'y', dims: ['T', 'C', width] },
          ...states.map((s) => ({ name: `${s}_out`, dims: stateDims })),
        ],
      })
    },
  }
}

/** [rows × columns] to [columns × rows]. */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = data[row * columns + column]!
  }
  return out
}

/** Keras' gate order (input, forget, cell, output) to ONNX' (input, output, forget, cell), by rows of `width`. */
function reordered(data: Float32Array, width: number): Float32Array {
  const out = new Float32Array(data.length)
  const gate = HIDDEN * width
  for (const [to, from] of [0, 3, 1, 2].entries())
    out.set(data.subarray(from * gate, (from + 1) * gate), to * gate)
  return out
}

/** Stage 1: magnitudes of a spectrum to the mask of its bins. */
export function dtlnMaskGraph(model: Uint8Array): Uint8Array {
  const read = readFloatConstants(model)
  const graph = createGraph()
  const layer = (index: number, name: string, source: string) =>
    graph.lstm(index, source, read(`${name}_W`).data, read(`${name}_R`).data, read(`${name}_B`).data)
  const steps = layer(1, 'lstm_5', layer(0, 'lstm_4', 'x'))
  const kernel = graph.constant('kernel', [HIDDEN, 257], read('dense_2/kernel:0').data)
  const bias = graph.constant('bias', [257], read('dense_2/bias:0').data)
  graph.apply(
    'Sigmoid',
    [graph.apply('Add', [graph.apply('MatMul', [steps, kernel], 'product'), bias], 'sum')],
    'y',
  )
  return graph.encode('dtln-1', 257)
}

/** Stage 2: frames of samples to frames of samples, through a learned basis of 256 functions. */
export function dtlnSignalGraph(model: Uint8Array): Uint8Array {
  const read = readFloatConstants(model)
  const graph = createGraph()
  const { apply, constant } = graph
  const width = 256
  const encoder = constant('encoder', [512, width], transposed(read('conv1d_2/kernel:0').data, width, 512))
  const decoder = constant('decoder', [width, 512], transposed(read('conv1d_3/kernel:0').data, 512, width))
  const encoded = apply('MatMul', ['x', encoder], 'encoded')

  const norm = 'model_2/instant_layer_normalization_1'
  const mean = apply('ReduceMean', [encoded], 'mean', { axes: [-1], keepdims: 1 })
  const centred = apply('Sub', [encoded, mean], 'centred')
  const variance = apply('ReduceMean', [apply('Mul', [centred, centred], 'squares')], 'variance', {
    axes: [-1],
    keepdims: 1,
  })
  const floor = constant('floor', [1], read(`${norm}/add/y:0`).data)
  const deviation = apply('Sqrt', [apply('Add', [variance, floor], 'floored')], 'deviation')
  const scale = constant('scale', [width], read(`${norm}/mul/ReadVariableOp/resource:0`).data)
  const offset = constant('offset', [width], read(`${norm}/add_1/ReadVariableOp/resource:0`).data)
  const scaled = apply('Mul', [apply('Div', [centred, deviation], 'unit'), scale], 'scaled')
  const normalised = apply('Add', [scaled, offset], 'normalised')

  const layer = (index: number, name: string, source: string) => {
    const kernel = read(`model_2/${name}/MatMul/ReadVariableOp/resource:0`).data
    const recurrent = read(`model_2/${name}/MatMul_1/ReadVariableOp/resource:0`).data
    const inputs = kernel.length / (4 * HIDDEN)
    const bias = new Float32Array(8 * HIDDEN)
    bias.set(reordered(read(`model_2/${name}/BiasAdd/ReadVariableOp/resource:0`).data, 1))
    return graph.lstm(
      index,
      source,
      reordered(transposed(kernel, inputs, 4 * HIDDEN), inputs),
      reordered(transposed(recurrent, HIDDEN, 4 * HIDDEN), HIDDEN),
      bias,
    )
  }
  const steps = layer(1, 'lstm_7', layer(0, 'lstm_6', normalised))
  const kernel = constant('kernel', [HIDDEN, width], read('model_2/dense_3/Tensordot/Reshape_1:0').data)
  const bias = constant('bias', [width], read('model_2/dense_3/BiasAdd/ReadVariableOp/resource:0').data)
  const mask = apply(
    'Sigmoid',
    [apply('Add', [apply('MatMul', [steps, kernel], 'product'), bias], 'sum')],
    'mask',
  )
  apply('MatMul', [apply('Mul', [encoded, mask], 'masked'), decoder], 'y')
  return graph.encode('dtln-2', 512)
}
