import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { testManifest } from '../fixtures/model-folder'
import type { JobContext, ModelFiles } from '../../src/inference/engine'

/** A fixture of test/fixtures/engines, unpacked into a folder of its own with its graphs below `onnx/`. */
export interface TinyModel {
  files(options?: Record<string, unknown>): ModelFiles
  /** A file of the fixture as JSON. */
  read(name: string): unknown
  remove(): void
}

export function unpackTinyModel(engine: string): TinyModel {
  const source = `test/fixtures/engines/${engine}`
  const folder = mkdtempSync(join(tmpdir(), `timbre-${engine}-`))
  const unzipped = (name: string) => gunzipSync(readFileSync(join(source, `${name}.gz`)))
  for (const name of readdirSync(source).map((file) => file.replace(/\.gz$/, ''))) {
    const path = join(folder, name.endsWith('.onnx') ? `onnx/${name}` : name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, unzipped(name))
  }
  return {
    files: (options = {}) => ({
      manifest: testManifest({
        ...{ id: `tiny-${engine}`, title: 'Tiny', capability: 'background-music', engine, options },
      }),
      path: (file) => join(folder, file),
    }),
    read: (name) => JSON.parse(unzipped(name).toString('utf8')) as unknown,
    remove: () => rmSync(folder, { recursive: true }),
  }
}

export function unpackFloats(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer)
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity
  let worst = 0
  for (let index = 0; index < a.length; index++) worst = Math.max(worst, Math.abs(a[index]! - b[index]!))
  return worst
}

export function testJob(changes: Partial<JobContext> = {}): JobContext {
  return {
    ...{ signal: new AbortController().signal, seed: 0, progress: () => undefined },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    ...changes,
  }
}
