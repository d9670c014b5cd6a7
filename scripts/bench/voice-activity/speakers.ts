import { join } from 'node:path'
import type { LoadedModel } from '../../../src/inference/engine'
import type {
  SpeakerEmbeddingInput,
  SpeakerEmbeddingOutput,
} from '../../../src/capabilities/speech-to-text/speaker-embedding'
import { quietJob } from '../../../src/capabilities/speech-to-text/testing/quiet-job'
import { RATE_HZ, read, readManifest } from './clips'
import { speechFrames } from './labels'

export type Embedder = LoadedModel<SpeakerEmbeddingInput, SpeakerEmbeddingOutput>

export interface SpeakerRow {
  testSet: string
  model: string
  seconds: number
  pairs: number
  /** Where as many pairs of one speaker are refused as pairs of two are accepted. */
  equalErrorRate: number
  /** The cosine of that point. */
  threshold: number
}

/** Pairs of windows of speech from unlike recordings: of one speaker or of two. */
export async function measureSpeakers(
  evalDir: string,
  embedders: Record<string, Embedder>,
): Promise<SpeakerRow[]> {
  const rows: SpeakerRow[] = []
  for (const testSet of ['librispeech_test_other', 'vctk_autovc']) {
    for (const seconds of [1.5, 4]) {
      const windows = await speechWindows(join(evalDir, testSet), seconds)
      for (const [name, model] of Object.entries(embedders)) {
        const embeddings: Float32Array[] = []
        for (const { samples } of windows) {
          embeddings.push((await model.run({ samples }, quietJob())).embedding)
        }
        const pairs = windows.flatMap((one, a) =>
          windows
            .slice(0, a)
            .flatMap((other, b) =>
              one.file === other.file
                ? []
                : [{ cosine: dot(embeddings[a]!, embeddings[b]!), same: one.speaker === other.speaker }],
            ),
        )
        rows.push({ testSet, model: name, seconds, pairs: pairs.length, ...equalErrorRate(pairs) })
      }
    }
  }
  return rows
}

/** The first stretches of speech of every recording, pauses left out. */
async function speechWindows(folder: string, seconds: number) {
  const windows: { file: string; speaker: string | null; samples: Float32Array }[] = []
  for (const { file, speaker } of readManifest(folder)) {
    const all = await read(folder, file)
    const flags = speechFrames(all)
    const speech = all.filter((_, n) => flags[Math.floor(n / 256)] === true)
    const length = seconds * RATE_HZ
    for (let at = 0; at + length <= speech.length && at < 3 * length; at += length) {
      windows.push({ file, speaker, samples: speech.slice(at, at + length) })
    }
  }
  return windows
}

function equalErrorRate(pairs: { cosine: number; same: boolean }[]) {
  const sorted = [...pairs].sort((a, b) => b.cosine - a.cosine)
  const same = pairs.filter((pair) => pair.same).length
  let accepted = 0
  for (const [index, pair] of sorted.entries()) {
    if (pair.same) accepted++
    const wrong = (index + 1 - accepted) / (pairs.length - same)
    const missed = 1 - accepted / same
    if (wrong >= missed) return { equalErrorRate: (wrong + missed) / 2, threshold: pair.cosine }
  }
  return { equalErrorRate: 1, threshold: -1 }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!
  return sum
}
