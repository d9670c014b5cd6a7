import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Clip {
  path: string
  text: string
  seconds: number
  /** BCP 47 primary tag. */
  language: string
  /** When every word is said, where that is known. */
  words: { word: string; start: number; end: number }[] | null
}

export interface ClipSet {
  name: string
  clips: Clip[]
}

/** Recordings with transcripts in `eval`, and the synthetic ones of the tests, whose word times are known. */
export async function readClipSets(evalFolder: string, limit: number): Promise<ClipSet[]> {
  const sets = [await synthetic()]
  for (const name of ['librispeech_test_other', 'vctk_autovc', 'picovoice_multilingual']) {
    const folder = join(evalFolder, name)
    if (existsSync(folder)) sets.push({ name, clips: await listed(folder) })
  }
  return sets.map(({ name, clips }) => ({ name, clips: clips.slice(0, limit) }))
}

interface ListedClip {
  file: string
  text: string | null
  seconds: number
  lang?: string
}

async function listed(folder: string): Promise<Clip[]> {
  const lines = (await readFile(join(folder, 'manifest.jsonl'), 'utf8')).trim().split('\n')
  return lines
    .map((line) => JSON.parse(line) as ListedClip)
    .flatMap(({ file, text, seconds, lang = 'en' }) =>
      text === null
        ? []
        : [{ path: join(folder, file), text, seconds, language: lang.slice(0, 2), words: null }],
    )
}

async function synthetic(): Promise<ClipSet> {
  const folder = 'test/fixtures/speech'
  const { clips } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    clips: { file: string; text: string; seconds: number; words: NonNullable<Clip['words']> }[]
  }
  return {
    name: 'synthetic',
    clips: clips
      .filter(({ text }) => text.length > 0)
      .map(({ file, text, seconds, words }) => ({
        path: join(folder, file),
        text,
        seconds,
        language: 'en',
        words,
      })),
  }
}
