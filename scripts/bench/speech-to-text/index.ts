import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { loadConfig } from '../../../src/config'
import { createModelStore, type ModelEntry } from '../../../src/inference'
import { readClipSets, type Clip, type ClipSet } from './clips'
import { measureHours } from './hours'
import { measureKeyterms } from './keyterms'
import { pocketsphinxMissing, transcribeWithPocketsphinx, type PeerClip } from './peers/pocketsphinx'
import { peerOf, type Peer } from './peers/same-weights'
import { recognise, type RecognisedClip } from './recognise'
import { comparableWords, wordErrors } from './word-errors'

const usage = `npm run bench -- speech-to-text [--eval <folder>] [--weights <folder>] [--models a,b] [--sets a,b]
                              [--limit <clips a set>] [--memory 10,60] [--hours 10] [--keyterms test]
                              [--peers <folder>] [--json <file>]`

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
      /** Minutes of long recordings to measure memory with. */
      memory: { type: 'string', default: '' },
      /** Hours of one recording through a runner process, instead of everything else. */
      hours: { type: 'string' },
      /** What keyterms do, instead of everything else: `test`, or `tuning` for choosing settings. */
      keyterms: { type: 'string' },
      /** Folder with `@huggingface/transformers` and `sherpa-onnx-node`. */
      peers: { type: 'string' },
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
  if (values.keyterms === 'test' || values.keyterms === 'tuning') {
    return measureKeyterms(values.models || 'timbre-listen-en', values.keyterms)
  }
  if (values.hours) {
    const { clips } = (await readClipSets(values.eval, Infinity))[0]!
    return measureHours(values.models || 'timbre-listen-en', Number(values.hours), clips)
  }
  const rows: Row[] = []
  for (const model of await installedModels()) {
    if (!wanted(values.models, model.id)) continue
    for (const set of sets) {
      const clips = set.clips.filter(
        ({ language }) => model.languages.length === 0 || model.languages.includes(language),
      )
      if (clips.length === 0) continue
      rows.push(await measure(model, { ...set, clips }))
      const peer = values.peers ? peerOf(model.entry, values.peers) : null
      if (peer) rows.push(await measurePeer(peer, { ...set, clips }))
    }
  }
  if (wanted(values.models, 'pocketsphinx')) rows.push(...(await measurePocketsphinx(sets, values.weights)))
  for (const minutes of values.memory.split(',').filter(Boolean).map(Number)) {
    for (const model of await installedModels()) {
      if (wanted(values.models, model.id)) rows.push(await measureLong(model, minutes, sets))
    }
  }
  console.table(rows.map(line))
  if (values.json) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`)
}

interface InstalledModel {
  id: string
  languages: string[]
  entry: ModelEntry
}

async function installedModels(): Promise<InstalledModel[]> {
  const config = loadConfig()
  const store = await createModelStore({ modelsDir: join(config.rootDir, 'models'), dataDir: config.dataDir })
  return store
    .list('speech-to-text')
    .filter((entry) => entry.installed())
    .map((entry) => ({ id: entry.manifest.id, languages: entry.manifest.languages, entry }))
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

/** A synthetic recording again and again, for memory: what is said is not compared. */
async function measureLong(model: InstalledModel, minutes: number, sets: ClipSet[]): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  const path = join(folder, 'long.opus')
  const [source] = sets[0]!.clips
  const { ffmpegPath } = createFfmpeg().binaries
  const seconds = minutes * 60
  const loop = ['-stream_loop', String(Math.ceil(seconds / source!.seconds)), '-i', source!.path]
  await promisify(execFile)(ffmpegPath, [
    '-v',
    'error',
    '-y',
    ...loop,
    '-c',
    'copy',
    '-t',
    String(seconds),
    path,
  ])
  try {
    const clip = { ...source!, path, seconds, words: null }
    const { cpuSeconds, peakMb } = await recognise({ model: model.id, clips: [clip], align: false })
    return {
      recogniser: model.id,
      testSet: `${minutes} min`,
      clips: 1,
      wordErrorRate: NaN,
      cpuPerSecond: cpuSeconds / seconds,
      peakMb,
      times: null,
      alignedTimes: null,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
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
    const heard: PeerClip[] = []
    for (const { path } of clips) {
      await writeWav16(ffmpegPath, path, wav)
      heard.push(await transcribeWithPocketsphinx(wav, weights))
    }
    if (clips.length > 0) rows.push(peerRow('pocketsphinx', { name, clips }, heard))
  }
  await rm(folder, { recursive: true, force: true })
  return rows
}

async function measurePeer({ name, transcribe }: Peer, set: ClipSet): Promise<Row> {
  const heard: PeerClip[] = []
  for (const clip of set.clips) heard.push(await transcribe(clip))
  return peerRow(name, set, heard)
}

function peerRow(recogniser: string, { name, clips }: ClipSet, heard: readonly PeerClip[]): Row {
  return {
    recogniser,
    testSet: name,
    clips: clips.length,
    wordErrorRate: errorRate(clips, heard),
    cpuPerSecond: heard.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / totalSeconds(clips),
    peakMb: null,
    times: null,
    alignedTimes: null,
  }
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
    'word errors': Number.isNaN(row.wordErrorRate) ? '' : `${(row.wordErrorRate * 100).toFixed(1)} %`,
    'CPU s / s': row.cpuPerSecond.toFixed(3),
    'peak MB': row.peakMb === null ? '' : Math.round(row.peakMb),
    'word times': times(row.times),
    aligned: times(row.alignedTimes),
  }
}
