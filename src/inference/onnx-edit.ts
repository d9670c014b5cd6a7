import { AppError } from '../platform/errors'
import { decodeTensor, fields, type OnnxConstant } from './onnx-constants'
import { bytesField, encodeNode, encodeTensor, type OnnxNode, type OnnxTensor } from './onnx-graph'

/**
 * Writes a published ONNX file again with some of its nodes in another form; all else stays as it stands, byte for byte.
 */

export interface GraphNode {
  operator: string
  inputs: readonly string[]
  outputs: readonly string[]
  /** Attributes that are integers or lists of them. */
  integers: Readonly<Record<string, readonly number[]>>
  /** Of a node that is a constant. */
  value?: OnnxConstant
}

export interface ReadableGraph {
  nodes: readonly GraphNode[]
  constants: ReadonlyMap<string, OnnxConstant>
}

export interface GraphEdit {
  /** What stands in place of a node; an empty list takes it away. */
  nodes: ReadonlyMap<GraphNode, readonly OnnxNode[]>
  constants: Readonly<Record<string, OnnxTensor>>
  /** Constants that nothing needs any more. */
  without: ReadonlySet<string>
}

/**
 * @param change Says what is to be changed, if anything.
 * @returns The model's bytes, or `undefined` where nothing is to be changed.
 * @throws AppError `model_corrupt` where the bytes are not an ONNX model.
 */
export function editModel(
  model: Uint8Array,
  change: (graph: ReadableGraph) => GraphEdit | undefined,
): Uint8Array | undefined {
  try {
    const outer = [...fields(Buffer.from(model.buffer, model.byteOffset, model.byteLength))]
    const graphField = outer.find(({ number }) => number === 7)
    if (!graphField) return undefined
    const inner = [...fields(graphField.bytes)].map(({ number, bytes, whole }) => ({
      whole,
      node: number === 1 ? decodeNode(bytes) : undefined,
      constant: number === 5 ? decodeTensor(bytes) : undefined,
    }))
    const edit = change({
      nodes: inner.flatMap(({ node }) => node ?? []),
      constants: new Map(inner.flatMap(({ constant }) => (constant ? [[constant.name, constant]] : []))),
    })
    if (!edit) return undefined
    const kept = inner.flatMap(({ whole, node, constant }) => {
      if (constant && edit.without.has(constant.name)) return []
      const instead = node && edit.nodes.get(node)
      return instead ? instead.map((other) => bytesField(1, encodeNode(other))) : [whole]
    })
    const added = Object.entries(edit.constants).map(([name, tensor]) =>
      bytesField(5, encodeTensor(name, tensor)),
    )
    return Buffer.concat(
      outer.map((field) => (field === graphField ? bytesField(7, ...kept, ...added) : field.whole)),
    )
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new AppError('model_corrupt', { message: 'The model’s file is not an ONNX graph.', cause })
  }
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5. */
function decodeNode(message: Buffer): GraphNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const integers: Record<string, number[]> = {}
  let value: OnnxConstant | undefined
  let operator = ''
  for (const { number, bytes } of fields(message)) {
    if (number === 1) inputs.push(bytes.toString('utf8'))
    if (number === 2) outputs.push(bytes.toString('utf8'))
    if (number === 4) operator = bytes.toString('utf8')
    if (number === 5) {
      const { name, values, tensor } = decodeAttribute(bytes)
      integers[name] = values
      if (tensor && operator === 'Constant') value = decodeTensor(tensor)
    }
  }
  return { operator, inputs, outputs, integers, ...(value && { value }) }
}

/** AttributeProto: name 1, i 3, t 5, ints 8. */
function decodeAttribute(message: Buffer): { name: string; values: number[]; tensor: Buffer | undefined } {
  const values: number[] = []
  let tensor: Buffer | undefined
  let name = ''
  for (const { number, bytes, value } of fields(message)) {
    if (number === 1) name = bytes.toString('utf8')
    if (number === 3 || number === 8) values.push(value)
    if (number === 5) tensor = bytes
  }
  return { name, values, tensor }
}
