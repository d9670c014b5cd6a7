/** The rows of a polyphase filter: row p holds the `taps` coefficients of phase p. `taps` is a multiple of 8. */
export interface FilterBank {
  taps: number
  phases: number
  rows: Float32Array
}

/** Which outputs to compute: output n stands at input position `n·down/up`, counted in exact integers. */
export interface RenderRange {
  first: number
  count: number
  up: number
  down: number
  /** Input frame whose filter row begins at index 0 of the samples. */
  origin: number
}

/** Computes outputs of an exact-phase filter bank. */
export type PolyphaseKernel = (samples: Float32Array, range: RenderRange) => Float32Array

const pageBytes = 65_536
const vectorBytes = 16

/**
 * The inner product of resampling as WebAssembly SIMD: JavaScript widens every float to a double and takes five times
 * as long. One instance for each resampler; its memory holds the bank, then samples, then outputs.
 */
export function createPolyphaseKernel(bank: FilterBank): PolyphaseKernel {
  const instance = new WebAssembly.Instance(kernelModule(), {})
  const { memory, render } = instance.exports as unknown as KernelExports
  const reserve = (bytes: number) => {
    const missing = bytes - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
  }
  const samplesAt = align(bank.rows.byteLength)
  reserve(samplesAt)
  new Float32Array(memory.buffer).set(bank.rows)

  return (samples, { first, count, up, down, origin }) => {
    const outputsAt = align(samplesAt + samples.byteLength)
    reserve(outputsAt + count * 4)
    new Float32Array(memory.buffer, samplesAt).set(samples)
    const position = first * down
    const frame = Math.floor(position / up)
    render(
      ...[samplesAt + (frame - origin) * 4, 0, outputsAt, count, bank.taps * 4],
      ...[position - frame * up, up, down % up, Math.floor(down / up) * 4],
    )
    return new Float32Array(memory.buffer.slice(outputsAt, outputsAt + count * 4))
  }
}

interface KernelExports {
  memory: WebAssembly.Memory
  /** samples, rows, outputs (addresses), count, bytes of a row, phase, up, phase step, bytes of a whole step. */
  render(...integers: number[]): void
}

function align(bytes: number): number {
  return Math.ceil(bytes / vectorBytes) * vectorBytes
}

let compiled: WebAssembly.Module | undefined

function kernelModule(): WebAssembly.Module {
  return (compiled ??= new WebAssembly.Module(Uint8Array.from(assemble())))
}

// WebAssembly binary format, https://webassembly.github.io/spec/core/binary: value types and instructions in use.
const i32 = 0x7f
const v128 = 0x7b
const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const constant = (value: number) => [0x41, value]
const add = [0x6a]
const subtract = [0x6b]
const multiply = [0x6c]
const isZero = [0x45]
const isLess = [0x49]
const isGreaterOrEqual = [0x4f]
const block = [0x02, 0x40]
const loop = [0x03, 0x40]
const when = [0x04, 0x40]
const end = [0x0b]
const branch = (depth: number) => [0x0c, depth]
const branchIf = (depth: number) => [0x0d, depth]
const storeFloat = [0x38, 2, 0]
const addFloats = [0x92]
const loadVector = (offset: number) => [0xfd, 0x00, 4, offset]
const zeroVector = [0xfd, 0x0c, ...new Array<number>(16).fill(0)]
const lane = (index: number) => [0xfd, 0x1f, index]
const addVectors = [0xfd, 0xe4, 0x01]
const multiplyVectors = [0xfd, 0xe6, 0x01]

/** Locals of the function: its parameters, then its variables. */
const enum Local {
  samples,
  rows,
  outputs,
  count,
  rowBytes,
  phase,
  up,
  phaseStep,
  stepBytes,
  row,
  at,
  last,
  even,
  odd,
}

const bump = (local: Local, by: number[]) => [...get(local), ...by, ...add, ...set(local)]

/** sum += samples[at + offset …] · rows[row + offset …], four lanes. */
const accumulate = (sum: Local, offset: number) => [
  ...get(sum),
  ...get(Local.at),
  ...loadVector(offset),
  ...get(Local.row),
  ...loadVector(offset),
  ...multiplyVectors,
  ...addVectors,
  ...set(sum),
]

function renderBody(): number[] {
  const dotProduct = [
    ...[
      ...get(Local.rows),
      ...get(Local.phase),
      ...get(Local.rowBytes),
      ...multiply,
      ...add,
      ...set(Local.row),
    ],
    ...[...get(Local.samples), ...set(Local.at)],
    ...[...get(Local.samples), ...get(Local.rowBytes), ...add, ...set(Local.last)],
    ...[...zeroVector, ...set(Local.even), ...zeroVector, ...set(Local.odd)],
    ...loop,
    ...[...accumulate(Local.even, 0), ...accumulate(Local.odd, vectorBytes)],
    ...[...bump(Local.at, constant(32)), ...bump(Local.row, constant(32))],
    ...[...get(Local.at), ...get(Local.last), ...isLess, ...branchIf(0)],
    ...end,
    ...[...get(Local.even), ...get(Local.odd), ...addVectors, ...set(Local.even)],
  ]
  const laneSum = [
    ...[...get(Local.even), ...lane(0), ...get(Local.even), ...lane(1), ...addFloats],
    ...[...get(Local.even), ...lane(2), ...get(Local.even), ...lane(3), ...addFloats, ...addFloats],
  ]
  const advance = [
    ...[...bump(Local.outputs, constant(4)), ...bump(Local.samples, get(Local.stepBytes))],
    ...bump(Local.phase, get(Local.phaseStep)),
    ...[...get(Local.phase), ...get(Local.up), ...isGreaterOrEqual, ...when],
    ...[...get(Local.phase), ...get(Local.up), ...subtract, ...set(Local.phase)],
    ...[...bump(Local.samples, constant(4)), ...end],
    ...[...get(Local.count), ...constant(1), ...subtract, ...set(Local.count)],
  ]
  return [
    ...[...block, ...loop, ...get(Local.count), ...isZero, ...branchIf(1)],
    ...dotProduct,
    ...[...get(Local.outputs), ...laneSum, ...storeFloat],
    ...[...advance, ...branch(0), ...end, ...end, ...end],
  ]
}

function assemble(): number[] {
  const parameters = new Array<number>(9).fill(i32)
  const locals = [2, 3, i32, 2, v128]
  const body = [...locals, ...renderBody()]
  return [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, parameters.length, ...parameters, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('render'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content]
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)]
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >> 7)]
}
