import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import type { JobContext, ModelFiles } from '../../../../inference/engine'
import type { Manifest } from '../../../../inference/manifest'
import type { RecognizerInput } from '../../recognizer'

/* The tiny Whisper that scripts/reference/whisper makes, and what openai/whisper computes with its weights. */

const folder = 'test/fixtures/engines/whisper'
const files = [
  'tokenizer.json',
  'tokenizer_config.json',
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'onnx/encoder_model.onnx',
  'onnx/decoder_model_merged.onnx',
]

interface ReferenceDecoding {
  tokens: number[]
  avgLogprob: number
  noSpeechProb: number
  compressionRatio: number
  text: string
}

export interface WhisperReference {
  /** Every tenth frame of [bins, frames]; base64 of float32, as all packed numbers. */
  mel: string
  melHalf: string
  encoder: string
  sequence: number[]
  logits: string
  language: string
  decodings: Record<'timestamps' | 'plain' | 'prompted' | 'half', ReferenceDecoding>
  alignment: { word: string; start: number; end: number; probability: number }[]
  /** [filter, bin, weight] of the weights that are not zero. */
  filters: Record<'80' | '128', [number, number, number][]>
}

function unzipped(name: string): Buffer {
  return gunzipSync(readFileSync(`${folder}/${name.split('/').at(-1)!}.gz`))
}

export function whisperReference(): WhisperReference {
  return JSON.parse(unzipped('expected.json').toString('utf8')) as WhisperReference
}

export function unpacked(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer)
}

/** Unpacks the model into a folder of its own. */
export function unpackTinyWhisper() {
  const directory = mkdtempSync(join(tmpdir(), 'timbre-whisper-'))
  mkdirSync(join(directory, 'onnx'))
  for (const name of files) writeFileSync(join(directory, name), unzipped(name))
  return {
    directory,
    files: (options: Record<string, unknown> = {}): ModelFiles => ({
      manifest: {
        id: 'tiny',
        engine: 'whisper',
        sampleRateHz: 16000,
        options,
        files: files.map((path) => ({ path, bytes: unzipped(path).length })),
      } as unknown as Manifest,
      path: (file) => join(directory, file),
    }),
    remove: () => rmSync(directory, { recursive: true }),
  }
}

/** The signal of the reference: a wandering tone with noise, three seconds. */
export function referenceSignal(length = 48000): Float32Array {
  let state = 7
  return Float32Array.from({ length }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const t = n / 16000
    const tone = Math.sin(2 * Math.PI * 300 * t + 40 * Math.sin(5 * t)) * Math.sin(4 * t) ** 2
    return 0.3 * tone + 0.02 * (state / 2 ** 31 - 1)
  })
}

export function recognizerInput(changes: Partial<RecognizerInput> = {}): RecognizerInput {
  return {
    samples: referenceSignal(),
    language: 'en',
    task: 'transcribe',
    prompt: null,
    keyterms: [],
    temperature: 0,
    script: null,
    ...changes,
  }
}

export function quietJob(changes: Partial<JobContext> = {}): JobContext {
  const silent = () => undefined
  return {
    signal: new AbortController().signal,
    seed: 0,
    log: { debug: silent, info: silent, warn: silent },
    progress: silent,
    ...changes,
  }
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers against ${b.length}`)
  let largest = 0
  for (let n = 0; n < a.length; n++) largest = Math.max(largest, Math.abs(a[n]! - b[n]!))
  return largest
}
