import { AppError } from '../platform/errors'
import type { OnnxTensor } from './onnx-graph'

/**
 * Reads the constants of a published ONNX file, so that a network exported for one frame a call can be written again for
 * many. The counterpart of `onnx-graph.ts`: fields by number, everything else skipped.
 */

const noBytes = Buffer.alloc(0)

export interface Field {
  number: number
  /** Of length-delimited fields. */
  bytes: Buffer
  /** Of varint fields. */
  value: number
  /** The field as it stands, key and all. */
  whole: Buffer
}

/** The fields of a protocol buffer's message, in their order. @throws RangeError where it ends within one. */
export function* fields(message: Buffer): Generator<Field> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++]
      if (byte === undefined) throw new RangeError('the message ends early')
      value += (byte % 128) * shift
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const start = at
    const key = varint()
    const field: Field = { number: Math.floor(key / 8), bytes: noBytes, value: 0, whole: noBytes }
    const wireType = key % 8
    if (wireType === 0) field.value = varint()
    else {
      const length = wireType === 2 ? varint() : wireType === 1 ? 8 : 4
      if (at + length > message.length) throw new RangeError('the message ends early')
      field.bytes = message.subarray(at, at + length)
      at += length
    }
    field.whole = message.subarray(start, at)
    yield field
  }
}

export interface OnnxConstant {
  name: string
  dims: number[]
  /** Of floats and half floats; of others, and of a tensor whose numbers are not all there, nothing. */
  read(): Float32Array
}

const FLOAT = 1
const FLOAT16 = 10

/** TensorProto: dims 1, data_type 2, float_data 4, name 8, raw_data 9. */
export function decodeTensor(message: Buffer): OnnxConstant {
  const dims: number[] = []
  let name = ''
  let type = 0
  let raw: Buffer = noBytes
  for (const { number, bytes, value } of fields(message)) {
    if (number === 1) dims.push(value)
    if (number === 2) type = value
    if (number === 8) name = bytes.toString('utf8')
    if (number === 9 || number === 4) raw = bytes
  }
  const count = dims.reduce((product, length) => product * length, 1)
  const read = () => {
    if (type === FLOAT && raw.length === 4 * count) return new Float32Array(Uint8Array.from(raw).buffer)
    return type === FLOAT16 && raw.length === 2 * count
      ? fromHalves(new Uint16Array(Uint8Array.from(raw).buffer))
      : new Float32Array()
  }
  return { name, dims, read }
}

function fromHalves(halves: Uint16Array): Float32Array {
  const values = Float32Array.from({ length: 65536 }, (_, bits) => fromHalf(bits))
  const numbers = new Float32Array(halves.length)
  for (let n = 0; n < halves.length; n++) numbers[n] = values[halves[n]!]!
  return numbers
}

/** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = (bits & 1023) / 1024
  const size = exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15)
  return bits >> 15 === 1 ? -size : size
}

/**
 * Float constants of a model by name.
 *
 * @throws AppError `model_corrupt` where the bytes are not an ONNX model.
 */
export function readFloatConstants(model: Uint8Array): (name: string) => OnnxTensor & { data: Float32Array } {
  const found = new Map<string, OnnxConstant>()
  try {
    for (const outer of fields(Buffer.from(model.buffer, model.byteOffset, model.byteLength))) {
      if (outer.number !== 7) continue
      for (const inner of fields(outer.bytes)) {
        if (inner.number !== 5) continue
        const constant = decodeTensor(inner.bytes)
        found.set(constant.name, constant)
      }
    }
  } catch (cause) {
    throw new AppError('model_corrupt', { message: 'The model’s file is not an ONNX graph.', cause })
  }
  return (name) => {
    const constant = found.get(name)
    const data = constant?.read()
    if (!data?.length) {
      throw new AppError('model_corrupt', { message: `The model’s file has no constant "${name}".` })
    }
    return { dims: constant!.dims, data }
  }
}
