import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { targetAccents } from '../../../src/capabilities/accent-changer'
import { accentRules } from '../../../src/capabilities/accent-changer/plan'
import { speakerEmbeddingEngine } from '../../../src/capabilities/speech-to-text/engines/speaker-embedding'
import { quietJob } from '../../../src/capabilities/speech-to-text/testing/quiet-job'
import { readAudio } from '../noise-removal/audio'
import { comparableWords, wordErrors } from '../speech-to-text/word-errors'
import { openModel } from '../voice-activity/models'
import { listenWithPocketsphinx } from '../voice-editor/pocketsphinx'
import { openProduct, type Product } from '../voice-editor/product'
import { FORMANT_RATE_HZ, formantsOf } from './formants'

const USAGE = `npm run bench -- accent-changer [--eval <folder>] [--weights <folder>] [--model <id>] [--clips <n>] [--json <file>]
What is said is given, so that words are found by alignment. Strength is 1. What became of vowels is told of models that move
them in place. “voice kept” is the cosine of the speaker embeddings before and after. Words heard need pocketsphinx_continuous.`

interface Sentence {
  file: string
  text: string
  speaker: string
  seconds: number
}
interface Change {
  start: number
  end: number
  /** Of a vowel that was moved in place; words that were said anew have none. */
  rule?: string
}
type Accent = (typeof targetAccents)[number]

const RATE_HZ = 16_000

/** How much of the words is changed, how far their vowels go, and that nothing else does. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      eval: { type: 'string', default: '../shared/audio/eval' },
      weights: { type: 'string', default: '../shared/weights' },
      model: { type: 'string', default: 'accent_changer1' },
      clips: { type: 'string', default: '5' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  const product = await openProduct()
  const heardBefore = new Map<string, Promise<number | null>>()
  const errorsIn: ErrorsIn = (file, text) => {
    const known = heardBefore.get(file)
    if (known) return known
    const heard = listenWithPocketsphinx(file, values.weights, product.ffmpeg)
      .then((transcript) => wordErrors(comparableWords(text), comparableWords(transcript.text)))
      .catch(() => null)
    heardBefore.set(file, heard)
    return heard
  }
  try {
    const likeness = await openLikeness(values.weights)
    const clips = clipsOf(values.eval, Number(values.clips))
    const rows = []
    for (const accent of targetAccents) {
      const found: Measured[] = []
      for (const clip of clips) {
        found.push(await measure(clip, accent, values.model, { errorsIn, likeness }, product))
      }
      rows.push(summary(accent, found))
    }
    console.table(rows)
    if (values.json) await writeFile(values.json, JSON.stringify(rows, null, 1))
  } finally {
    await product.close()
  }
}

/** How alike the voices of two recordings are: the cosine of their embeddings. */
type Likeness = (one: Float32Array, other: Float32Array) => Promise<number>

async function openLikeness(weights: string): Promise<Likeness> {
  const embedder = await openModel('speaker-embedding', 'timbre-speaker', [speakerEmbeddingEngine], weights)
  if (typeof embedder === 'string') throw new Error(embedder)
  const embed = async (samples: Float32Array) =>
    (await embedder.run({ samples: samples.slice(0, 10 * RATE_HZ) }, quietJob())).embedding
  return async (one, other) => {
    const [a, b] = [await embed(one), await embed(other)]
    return a.reduce((sum, value, at) => sum + value * b[at]!, 0)
  }
}

interface Clip {
  path: string
  text: string
}

/** Word errors in what a recogniser hears; null without one. */
type ErrorsIn = (file: string, text: string) => Promise<number | null>

/** One sentence of each of as many people as there are. */
function clipsOf(evalDir: string, count: number): Clip[] {
  const sets = ['librispeech_test_other', 'vctk_autovc'].map((name) => {
    const folder = join(evalDir, name)
    if (!existsSync(folder)) throw new Error(`${folder} is not there`)
    const sentences = readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Sentence)
      .filter(({ seconds }) => seconds > 4 && seconds < 12)
    const speakers = [...new Set(sentences.map(({ speaker }) => speaker))]
    return speakers
      .map((name) => sentences.find(({ speaker }) => speaker === name)!)
      .map(({ file, text }) => ({
        path: join(folder, file),
        text,
      }))
  })
  const [first = [], second = []] = sets
  return first.flatMap((clip, n) => [clip, ...second.slice(n, n + 1)]).slice(0, count)
}

/** What only a model that leaves the recording as it is but for some vowels can be asked. */
interface InPlace {
  changedElsewhere: number
  shareChanged: number
  /** Part of the way that F1 and F2 went, of every vowel whose formants could be told: 0 none, 1 all. */
  moved: number[]
}

interface Measured {
  words: number
  changedWords: number
  framesOff: number
  /** Phrases that did not fit their place, and whatever else the model warned of. */
  warnings: number
  /** Null where everything was said anew. */
  inPlace: InPlace | null
  errors: [before: number | null, after: number | null, of: number]
  voiceKept: number
}

async function measure(
  { path, text }: Clip,
  accent: Accent,
  model: string,
  { errorsIn, likeness }: { errorsIn: ErrorsIn; likeness: Likeness },
  { run: execute }: Product,
): Promise<Measured> {
  const { output, details, artifacts } = await execute('accent-changer', path, model, {
    ...{ target_accent: accent, strength: 1, transcript: text },
  })
  const listed = artifacts.find(({ name }) => name === 'changes.json')!
  const changes = JSON.parse(await readFile(listed.path, 'utf8')) as Change[]
  const { word_count: words, changed_word_count: changedWords } = details as Record<string, number>
  const { warnings } = details as { warnings: unknown[] }
  const [before, after] = [await readAudio(path, RATE_HZ), await readAudio(output.path, RATE_HZ)]
  const saidAnew = changes.every(({ rule }) => rule === undefined)
  return {
    ...{ words: words!, changedWords: changedWords!, framesOff: after.length - before.length },
    warnings: warnings.length,
    inPlace: saidAnew ? null : await measureInPlace([path, output.path], [before, after], changes, accent),
    errors: [await errorsIn(path, text), await errorsIn(output.path, text), comparableWords(text).length],
    voiceKept: await likeness(before, after),
  }
}

async function measureInPlace(
  paths: readonly string[],
  [before, after]: readonly [Float32Array, Float32Array],
  changes: readonly Change[],
  accent: Accent,
): Promise<InPlace> {
  const inside = new Uint8Array(before.length)
  for (const { start, end } of changes) inside.fill(1, Math.floor(start * RATE_HZ), Math.ceil(end * RATE_HZ))
  const differs = before.map((x, n) => (x === after[n] ? 0 : 1))
  const [low, high] = await Promise.all(paths.map((path) => readAudio(path, FORMANT_RATE_HZ)))
  return {
    changedElsewhere: differs.reduce((sum, x, n) => sum + (inside[n] ? 0 : x), 0),
    shareChanged: differs.reduce((sum, x) => sum + x, 0) / before.length,
    moved: changes.flatMap((change) => movement(change, accent, low!, high!) ?? []),
  }
}

/** The way that was gone, in logarithms of frequency, projected onto the way that the rule asks for. */
function movement({ start, end, rule }: Change, accent: Accent, before: Float32Array, after: Float32Array) {
  const shift = accentRules[accent].find(({ id }) => id === rule)?.shift
  const middle = ((start + end) / 2) * FORMANT_RATE_HZ
  const half = 0.0125 * FORMANT_RATE_HZ
  const [was, is] = [before, after].map((samples) => formantsOf(samples.slice(middle - half, middle + half)))
  if (!shift || !was || !is) return null
  const asked = [Math.log(shift.f1), Math.log(shift.f2)]
  const length = asked.reduce((sum, x) => sum + x * x, 0)
  // Rules that move the third formant alone say nothing here.
  if (length < 0.1 ** 2) return null
  return asked.reduce((sum, x, n) => sum + x * Math.log(is[n]! / was[n]!), 0) / length
}

function summary(accent: Accent, found: readonly Measured[]) {
  const sum = (pick: (row: Measured) => number) => found.reduce((total, row) => total + pick(row), 0)
  const inPlace = found.flatMap((row) => row.inPlace ?? [])
  const moved = inPlace.flatMap((row) => row.moved).sort((a, b) => a - b)
  const heard = found.flatMap(({ errors: [before, after, of] }) =>
    before === null || after === null ? [] : [[before, after, of] as const],
  )
  const rate = (at: 0 | 1) =>
    (
      (100 * heard.reduce((total, e) => total + e[at], 0)) /
      heard.reduce((total, e) => total + e[2], 0)
    ).toFixed(1)
  return {
    accent,
    clips: found.length,
    'words changed (%)': ((100 * sum((row) => row.changedWords)) / sum((row) => row.words)).toFixed(0),
    'frames off': Math.max(...found.map(({ framesOff }) => Math.abs(framesOff))),
    warnings: sum((row) => row.warnings),
    'voice kept': mean(found.map((row) => row.voiceKept)).toFixed(2),
    ...(inPlace.length > 0 && {
      'samples changed (%)': mean(inPlace.map((row) => 100 * row.shareChanged)).toFixed(1),
      'changed elsewhere': inPlace.reduce((total, row) => total + row.changedElsewhere, 0),
      'vowels measured': moved.length,
      'way gone, median (%)': (100 * (moved[moved.length >> 1] ?? 0)).toFixed(0),
      'right direction (%)': mean(moved.map((way) => (way > 0 ? 100 : 0))).toFixed(0),
    }),
    'word errors (%)': heard.length > 0 ? `${rate(0)} → ${rate(1)}` : 'no pocketsphinx',
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
