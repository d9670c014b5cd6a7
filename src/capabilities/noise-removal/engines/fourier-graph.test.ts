import { describe, expect, it } from 'vitest'

import { floats } from '../../../inference/float-tensor'
import {
  encodeOnnxModel,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from '../../../inference/onnx-graph'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { withFastFourier } from './fourier-graph'
import { fourierBasis } from './fourier-nodes'
import { noise } from './testing/engine-bench'

const frames = 7
const channels = 3

interface Shape {
  size: number
  hop: number
}

/** Spectrum of a sound and back, as exports of networks have it. */
function slowGraph({ size, hop }: Shape, changes: Partial<OnnxGraph> = {}): OnnxGraph {
  const bins = size / 2 + 1
  const basis = (part: 'real' | 'imaginary', inverse: boolean): OnnxTensor => {
    const at = fourierBasis(size, part, inverse)
    const data = Float32Array.from({ length: bins * size }, (_, n) => at(Math.floor(n / size), n % size))
    return { dims: [bins, 1, size], data }
  }
  const convolution = (operator: string, input: string, weight: string, output: string): OnnxNode => ({
    ...{ operator, inputs: [input, weight], outputs: [output] },
    attributes: { strides: [hop], pads: [0, 0], dilations: [1], group: 1, kernel_shape: [size] },
  })
  return {
    name: 'spectra',
    nodes: [
      convolution('Conv', 'sound', 'sine', 'imaginary'),
      convolution('Conv', 'sound', 'cosine', 'real'),
      convolution('ConvTranspose', 'real', 'cosine_back', 'real_back'),
      convolution('ConvTranspose', 'imaginary', 'sine_back', 'imaginary_back'),
      { operator: 'Add', inputs: ['imaginary_back', 'real_back'], outputs: ['back'] },
    ],
    constants: {
      cosine: basis('real', false),
      sine: basis('imaginary', false),
      cosine_back: basis('real', true),
      sine_back: basis('imaginary', true),
    },
    inputs: [{ name: 'sound', dims: [channels, 1, (frames - 1) * hop + size] }],
    outputs: [
      { name: 'real', dims: [channels, bins, frames] },
      { name: 'imaginary', dims: [channels, bins, frames] },
      { name: 'back', dims: [channels, 1, (frames - 1) * hop + size] },
    ],
    ...changes,
  }
}

async function run(model: Uint8Array, { size, hop }: Shape): Promise<Record<string, Float32Array>> {
  const session = await createOrtRuntime({ providers: ['cpu'] }).createSession(model)
  const length = (frames - 1) * hop + size
  const outputs = await session.run({
    sound: { data: noise(channels * length, 0.3, 4), dims: [channels, 1, length] },
  })
  await session.release()
  return Object.fromEntries(Object.keys(outputs).map((name) => [name, floats(outputs, name).data]))
}

function expectSame(a: Record<string, Float32Array>, b: Record<string, Float32Array>): void {
  expect(Object.keys(a)).toEqual(Object.keys(b))
  for (const [name, samples] of Object.entries(a)) {
    expect(samples).toHaveLength(b[name]!.length)
    const difference = samples.reduce((most, value, n) => Math.max(most, Math.abs(value - b[name]![n]!)), 0)
    expect(difference).toBeLessThan(2e-6)
    expect(samples.some((value) => Math.abs(value) > 0.1)).toBe(true)
  }
}

describe('fast Fourier transforms in place of convolutions', () => {
  it.each([
    { size: 64, hop: 16 },
    { size: 128, hop: 32 },
    { size: 512, hop: 128 },
    { size: 256, hop: 256 },
  ])('gives the same numbers at %o, from a smaller file', async (shape) => {
    const slow = encodeOnnxModel(slowGraph(shape))
    const fast = withFastFourier(slow)
    expect(fast!.length).toBeLessThan(slow.length)
    expectSame(await run(fast!, shape), await run(slow, shape))
  })

  it('leaves constants that something else needs', async () => {
    const shape = { size: 64, hop: 16 }
    const graph = slowGraph(shape)
    const nodes = [...graph.nodes, { operator: 'Identity', inputs: ['sine'], outputs: ['copy'] }]
    const outputs = [...graph.outputs, { name: 'copy', dims: [33, 1, 64] }]
    const slow = encodeOnnxModel({ ...graph, nodes, outputs })
    expectSame(await run(withFastFourier(slow)!, shape), await run(slow, shape))
  })

  it('knows weights that are cast before use', async () => {
    const shape = { size: 64, hop: 16 }
    const { nodes, constants, ...graph } = slowGraph(shape)
    const names = Object.keys(constants)
    const slow = encodeOnnxModel({
      ...graph,
      nodes: [
        ...names.map((name) => ({
          ...{ operator: 'Cast', inputs: [`${name}_kept`], outputs: [name], attributes: { to: 1 } },
        })),
        ...nodes,
      ],
      constants: Object.fromEntries(names.map((name) => [`${name}_kept`, constants[name]!])),
    })
    const fast = withFastFourier(slow)!
    expect(Buffer.from(fast).includes('_kept')).toBe(false)
    expectSame(await run(fast, shape), await run(slow, shape))
  })

  it('replaces a transform alone where its counterpart is another', async () => {
    const shape = { size: 64, hop: 16 }
    const graph = slowGraph(shape)
    const { cosine_back, ...constants } = graph.constants
    const louder = cosine_back!.data as Float32Array
    const slow = encodeOnnxModel({
      ...graph,
      constants: {
        ...constants,
        cosine_back: { dims: [33, 1, 64], data: louder.map((value) => 1.5 * value) },
      },
    })
    const fast = withFastFourier(slow)!
    expect(Buffer.from(fast).includes('cosine_back')).toBe(true)
    expectSame(await run(fast, shape), await run(slow, shape))
  })

  it.each<[string, (graph: OnnxGraph) => Partial<OnnxGraph>]>([
    ['no convolutions', () => ({ nodes: [{ operator: 'Relu', inputs: ['sound'], outputs: ['back'] }] })],
    [
      'other weights',
      ({ constants }) => ({
        constants: Object.fromEntries(
          Object.entries(constants).map(([name, { dims, data }]) => [
            name,
            { dims, data: (data as Float32Array).map((value, n) => (n === 700 ? 0.3 : value)) },
          ]),
        ),
      }),
    ],
    [
      'padding',
      ({ nodes }) => ({
        nodes: nodes.map((node) => ({ ...node, attributes: { ...node.attributes, pads: [1, 1] } })),
      }),
    ],
  ])('lets a graph with %s be', (_, change) => {
    const graph = slowGraph({ size: 64, hop: 16 })
    expect(withFastFourier(encodeOnnxModel({ ...graph, ...change(graph) }))).toBeUndefined()
  })

  it('says that a file is none', () => {
    const model = encodeOnnxModel(slowGraph({ size: 64, hop: 16 }))
    expect(() => withFastFourier(model.subarray(0, 5000))).toThrow(/not an ONNX graph/)
    expect(withFastFourier(new Uint8Array())).toBeUndefined()
  })
})
