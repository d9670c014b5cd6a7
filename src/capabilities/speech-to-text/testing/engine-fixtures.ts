import { readFileSync } from 'node:fs'
import type { Engine } from '../../../inference/engine'
import type { Manifest } from '../../../inference/manifest'
import { createOrtRuntime } from '../../../inference/ort-runtime'

/** Loads an engine from one graph, without a model store. */
export function loadGraph<Input, Output>(
  engine: Engine<Input, Output>,
  path: string,
  options: Record<string, unknown> = {},
) {
  const manifest = { options, files: [{ path: 'model.onnx', bytes: 1 }] } as unknown as Manifest
  return engine.load({ manifest, path: () => path }, createOrtRuntime({ providers: ['cpu'] }))
}

/** Loads an engine by the manifest in a folder that also holds its files. */
export function loadModelFolder<Input, Output>(engine: Engine<Input, Output>, folder: string) {
  const manifest = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')) as Manifest
  return engine.load(
    { manifest, path: (file) => `${folder}/${file}` },
    createOrtRuntime({ providers: ['cpu'] }),
  )
}

/** Raw 16-bit samples. */
export function readPcm(path: string): Float32Array {
  const pcm = readFileSync(path)
  return Float32Array.from({ length: pcm.length / 2 }, (_, n) => pcm.readInt16LE(2 * n) / 32768)
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, index) => Math.abs(value - b[index]!)))
}
