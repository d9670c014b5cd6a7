import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { Clip } from './clips'
import { keytermSentences } from './keyterm-sentences'
import { recognise, type RecognisedClip } from './recognise'
import { comparableWords, wordErrors } from './word-errors'

interface Spoken {
  clip: Clip
  /** The term that is said in it; null in a sentence without one. */
  term: string | null
}

/**
 * What keyterms do: of the terms that are said, how many are heard; how often one is heard that nobody said; and the errors
 * in all other words. Every clip is told all terms of the set. The sentences are read by espeak-ng and flite.
 */
export async function measureKeyterms(model: string, set: 'tuning' | 'test'): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  try {
    const spoken = await readAloud(folder, set)
    const terms = keytermSentences[set].holding.map(([term]) => term)
    const clips = spoken.map(({ clip }) => clip)
    const rows: Record<string, ReturnType<typeof judge>> = {}
    for (const [name, keyterms] of [
      ['without keyterms', []],
      [`${terms.length} keyterms`, terms],
    ] as const) {
      const heard = await recognise({ model, clips, align: false, keyterms })
      rows[name] = judge(spoken, heard.clips, terms)
    }
    console.log(`${model}, ${set}: ${terms.length} terms, ${clips.length} clips`)
    console.table(rows)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function readAloud(folder: string, set: 'tuning' | 'test'): Promise<Spoken[]> {
  const { holding, without, voices } = keytermSentences[set]
  const sentences = [...holding, ...without.map((sentence) => [null, sentence] as const)]
  const spoken: Spoken[] = []
  for (const [term, text] of sentences) {
    for (const voice of voices) {
      const path = join(folder, `${spoken.length}.wav`)
      await speak(voice, text, path)
      spoken.push({ term, clip: { path, text, seconds: 0, language: 'en', words: null } })
    }
  }
  return spoken
}

async function speak(voice: string, text: string, path: string): Promise<void> {
  const [program = '', name = ''] = voice.split(':')
  const [command, args] =
    program === 'flite'
      ? ['flite', ['-voice', name, '-t', text, '-o', path]]
      : ['espeak-ng', ['-v', name, '-w', path, text]]
  await promisify(execFile)(command, args).catch((cause: unknown) => {
    throw new Error(
      `The sentences are read by ${program}, which is missing here: apt-get install espeak-ng flite`,
      {
        cause,
      },
    )
  })
}

function judge(spoken: readonly Spoken[], heard: readonly RecognisedClip[], terms: readonly string[]) {
  const isTerm = new Set(terms.flatMap(comparableWords))
  const count = { said: 0, found: 0, false: 0, words: 0, errors: 0, plainWords: 0, plainErrors: 0 }
  for (const [index, { clip, term }] of spoken.entries()) {
    const truth = comparableWords(clip.text)
    const words = comparableWords(heard[index]!.text)
    const found = term !== null && words.includes(term.toLowerCase())
    const hits = words.filter((word) => isTerm.has(word)).length
    count.said += term === null ? 0 : 1
    count.found += found ? 1 : 0
    count.false += hits - (found ? 1 : 0)
    const errors = wordErrors(
      truth.filter((word) => !isTerm.has(word)),
      words.filter((word) => !isTerm.has(word)),
    )
    const others = truth.filter((word) => !isTerm.has(word)).length
    if (term === null) {
      count.plainWords += others
      count.plainErrors += wordErrors(truth, words)
    } else {
      count.words += others
      count.errors += errors
    }
  }
  const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`
  return {
    'terms heard': `${count.found} of ${count.said} (${percent(count.found, count.said)})`,
    'heard, not said': count.false,
    'errors beside terms': percent(count.errors, count.words),
    'errors in clips without': percent(count.plainErrors, count.plainWords),
  }
}
