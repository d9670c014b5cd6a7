import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { testManifest } from '../fixtures/model-folder'
import type { ModelFiles } from '../../src/inference/engine'
import { createOrtRuntime } from '../../src/inference/ort-runtime'
import type { Runtime, Session } from '../../src/inference/runtime'

/* A narrow OpenVoice with random weights, and what its authors' code makes with it: scripts/reference/openvoice/make.py. */

const fixtures = 'test/fixtures/engines/openvoice'
export const rateHz = 22_050
export const hop = 256

const ort = createOrtRuntime({ providers: ['cpu'] })
const sessions = new Map<string, Promise<Session>>()

/** Opens every graph once: that takes longer than to run it. */
export const sharedRuntime: Runtime = {
  async createSession(graph) {
    const key = String(graph)
    const opened = sessions.get(key) ?? ort.createSession(graph)
    sessions.set(key, opened)
    return { ...(await opened), release: () => Promise.resolve() }
  },
}

const unpacked = (name: string) => gunzipSync(readFileSync(`${fixtures}/${name}.gz`))

export interface OpenVoiceReference {
  source: Float32Array
  target: Float32Array
  pieceFrames: number
  tau: number
  /** Magnitudes of the source's first frames, one after the other, and of its last. */
  spectrum: Float32Array
  lastFrame: Float32Array
  sourceTone: Float32Array
  targetTone: Float32Array
  /** [channels, frames]. */
  noise: Float32Array
  /** With that noise, and without any. */
  audio: Float32Array
  calm: Float32Array
}

export function readReference(): OpenVoiceReference {
  const packed = JSON.parse(unpacked('expected.json').toString('utf8')) as Record<string, string | number>
  const bytes = (name: string) => Uint8Array.from(Buffer.from(packed[name] as string, 'base64')).buffer
  const numbers = (name: string) => new Float32Array(bytes(name))
  const sound = (name: string) => Float32Array.from(new Int16Array(bytes(name)), (value) => value / 32768)
  return {
    ...{ source: sound('source'), target: sound('target') },
    ...{ pieceFrames: packed.pieceFrames as number, tau: packed.tau as number },
    ...{ spectrum: numbers('spectrum'), lastFrame: numbers('lastFrame') },
    ...{ sourceTone: numbers('sourceTone'), targetTone: numbers('targetTone') },
    ...{ noise: numbers('noise'), audio: numbers('audio'), calm: numbers('calm') },
  }
}

/** Writes the networks to a folder. `drawing`: the converter that draws its noise itself. */
export function unpackOpenVoice(folder: string, { drawing = false } = {}): void {
  const converter = drawing ? 'tone_clone_drawing.onnx' : 'tone_clone_model.onnx'
  writeFileSync(join(folder, 'tone_clone_model.onnx'), unpacked(converter))
  writeFileSync(join(folder, 'tone_color_extract_model.onnx'), unpacked('tone_color_extract_model.onnx'))
}

export function openVoiceModel(folder: string, options: Record<string, unknown> = {}): ModelFiles {
  return {
    manifest: testManifest({
      ...{ id: 'tiny-openvoice', title: 'Tiny OpenVoice', engine: 'openvoice', capability: 'voice-changer' },
      ...{ sampleRateHz: rateHz, options },
      files: [{ path: 'tone_color_extract_model.onnx' }, { path: 'tone_clone_model.onnx' }],
    }),
    path: (file) => join(folder, file),
  }
}
