import type { OnnxNode, OnnxTensor } from '../../../inference/onnx-graph'

export type Part = 'real' | 'imaginary'

/** Hann's window, periodic, with the scale of an orthonormal transform. */
function windowAt(n: number, size: number): number {
  return (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size)) / Math.sqrt(size)
}

/**
 * The number that the slow transform has for a bin and a place in the frame. Backwards, bins between the first and the last
 * stand for a negative frequency too, and count twice.
 */
export function fourierBasis(size: number, part: Part, inverse: boolean): (bin: number, n: number) => number {
  const table = Float64Array.from({ length: size }, (_, n) => {
    const angle = (2 * Math.PI * n) / size
    return part === 'real' ? Math.cos(angle) : -Math.sin(angle)
  })
  const window = Float64Array.from({ length: size }, (_, n) => windowAt(n, size))
  return (bin, n) => {
    const times = inverse && bin > 0 && bin < size / 2 ? 2 : 1
    return times * window[n]! * table[(bin * n) % size]!
  }
}

interface Options {
  /** Begins the names of all that is made. */
  name: string
  /** Frames of the window, a power of two. */
  size: number
  hop: number
}

/**
 * A Fourier transform of overlapping frames as ONNX nodes, in two steps (Cooley & Tukey, "An Algorithm for the Machine
 * Calculation of Complex Fourier Series", 1965): with N = p·q, n = q·c + d and k = p·a + b, the product k·n/N is, but for a
 * whole number, a·d/q + b·(q·c + d)/N, so that one step sums over c for every d, the other over d for every b. Both are
 * products with constant matrices, that of the first holding window, scale and twiddle factors as well. For N = 4096 it
 * takes a sixteenth of the multiplications.
 */
export function createFourier({ name, size, hop }: Options) {
  const q = 2 ** Math.ceil(Math.log2(size) / 2)
  const p = size / q
  const rows = hop / q
  const hops = size / hop
  const bins = size / 2 + 1
  const bands = q / 2 + 1
  const nodes: OnnxNode[] = []
  const constants: Record<string, OnnxTensor> = {}
  const constant = (label: string, dims: number[], data: Float32Array | BigInt64Array) => {
    constants[`${name}_${label}`] = { dims, data }
    return `${name}_${label}`
  }
  const list = (label: string, ...values: number[]) =>
    constant(label, [values.length], BigInt64Array.from(values, BigInt))
  const apply = (
    operator: string,
    label: string,
    inputs: string[],
    attributes: OnnxNode['attributes'] = {},
    output = `${name}_${label}`,
  ) => {
    nodes.push({ operator, inputs, outputs: [output], attributes })
    return output
  }
  const reshape = (input: string, label: string, dims: number[], output?: string) =>
    apply('Reshape', label, [input, list(`${label}_dims`, ...dims)], {}, output)
  const table = (count: number, at: (index: number) => number) =>
    Float32Array.from({ length: count }, (_, index) => at(index))
  const times = Array.from({ length: hops }, (_, index) => index)

  return {
    /** @param input [B,1,L] with L a multiple of the hop; real and imaginary part are [B,bins,frames]. */
    forward(input: string, outputs: Record<Part, string>) {
      const blocks = reshape(input, 'blocks', [0, -1, rows, q])
      const columns = apply('Transpose', 'columns', [blocks], { perm: [0, 3, 2, 1] })
      const frames = apply(
        'Concat',
        'frames',
        times.map((time) =>
          slice(columns, `from_${time}`, 3, time, time + 1 < hops ? time + 1 - hops : 2 ** 40),
        ),
        { axis: 2 },
      )
      const first = table(q * 2 * p * p, (index) => {
        const [c, row] = [index % p, Math.floor(index / p)]
        const [b, part, d] = [row % p, Math.floor(row / p) % 2, Math.floor(row / (2 * p))]
        const n = q * c + d
        const angle = (2 * Math.PI * b * n) / size
        return windowAt(n, size) * (part === 0 ? Math.cos(angle) : -Math.sin(angle))
      })
      const summed = apply('MatMul', 'first', [constant('first_matrix', [q, 2 * p, p], first), frames])
      const halfway = reshape(summed, 'halfway', [0, 2 * q, -1])
      for (const part of ['real', 'imaginary'] as const) {
        const second = table(bands * 2 * q, (index) => {
          const [column, a] = [index % (2 * q), Math.floor(index / (2 * q))]
          const angle = (2 * Math.PI * a * Math.floor(column / 2)) / q
          const same = (column % 2 === 0) === (part === 'real')
          if (same) return Math.cos(angle)
          return part === 'real' ? Math.sin(angle) : -Math.sin(angle)
        })
        const matrix = constant(`${part}_matrix`, [bands, 2 * q], second)
        const spectrum = apply('MatMul', part, [matrix, halfway])
        const all = reshape(spectrum, `${part}_bins`, [0, bands * p, -1])
        slice(all, `${part}_given`, 1, 0, bins, outputs[part])
      }
      return { nodes, constants }
    },

    /** @param inputs [B,bins,frames] each; the output is [B,1,(frames − 1)·hop + size]. */
    inverse(inputs: Record<Part, string>, output: string) {
      const twice = table(bins, (bin) => (bin === 0 || bin === bins - 1 ? 1 : 2))
      const weight = constant('twice', [bins, 1], twice)
      const room = list('room', 0, 0, 0, 0, bands * p - bins, 0)
      const parts = (['real', 'imaginary'] as const).map((part) => {
        const weighted = apply('Mul', `${part}_weighted`, [inputs[part], weight])
        return apply('Pad', `${part}_filled`, [weighted, room])
      })
      const both = apply('Concat', 'both', parts, { axis: 1 })
      const first = table(2 * q * 2 * bands, (index) => {
        const [column, row] = [index % (2 * bands), Math.floor(index / (2 * bands))]
        const angle = (2 * Math.PI * (column % bands) * Math.floor(row / 2)) / q
        const [from, to] = [Math.floor(column / bands), row % 2]
        if (from === to) return Math.cos(angle)
        return to === 0 ? -Math.sin(angle) : Math.sin(angle)
      })
      const matrix = constant('first_matrix', [2 * q, 2 * bands], first)
      const summed = apply('MatMul', 'first', [matrix, reshape(both, 'bands', [0, 2 * bands, -1])])
      const halfway = reshape(summed, 'halfway', [0, q, 2 * p, -1])
      const shifted = times.map((time) => {
        const second = table(q * rows * 2 * p, (index) => {
          const [column, row] = [index % (2 * p), Math.floor(index / (2 * p))]
          const n = q * (time * rows + (row % rows)) + Math.floor(row / rows)
          const angle = (2 * Math.PI * (column % p) * n) / size
          return windowAt(n, size) * (column < p ? Math.cos(angle) : -Math.sin(angle))
        })
        const sound = apply('MatMul', `second_${time}`, [
          constant(`second_matrix_${time}`, [q, rows, 2 * p], second),
          halfway,
        ])
        const pads = list(`pads_${time}`, 0, 0, 0, time, 0, 0, 0, hops - 1 - time)
        return apply('Pad', `shifted_${time}`, [sound, pads])
      })
      const columns = apply('Sum', 'columns', shifted)
      const blocks = apply('Transpose', 'blocks', [columns], { perm: [0, 3, 2, 1] })
      reshape(blocks, 'sound', [0, 1, -1], output)
      return { nodes, constants }
    },
  }

  function slice(input: string, label: string, axis: number, from: number, to: number, output?: string) {
    const bounds = [list(`${label}_start`, from), list(`${label}_end`, to), list(`${label}_axis`, axis)]
    return apply('Slice', label, [input, ...bounds], {}, output)
  }
}
