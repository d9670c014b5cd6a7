import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'

import { unpackFiles } from './tar'

/** Everything that the sound of a segment depends on. Its place and length do not count: speech is fitted to them afterwards. */
export interface SpeechKey {
  text: string
  language: string
  /** Voice that speaks, or the digest of the sample that it is turned into. */
  voice: string
  /** Ids and versions of those that may have a part in it: another default, or a newer one, speaks anew. */
  models: string
  seed: number
  /** Whether the text is SSML. */
  ssml: boolean
}

/** Speech that was made, by what it was made from: what is there already is not spoken again. */
export interface SpeechStore {
  folder: string
  /** Whether it was made before this dub. */
  isEarlier(key: SpeechKey): boolean
  /** Names of the files that this dub has put in. */
  added(): Promise<string[]>
  /** Path of the FLAC of a piece of speech; whether it is there, `has` says. */
  path(key: SpeechKey): string
  has(key: SpeechKey): boolean
  /** Moves a file into the store. */
  put(key: SpeechKey, file: string): Promise<void>
}

/** @param earlier Archive of an earlier dub's speech (`speech.tar`); only what is still wanted is taken from it. */
export async function openSpeechStore(
  folder: string,
  earlier: string | undefined,
  wanted: readonly SpeechKey[],
): Promise<SpeechStore> {
  await mkdir(folder, { recursive: true })
  const names = new Set(wanted.map(nameOf))
  if (earlier !== undefined) await unpackFiles(earlier, folder, (name) => names.has(name))
  const before = new Set(await readdir(folder))
  const path = (key: SpeechKey) => join(folder, nameOf(key))
  return {
    folder,
    isEarlier: (key) => before.has(nameOf(key)),
    added: async () => (await readdir(folder)).filter((name) => !before.has(name)),
    path,
    has: (key) => existsSync(path(key)),
    put: (key, file) => rename(file, path(key)),
  }
}

function nameOf({ text, language, voice, models, seed, ssml }: SpeechKey): string {
  const digest = createHash('sha256').update(JSON.stringify([text, language, voice, models, seed, ssml]))
  return `${digest.digest('hex').slice(0, 32)}.flac`
}
