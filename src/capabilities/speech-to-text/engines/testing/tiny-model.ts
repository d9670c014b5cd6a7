import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ModelFiles } from '../../../../inference/engine'
import type { Manifest } from '../../../../inference/manifest'
import { createOrtRuntime } from '../../../../inference/ort-runtime'
import type { Runtime } from '../../../../inference/runtime'
import type { RecognizerEngine, RecognizerInput } from '../../recognizer'

/* What the tests of the recognisers share: engines loaded from a folder, inputs, references, damage. */

export const speech = readWav('test/fixtures/engines/nemo/speech.wav')

export function loadTiny(
  engine: RecognizerEngine,
  folder: string,
  options: Record<string, unknown>,
  replaced: Record<string, string> = {},
  runtime: Runtime = createOrtRuntime({ providers: ['cpu'] }),
) {
  const manifest = { id: 'tiny', sampleRateHz: 16000, options, files: [{ path: 'tokens.txt', bytes: 1 }] }
  const model: ModelFiles = {
    manifest: manifest as unknown as Manifest,
    path: (file) => replaced[file] ?? join(folder, file),
  }
  return engine.load(model, runtime)
}

export function heard(samples: Float32Array, changes: Partial<RecognizerInput> = {}): RecognizerInput {
  return {
    ...{
      samples,
      language: 'en',
      task: 'transcribe',
      prompt: null,
      keyterms: [],
      temperature: null,
      script: null,
    },
    ...changes,
  }
}

/** 16-bit mono PCM behind a plain 44-byte header. */
export function readWav(path: string): Float32Array {
  const bytes = readFileSync(path)
  return Float32Array.from(
    { length: (bytes.length - 44) / 2 },
    (_, n) => bytes.readInt16LE(44 + 2 * n) / 32768,
  )
}

export function readFloats(path: string): Float32Array {
  return new Float32Array(Uint8Array.from(readFileSync(path)).buffer)
}

/** A copy of a file that ends in the middle. */
export function halfOf(path: string): string {
  const bytes = readFileSync(path)
  return scratchFile(bytes.subarray(0, bytes.length / 2))
}

/** A copy of a graph that says it needs an operator set of the future. */
export function ofNewerOpset(path: string): string {
  const bytes = readFileSync(path)
  // ModelProto's opset_import (field 8) with version (field 2), after the graph.
  const at = bytes.lastIndexOf(Buffer.from([0x42, 0x02, 0x10]))
  if (at < 0) throw new Error(`${path} has no opset`)
  bytes[at + 3] = 99
  return scratchFile(bytes)
}

/** A copy of a token list with a token too many. */
export function longerTokens(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return scratchFile(Buffer.from([...lines, `extra ${lines.length}`].join('\n')))
}

function scratchFile(bytes: Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), 'timbre-tiny-')), 'graph.onnx')
  writeFileSync(path, bytes)
  return path
}
