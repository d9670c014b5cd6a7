import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { loadConfig } from '../../../src/config'
import { createModelStore } from '../../../src/inference'
import { readClipSets, type Clip, type ClipSet } from './clips'
import { pocketsphinxMissing, transcribeWithPocketsphinx } from './peers/pocketsphinx'
import { recognise, type RecognisedClip } from './recognise'
import { comparableWords, wordErrors } from './word-errors'

const usage = `npm run bench -- speech-to-text [--eval <folder>] [--weights <folder>] [--models a,b] [--sets a,b]
                              [--limit <clips a set>] [--json <file>]`

/** A row of the result. Shares are 0–1, times in seconds. */
interface Row {
  recogniser: string
  testSet: string
  clips: number
  wordErrorRate: number
  /** CPU seconds for each second of audio, decoding and voice activity included. */
  cpuPerSecond: number
  peakMb: number | null
  /** Of words that were recognised rightly: how far from their true times. */
  times: { median: number; within80ms: number } | null
  /** The same when the words are given and only their times are asked for. */
  alignedTimes: { median: number; within80ms: number } | null
}

/** Word error rate, speed, memory and word times of every installed model, beside pocketsphinx on the same clips. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      eval: { type: 'string', default: '../shared/audio/eval' },
      weights: { type: 'string', default: '../shared/weights' },
      models: { type: 'string', default: '' },
      sets: { type: 'string', default: '' },
      limit: { type: 'string', default: '1000' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  if (!existsSync(values.eval)) console.log(`There is no folder ${values.eval}: synthetic clips only.`)
  const wanted = (list: string, name: string) => list === '' || list.split(',').includes(name)
  const sets = (await readClipSets(values.eval, Number(values.limit))).filter(({ name }) =>
    wanted(values.sets, name),
  )
  const rows: Row[] = []
  for (const model of await installedModels()) {
    if (!wanted(values.models, model.id)) continue
    for (const set of sets) {
      const clips = set.clips.filter(
        ({ language }) => model.languages.length === 0 || model.languages.includes(language),
      )
      if (clips.length > 0) rows.push(await measure(model, { ...set, clips }))
    }
  }
  rows.push(...(await measurePocketsphinx(sets, values.weights)))
  console.table(rows.map(line))
  if (values.json) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`)
}

interface InstalledModel {
  id: string
  languages: string[]
}

async function installedModels(): Promise<InstalledModel[]> {
  const config = loadConfig()
  const store = await createModelStore({ modelsDir: join(config.rootDir, 'models'), dataDir: config.dataDir })
  return store
    .list('speech-to-text')
    .filter((entry) => entry.installed())
    .map(({ manifest }) => ({ id: manifest.id, languages: manifest.languages }))
}

async function measure(model: InstalledModel, { name, clips }: ClipSet): Promise<Row> {
  const recognised = await recognise({ model: model.id, clips, align: false })
  const timed = clips.filter(({ words }) => words !== null)
  const aligned =
    timed.length > 0
      ? await recognise({ model: model.id, clips: timed, align: true }).catch(() => null)
      : null
  return {
    recogniser: model.id,
    testSet: name,
    clips: clips.length,
    wordErrorRate: errorRate(clips, recognised.clips),
    cpuPerSecond: recognised.cpuSeconds / totalSeconds(clips),
    peakMb: recognised.peakMb,
    times: timed.length > 0 ? timeErrors(clips, recognised.clips) : null,
    alignedTimes: aligned ? timeErrors(timed, aligned.clips) : null,
  }
}

async function measurePocketsphinx(sets: ClipSet[], weights: string): Promise<Row[]> {
  const missing = await pocketsphinxMissing(weights)
  if (missing) {
    console.log(`pocketsphinx: ${missing}`)
    return []
  }
  const { ffmpegPath } = createFfmpeg().binaries
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  const wav = join(folder, 'clip.wav')
  const rows: Row[] = []
  for (const { name, clips: all } of sets) {
    const clips = all.filter(({ language }) => language === 'en')
    const heard: { text: string; cpuSeconds: number }[] = []
    for (const { path } of clips) {
      await writeWav16(ffmpegPath, path, wav)
      heard.push(await transcribeWithPocketsphinx(wav, weights))
    }
    const cpuSeconds = heard.reduce((sum, clip) => sum + clip.cpuSeconds, 0)
    rows.push({
      recogniser: 'pocketsphinx',
      testSet: name,
      clips: clips.length,
      wordErrorRate: errorRate(clips, heard),
      cpuPerSecond: cpuSeconds / totalSeconds(clips),
      peakMb: null,
      times: null,
      alignedTimes: null,
    })
  }
  await rm(folder, { recursive: true, force: true })
  return rows
}

async function writeWav16(ffmpegPath: string, input: string, output: string): Promise<void> {
  const format = ['-ar', '16000', '-ac', '1', '-c:a', 'pcm_s16le']
  await promisify(execFile)(ffmpegPath, ['-v', 'error', '-y', '-i', input, ...format, output])
}

const totalSeconds = (clips: readonly Clip[]) => clips.reduce((sum, { seconds }) => sum + seconds, 0)

/** Errors of all clips over words of all clips. */
function errorRate(clips: readonly Clip[], heard: readonly { text: string }[]): number {
  const references = clips.map(({ text }) => comparableWords(text))
  const errors = references.reduce(
    (sum, reference, index) => sum + wordErrors(reference, comparableWords(heard[index]!.text)),
    0,
  )
  return errors / references.reduce((sum, { length }) => sum + length, 0)
}

/** Start times of words that are in both, matched in order by the nearest one within a second. */
function timeErrors(clips: readonly Clip[], heard: readonly RecognisedClip[]): Row['times'] {
  const errors = clips.flatMap(({ words }, index) =>
    (words ?? []).flatMap(({ word, start }) => {
      const distances = heard[index]!.words.filter(
        ({ text }) => comparableWords(text).join('') === comparableWords(word).join(''),
      ).map((candidate) => Math.abs(candidate.start - start))
      const nearest = Math.min(...distances)
      return nearest < 1 ? [nearest] : []
    }),
  )
  if (errors.length === 0) return null
  errors.sort((a, b) => a - b)
  const within80ms = errors.filter((error) => error <= 0.08).length / errors.length
  return { median: errors[Math.floor(errors.length / 2)]!, within80ms }
}

function line(row: Row) {
  const times = (value: Row['times']) =>
    value ? `${Math.round(value.median * 1000)} ms, ${Math.round(value.within80ms * 100)} % ≤ 80 ms` : ''
  return {
    recogniser: row.recogniser,
    'test set': `${row.testSet} (${row.clips})`,
    'word errors': `${(row.wordErrorRate * 100).toFixed(1)} %`,
    'CPU s / s': row.cpuPerSecond.toFixed(3),
    'peak MB': row.peakMb === null ? '' : Math.round(row.peakMb),
    'word times': times(row.times),
    aligned: times(row.alignedTimes),
  }
}
