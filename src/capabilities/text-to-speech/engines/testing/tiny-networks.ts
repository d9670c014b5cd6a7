import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

import { createOrtRuntime } from '../../../../inference/ort-runtime'

/* The tiny networks that scripts/reference makes, and what the reference implementations compute with their weights. */

export const tacotronFolder = 'test/fixtures/engines/tacotron2'
export const waveglowFolder = 'test/fixtures/engines/waveglow'

export interface TacotronReference {
  tokens: number[]
  /** [bands][frames], before and after the post-net. */
  mel: number[][]
  postnet: number[][]
  gates: number[]
  /** [frames][symbols]. */
  alignment: number[][]
}

export interface WaveglowReference {
  sigma: number
  strength: number
  frames: number
  bands: number
  mel: number[]
  /** [8, columns]. */
  z: number[]
  audio: number[]
  bias: number[]
  denoised: number[]
}

export function readReference(folder: string): unknown {
  return JSON.parse(gunzipSync(readFileSync(`${folder}/expected.json.gz`)).toString('utf8'))
}

export const testRuntime = createOrtRuntime({ providers: ['cpu'] })

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers against ${b.length}`)
  let largest = 0
  for (let n = 0; n < a.length; n++) largest = Math.max(largest, Math.abs(a[n]! - b[n]!))
  return largest
}
