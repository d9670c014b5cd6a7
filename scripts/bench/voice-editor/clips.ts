import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Transcript } from '../../../src/transcript/transcript'

export interface Occurrence {
  word: string
  start: number
  end: number
}

export interface Clip {
  file: string
  path: string
  seconds: number
  words: Occurrence[]
}

const folder = 'test/fixtures/speech'

/** Synthetic speech whose words' times are known. */
export async function readClips(): Promise<Clip[]> {
  const { clips } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    clips: Omit<Clip, 'path'>[]
  }
  return clips.map(({ file, seconds, words }) => ({ file, path: join(folder, file), seconds, words }))
}

/** What was really said, as a transcript. */
export function truthOf({ seconds, words }: Clip): Transcript {
  const text = words.map(({ word }) => word).join(' ')
  return {
    ...{ language: 'en', duration: seconds, text, speakers: [], model: { id: 'truth', version: '1' } },
    segments: [
      {
        ...{ start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0, text, speaker: null, decoding: null },
        words: words.map(({ word, start, end }) => ({ text: word, start, end, confidence: 1 })),
      },
    ],
  }
}
