/**
 * Writes ONNX models: the few messages of onnx.proto3 that a recurrent network needs, encoded by hand.
 *
 * Protocol buffers are a sequence of fields, each a key (field number × 8 + wire type) and a value; wire type 0 is a
 * variable-length integer, 2 a length and that many bytes. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */

export interface OnnxTensor {
  dims: number[]
  data: Float32Array | BigInt64Array
}

export interface OnnxNode {
  operator: string
  inputs: string[]
  outputs: string[]
  attributes?: Record<string, number | string | number[] | string[]>
}

/** A float input or output of the graph; a string names a dimension whose length is known at run time only. */
export interface OnnxValue {
  name: string
  dims: (number | string)[]
}

export interface OnnxGraph {
  name: string
  nodes: OnnxNode[]
  constants: Record<string, OnnxTensor>
  inputs: OnnxValue[]
  outputs: OnnxValue[]
}

const IR_VERSION = 8
const OPSET_VERSION = 17
const FLOAT = 1
const INT64 = 7
const ATTRIBUTE_INT = 2
const ATTRIBUTE_STRING = 3
const ATTRIBUTE_INTS = 7
const ATTRIBUTE_STRINGS = 8

function varint(value: number): Buffer {
  // Negative integers are written as their 64-bit two's complement.
  if (value < 0) return signedVarint(BigInt(value))
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

function signedVarint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 127n) {
    bytes.push(Number(rest % 128n) + 128)
    rest /= 128n
  }
  return Buffer.from([...bytes, Number(rest)])
}

function integerField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)])
}

/** A field of bytes, or a message that is made of some. */
export function bytesField(field: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body])
}

function textField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text, 'utf8'))
}

/** AttributeProto: name 1, i 3, s 4, ints 8, strings 9, type 20. */
function encodeAttribute(name: string, value: number | string | number[] | string[]): Buffer {
  const body = [textField(1, name)]
  if (typeof value === 'number') body.push(integerField(3, value), integerField(20, ATTRIBUTE_INT))
  else if (typeof value === 'string') body.push(textField(4, value), integerField(20, ATTRIBUTE_STRING))
  else {
    for (const item of value) body.push(typeof item === 'number' ? integerField(8, item) : textField(9, item))
    body.push(integerField(20, typeof value[0] === 'number' ? ATTRIBUTE_INTS : ATTRIBUTE_STRINGS))
  }
  return Buffer.concat(body)
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5. */
export function encodeNode(node: OnnxNode): Buffer {
  return Buffer.concat([
    ...node.inputs.map((name) => textField(1, name)),
    ...node.outputs.map((name) => textField(2, name)),
    textField(4, node.operator),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) =>
      bytesField(5, encodeAttribute(name, value)),
    ),
  ])
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9 (little endian, as every machine that Node runs on). */
export function encodeTensor(name: string, tensor: OnnxTensor): Buffer {
  const { buffer, byteOffset, byteLength } = tensor.data
  return Buffer.concat([
    ...tensor.dims.map((length) => integerField(1, length)),
    integerField(2, tensor.data instanceof Float32Array ? FLOAT : INT64),
    textField(8, name),
    bytesField(9, new Uint8Array(buffer, byteOffset, byteLength)),
  ])
}

/** ValueInfoProto: name 1, type 2 → tensor_type 1 → elem_type 1, shape 2 → dim 1 → dim_value 1 or dim_param 2. */
function encodeValue(value: OnnxValue): Buffer {
  const dims = value.dims.map((length) =>
    bytesField(1, typeof length === 'number' ? integerField(1, length) : textField(2, length)),
  )
  const tensorType = Buffer.concat([integerField(1, FLOAT), bytesField(2, ...dims)])
  return Buffer.concat([textField(1, value.name), bytesField(2, bytesField(1, tensorType))])
}

/** ModelProto: ir_version 1, graph 7, opset_import 8. GraphProto: node 1, name 2, initializer 5, input 11, output 12. */
export function encodeOnnxModel(graph: OnnxGraph): Uint8Array {
  return Buffer.concat([
    integerField(1, IR_VERSION),
    bytesField(
      7,
      ...graph.nodes.map((node) => bytesField(1, encodeNode(node))),
      textField(2, graph.name),
      ...Object.entries(graph.constants).map(([name, tensor]) => bytesField(5, encodeTensor(name, tensor))),
      ...graph.inputs.map((value) => bytesField(11, encodeValue(value))),
      ...graph.outputs.map((value) => bytesField(12, encodeValue(value))),
    ),
    bytesField(8, integerField(2, OPSET_VERSION)),
  ])
}
