import type { OnnxConstant } from '../../../inference/onnx-constants'
import { editModel, type GraphNode, type ReadableGraph } from '../../../inference/onnx-edit'
import type { OnnxNode, OnnxTensor } from '../../../inference/onnx-graph'
import { createFourier, fourierBasis, type Part } from './fourier-nodes'

/**
 * ONNX exports of networks that hear spectra write their Fourier transforms as convolutions with sines and cosines: N²
 * multiplications for each frame, a quarter of HT-Demucs' whole time. These are written again as two steps of a fast
 * transform (see `fourier-nodes`). Only what is one to the last number is touched: windowed by Hann's window, of
 * orthonormal scale, real and imaginary part by convolutions of their own.
 *
 * @param model An ONNX file.
 * @returns The file with fast transforms; `undefined` where it has no slow ones.
 */
export function withFastFourier(model: Uint8Array): Uint8Array | undefined {
  return editModel(model, (graph) => {
    const weights = createWeights(graph)
    const nodes = new Map<GraphNode, OnnxNode[]>()
    const constants: Record<string, OnnxTensor> = {}
    const replaced: GraphNode[] = []
    for (const { real, imaginary, sum, size, hop } of findTransforms(graph, weights)) {
      const name = `fast_fourier_${nodes.size}`
      const fourier = createFourier({ name, size, hop })
      const inputs = { real: real.inputs[0]!, imaginary: imaginary.inputs[0]! }
      const outputs = { real: real.outputs[0]!, imaginary: imaginary.outputs[0]! }
      const made = sum ? fourier.inverse(inputs, sum.outputs[0]!) : fourier.forward(inputs.real, outputs)
      for (const node of [real, imaginary]) nodes.set(node, [])
      nodes.set(sum ?? first(graph, real, imaginary), made.nodes)
      Object.assign(constants, made.constants)
      replaced.push(real, imaginary)
    }
    if (replaced.length === 0) return undefined
    const { between, without } = weights.unneeded(new Set(replaced))
    for (const node of between) nodes.set(node, [])
    return { nodes, constants, without }
  })
}

interface Transform {
  real: GraphNode
  imaginary: GraphNode
  /** Of an inverse transform: what adds the two parts up. */
  sum?: GraphNode
  size: number
  hop: number
}

function* findTransforms(
  { nodes }: ReadableGraph,
  weights: ReturnType<typeof createWeights>,
): Generator<Transform> {
  const candidates = nodes.flatMap((node) => {
    const inverse = node.operator === 'ConvTranspose'
    if (!inverse && node.operator !== 'Conv') return []
    const [hop = 0, ...more] = node.integers.strides ?? []
    const weight = weights.of(node)
    if (!weight || more.length > 0 || !isPlain(node)) return []
    const size = weight.dims[2] ?? 0
    const part = partOf(weight, size, hop, inverse)
    return part ? [{ node, part, inverse, size, hop }] : []
  })
  for (const { node: real, part, inverse, size, hop } of candidates) {
    if (part !== 'real') continue
    const readers = (node: GraphNode) => nodes.filter(({ inputs }) => inputs.includes(node.outputs[0]!))
    const [sum, ...others] = readers(real)
    const partner = candidates.find((other) => {
      const matches = other.part === 'imaginary' && other.inverse === inverse && other.size === size
      if (!matches || other.hop !== hop) return false
      if (!inverse) return other.node.inputs[0] === real.inputs[0]
      const alone = others.length === 0 && sum?.operator === 'Add' && readers(other.node).length === 1
      return alone && sum.inputs.includes(other.node.outputs[0]!)
    })
    if (!partner) continue
    yield { real, imaginary: partner.node, size, hop, ...(inverse && sum && { sum }) }
  }
}

/** Nothing but its strides, and no bias. */
function isPlain({ inputs, integers }: GraphNode): boolean {
  const { pads = [], dilations = [], group = [], output_padding = [] } = integers
  const ones = [...dilations, ...group].every((value) => value === 1)
  return inputs.length === 2 && ones && [...pads, ...output_padding].every((value) => value === 0)
}

/** Numbers of half precision, the coarsest that are published. */
const tolerance = 1e-3

function partOf(weight: OnnxConstant, size: number, hop: number, inverse: boolean): Part | undefined {
  const [bins, one] = weight.dims
  const isPowerOfTwo = size >= 16 && Number.isInteger(Math.log2(size))
  if (!isPowerOfTwo || bins !== size / 2 + 1 || one !== 1 || hop <= 0) return undefined
  // A hop is a whole number of the fast transform's columns.
  if (size % hop !== 0 || hop < 2 ** Math.ceil(Math.log2(size) / 2)) return undefined
  const numbers = weight.read()
  if (numbers.length !== bins * size) return undefined
  return (['real', 'imaginary'] as const).find((part) => {
    const expected = fourierBasis(size, part, inverse)
    const largest = 2 / Math.sqrt(size)
    for (let bin = 0; bin < bins; bin++) {
      for (let n = 0; n < size; n++) {
        if (Math.abs(numbers[bin * size + n]! - expected(bin, n)) > tolerance * largest) return false
      }
    }
    return true
  })
}

/** Weights of nodes: the graph's own or nodes that are constants, also those kept in half precision and cast. */
function createWeights({ nodes, constants }: ReadableGraph) {
  const maker = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const needs = (name: string, among: readonly GraphNode[]) =>
    among.some(({ inputs }) => inputs.includes(name))
  /** Nodes between a weight and who uses it, from the user on. */
  const way = (node: GraphNode): GraphNode[] => {
    const made = maker.get(node.inputs[1] ?? '')
    if (made?.operator === 'Constant') return [made]
    if (made?.operator !== 'Cast') return []
    const constant = maker.get(made.inputs[0] ?? '')
    return constant?.operator === 'Constant' ? [made, constant] : [made]
  }
  const nameOf = (node: GraphNode) => way(node).at(-1)?.inputs[0] ?? node.inputs[1] ?? ''
  return {
    of: (node: GraphNode) => way(node).at(-1)?.value ?? constants.get(nameOf(node)),
    /** What only the replaced nodes needed: other nodes, and names of the graph's constants. */
    unneeded(replaced: ReadonlySet<GraphNode>) {
      const gone = new Set(replaced)
      const left = () => nodes.filter((node) => !gone.has(node))
      for (const node of replaced) {
        for (const between of way(node)) if (!needs(between.outputs[0]!, left())) gone.add(between)
      }
      const names = [...replaced].map(nameOf)
      return {
        between: [...gone].filter((node) => !replaced.has(node)),
        without: new Set(names.filter((name) => !needs(name, left()))),
      }
    },
  }
}

function first({ nodes }: ReadableGraph, one: GraphNode, other: GraphNode): GraphNode {
  return nodes.indexOf(one) < nodes.indexOf(other) ? one : other
}
