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

/** TensorProto: dims 1, data_type 2 (1 = float), float_data 4, name 8, raw_data 9. */
function decodeTensor(message: Buffer): { name: string; tensor: OnnxTensor } | undefined {
  const dims: number[] = []
  let name = ''
  let isFloat = false
  let raw: Buffer = noBytes
  for (const field of fields(message)) {
    if (field.number === 1) dims.push(field.value)
    if (field.number === 2) isFloat = field.value === 1
    if (field.number === 8) name = field.bytes.toString('utf8')
    if (field.number === 9 || field.number === 4) raw = field.bytes
  }
  const count = dims.reduce((product, length) => product * length, 1)
  if (!isFloat || raw.length !== 4 * count) return undefined
  return { name, tensor: { dims, data: new Float32Array(Uint8Array.from(raw).buffer) } }
}

/**
 * Float constants of a model by name.
 *
 * @throws AppError `model_corrupt` where the bytes are not an ONNX model.
 */
export function readFloatConstants(model: Uint8Array): (name: string) => OnnxTensor & { data: Float32Array } {
  const found = new Map<string, OnnxTensor>()
  try {
    for (const outer of fields(Buffer.from(model.buffer, model.byteOffset, model.byteLength))) {
      if (outer.number !== 7) continue
      for (const inner of fields(outer.bytes)) {
        const constant = inner.number === 5 ? decodeTensor(inner.bytes) : undefined
        if (constant) found.set(constant.name, constant.tensor)
      }
    }
  } catch (cause) {
    throw new AppError('model_corrupt', { message: 'The model’s file is not an ONNX graph.', cause })
  }
  return (name) => {
    const tensor = found.get(name)
    if (!tensor || !(tensor.data instanceof Float32Array)) {
      throw new AppError('model_corrupt', { message: `The model’s file has no constant "${name}".` })
    }
    return { dims: tensor.dims, data: tensor.data }
  }
}
