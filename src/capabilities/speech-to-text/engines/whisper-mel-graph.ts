import { encodeOnnxModel, type OnnxNode, type OnnxTensor } from '../../../inference/onnx-graph'

/**
 * Folded frames to log-mel, as an ONNX graph.
 *
 * A real DFT of length N = 400 with a symmetric window needs but a quarter of its products: the cosine sum of x[n] and
 * x[N−n] and the sine sum of their difference share their angles, and so do n and N/2 − n, with signs that alternate
 * with the bin. What is left are four matrices of about 100 × 100, one each for cosines and sines of even and odd bins.
 */

export const FFT = 400
const HALF = FFT / 2
const QUARTER = FFT / 4
const SAMPLE_RATE = 16000

/** Columns of a folded frame: cosines of even bins, of odd bins, sines of even bins, of odd bins. */
export const FOLDED_WIDTHS = [QUARTER + 1, QUARTER, QUARTER - 1, QUARTER] as const
export const FOLDED_WIDTH = FFT

/** Slaney's mel scale: linear below 1 kHz, logarithmic above. */
function melOf(hz: number): number {
  return hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4)
}
function hzOf(mel: number): number {
  return mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) * (mel - 15)) / 27)
}

/**
 * Triangular filters of equal area over the bins of a 400-point DFT at 16 kHz, 0–8 kHz, as librosa's
 * `filters.mel(sr=16000, n_fft=400, n_mels=bins)` and openai/whisper's `mel_filters.npz`.
 *
 * @returns Weights [bin 0 … 200][filter].
 */
export function melFilters(bins: number): Float64Array[] {
  const top = melOf(SAMPLE_RATE / 2)
  const edges = Array.from({ length: bins + 2 }, (_, n) => hzOf((top * n) / (bins + 1)))
  return Array.from({ length: HALF + 1 }, (_, bin) => {
    const hz = (bin * SAMPLE_RATE) / FFT
    return Float64Array.from({ length: bins }, (_, filter) => {
      const [low, centre, high] = [edges[filter]!, edges[filter + 1]!, edges[filter + 2]!]
      const rise = (hz - low) / (centre - low)
      const fall = (high - hz) / (high - centre)
      return (2 / (high - low)) * Math.max(0, Math.min(rise, fall))
    })
  })
}

/** Input `frames` [T, 400], folded; output `mel` [T, bins]: the decadic logarithm of the mel powers, not below −10. */
export function logMelGraph(bins: number): Uint8Array {
  const nodes: OnnxNode[] = []
  const constants: Record<string, OnnxTensor> = {}
  const apply = (operator: string, inputs: string[], output: string): string => {
    nodes.push({ operator, inputs, outputs: [output] })
    return output
  }
  const matrix = (
    name: string,
    rows: number,
    columns: number,
    at: (row: number, column: number) => number,
  ) => {
    const data = new Float32Array(rows * columns)
    for (let i = 0; i < data.length; i++) data[i] = at(Math.floor(i / columns), i % columns)
    constants[name] = { dims: [rows, columns], data }
    return name
  }
  const angle = (bin: number, n: number) => (2 * Math.PI * bin * n) / FFT
  const filters = melFilters(bins)

  constants.widths = { dims: [4], data: BigInt64Array.from(FOLDED_WIDTHS, BigInt) }
  const parts = ['cosEvenIn', 'cosOddIn', 'sinEvenIn', 'sinOddIn']
  nodes.push({ operator: 'Split', inputs: ['frames', 'widths'], outputs: parts, attributes: { axis: 1 } })
  const kernels = [
    matrix('cosEven', QUARTER + 1, QUARTER + 1, (n, k) => Math.cos(angle(2 * k, n))),
    matrix('cosOdd', QUARTER, QUARTER, (n, k) => Math.cos(angle(2 * k + 1, n))),
    matrix('sinEven', QUARTER - 1, QUARTER + 1, (n, k) => Math.sin(angle(2 * k, n + 1))),
    matrix('sinOdd', QUARTER, QUARTER, (n, k) => Math.sin(angle(2 * k + 1, n + 1))),
  ]
  const squares = kernels.map((kernel, index) => {
    const sum = apply('MatMul', [parts[index]!, kernel], `${kernel}.sum`)
    return apply('Mul', [sum, sum], `${kernel}.square`)
  })
  const evenFilters = matrix('evenFilters', QUARTER + 1, bins, (k, mel) => filters[2 * k]![mel]!)
  const oddFilters = matrix('oddFilters', QUARTER, bins, (k, mel) => filters[2 * k + 1]![mel]!)
  const even = apply('MatMul', [apply('Add', [squares[0]!, squares[2]!], 'evenPower'), evenFilters], 'even')
  const odd = apply('MatMul', [apply('Add', [squares[1]!, squares[3]!], 'oddPower'), oddFilters], 'odd')
  constants.floor = { dims: [1], data: Float32Array.of(1e-10) }
  constants.decades = { dims: [1], data: Float32Array.of(1 / Math.LN10) }
  const floored = apply('Max', [apply('Add', [even, odd], 'power'), 'floor'], 'floored')
  apply('Mul', [apply('Log', [floored], 'logarithm'), 'decades'], 'mel')
  return encodeOnnxModel({
    name: 'log-mel',
    nodes,
    constants,
    inputs: [{ name: 'frames', dims: ['T', FOLDED_WIDTH] }],
    outputs: [{ name: 'mel', dims: ['T', bins] }],
  })
}
