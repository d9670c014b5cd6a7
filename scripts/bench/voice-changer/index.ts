import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { integratedLoudness } from '../../../src/audio/loudness'
import { canShift } from '../../../src/capabilities/voice-changer/model-limits'
import { createVoiceMeter } from '../../../src/capabilities/voice-changer/voice-statistics'
import { voiceChangerEngines } from '../../../src/capabilities/voice-changer/engines'
import { speakerEmbeddingEngine } from '../../../src/capabilities/speech-to-text/engines/speaker-embedding'
import { quietJob } from '../../../src/capabilities/speech-to-text/testing/quiet-job'
import type { Manifest } from '../../../src/inference'
import { readAudio } from '../noise-removal/audio'
import { dnsmos } from '../noise-removal/metrics'
import { comparableWords, wordErrors } from '../speech-to-text/word-errors'
import { openModel, runtime } from '../voice-activity/models'
import { listenWithPocketsphinx } from '../voice-editor/pocketsphinx'
import {
  cpuSecondsOf,
  delayMs,
  meanSpectrum,
  medianPitch,
  RATE_HZ,
  spectrumDistance,
  withWav,
} from './measures'

const USAGE = `npm run bench -- voice-changer [--eval <folder>] [--weights <folder>] [--model <id>] [--pairs <n>]
                              [--json <file>]
Words need pocketsphinx_continuous, speed is compared with sox and rubberband where they are installed.`

interface Clip {
  file: string
  text: string
  speaker: string
  seconds: number
}

/** Before and after the change, of one pair of a recording and a voice. */
interface PairRow {
  testSet: string
  pair: string
  pitchOff: [number, number]
  similarity: [number, number, of: number]
  spectrumDb: [number, number, of: number]
  errors: [number, number, of: number] | null
  quality: [number, number]
  delayMs: number
  framesOff: number
  loudnessChange: number
}

type Changer = (
  source: Float32Array,
  target: Float32Array | null,
  semitones: number | null,
) => Promise<Float32Array>

/** How near a changed voice is to the one that was asked for, what it cost in words and quality, and how fast it went. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      eval: { type: 'string', default: '../shared/audio/eval' },
      weights: { type: 'string', default: '../shared/weights' },
      model: { type: 'string', default: 'timbre-world' },
      pairs: { type: 'string', default: '8' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  const model = await openModel('voice-changer', values.model, voiceChangerEngines, values.weights)
  if (typeof model === 'string') throw new Error(model)
  const change: Changer = async (source, target, semitones) => {
    const { blocks } = await model.run(
      {
        ...{ sampleRateHz: RATE_HZ, channels: 1, blocks: streamOf(source) },
        request: {
          ...{ source: statisticsOf(source), target: target && statisticsOf(target), strength: 1 },
          ...{ pitchSemitones: semitones, formantSemitones: target ? null : 0 },
        },
        heard: { source: excerptOf(source), target: target && excerptOf(target) },
      },
      quietJob(),
    )
    const parts: Float32Array[] = []
    for await (const { channels } of blocks) parts.push(channels[0]!)
    return Float32Array.from(parts.flatMap((part) => [...part]))
  }
  const rows: PairRow[] = []
  for (const testSet of ['vctk_autovc', 'librispeech_test_other']) {
    const folder = join(values.eval, testSet)
    if (!existsSync(folder)) console.log(`not measured: ${folder} is not there`)
    else rows.push(...(await measurePairs(testSet, folder, Number(values.pairs), values.weights, change)))
  }
  console.table(['vctk_autovc', 'librispeech_test_other'].map((testSet) => summary(testSet, rows)))
  const speed = await measureSpeed(values.eval, values.model, change)
  console.table(speed)
  if (values.json) await writeFile(values.json, JSON.stringify({ rows, speed }, null, 1))
}

const excerptOf = (samples: Float32Array) => ({ sampleRateHz: RATE_HZ, samples })

function statisticsOf(samples: Float32Array) {
  const meter = createVoiceMeter(RATE_HZ)
  meter.push(samples)
  const found = meter.finish()
  if (!found) throw new Error('a clip of the test set holds no voice')
  return found
}

// A generator over memory; the reader is the one that waits.
async function* streamOf(samples: Float32Array) {
  for (let at = 0; at < samples.length; at += RATE_HZ / 2) {
    yield { channels: [samples.slice(at, at + RATE_HZ / 2)] }
  }
}

/** Each pair: a recording, a sample of another speaker to turn into, and a third recording, of that one, to compare with. */
function pairsOf(folder: string, count: number) {
  const clips = readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Clip)
    .filter(({ seconds }) => seconds >= 3.5 && seconds < 13)
  const speakers = [...new Set(clips.map(({ speaker }) => speaker))]
  const of = (speaker: string) => clips.filter((clip) => clip.speaker === speaker)
  const usable = speakers.filter((speaker) => of(speaker).length >= 3)
  return Array.from({ length: count }, (_, n) => {
    const source = of(usable[n % usable.length]!)
    const distance = 1 + (Math.floor(n / usable.length) % (usable.length - 1))
    const target = of(usable[(n + distance) % usable.length]!)
    return { source: source[n % source.length]!, target: target[0]!, other: target[1]! }
  })
}

async function measurePairs(
  testSet: string,
  folder: string,
  count: number,
  weights: string,
  change: Changer,
): Promise<PairRow[]> {
  const embedder = await openModel('speaker-embedding', 'timbre-speaker', [speakerEmbeddingEngine], weights)
  if (typeof embedder === 'string') throw new Error(embedder)
  const embed = async (samples: Float32Array) =>
    (await embedder.run({ samples: samples.slice(0, 10 * RATE_HZ) }, quietJob())).embedding
  const session = await runtime.createSession(join(weights, 'quality/dnsmos/DNSMOS_sig_bak_ovr.onnx'))
  const ffmpeg = createFfmpeg()
  const errorsIn = (samples: Float32Array, text: string) =>
    withWav(samples, async (path) => {
      const { text: heard } = await listenWithPocketsphinx(path, weights, ffmpeg)
      return wordErrors(comparableWords(text), comparableWords(heard))
    })
  const read = ({ file }: Clip) => readAudio(join(folder, file), RATE_HZ)
  const rows: PairRow[] = []
  for (const pair of pairsOf(folder, count)) {
    const [source, target, other] = [await read(pair.source), await read(pair.target), await read(pair.other)]
    const changed = await change(source, target, null)
    const semitonesOff = (samples: Float32Array) =>
      Math.abs(12 * Math.log2(medianPitch(samples) / medianPitch(other)))
    const reference = await embed(other)
    const similarity = async (samples: Float32Array) => dot(await embed(samples), reference)
    const spectrum = meanSpectrum(other)
    const distance = (samples: Float32Array) => spectrumDistance(meanSpectrum(samples), spectrum)
    const words = comparableWords(pair.source.text)
    const errors = await Promise.all(
      [source, changed].map((samples) => errorsIn(samples, pair.source.text)),
    ).catch(() => null)
    rows.push({
      ...{ testSet, pair: `${pair.source.file} → ${pair.target.speaker}` },
      pitchOff: [semitonesOff(source), semitonesOff(changed)],
      similarity: [await similarity(source), await similarity(changed), await similarity(target)],
      spectrumDb: [distance(source), distance(changed), distance(target)],
      errors: errors && [errors[0]!, errors[1]!, words.length],
      quality: [(await dnsmos(session, source)).dnsmos_ovrl, (await dnsmos(session, changed)).dnsmos_ovrl],
      delayMs: delayMs(changed, source),
      framesOff: changed.length - source.length,
      loudnessChange: integratedLoudness(changed, RATE_HZ) - integratedLoudness(source, RATE_HZ),
    })
  }
  return rows
}

function summary(testSet: string, all: readonly PairRow[]) {
  const rows = all.filter((row) => row.testSet === testSet)
  const mean = (pick: (row: PairRow) => number) =>
    rows.reduce((sum, row) => sum + pick(row), 0) / Math.max(1, rows.length)
  const change = (key: 'pitchOff' | 'similarity' | 'spectrumDb' | 'quality', digits: number) =>
    [0, 1, 2]
      .filter((at) => rows[0]?.[key][at] !== undefined)
      .map((at) => mean((row) => row[key][at]!).toFixed(digits))
      .join(' → ')
      .replace(/ → ([^→]*) → /, ' → $1; the voice itself ')
  const heard = rows.flatMap(({ errors }) => (errors ? [errors] : []))
  const rate = (at: 0 | 1) =>
    ((100 * heard.reduce((sum, e) => sum + e[at], 0)) / heard.reduce((sum, e) => sum + e[2], 0)).toFixed(1)
  return {
    'test set': `${testSet} (${rows.length} pairs)`,
    'pitch off (semitones)': change('pitchOff', 2),
    'speaker cosine': change('similarity', 3),
    'mean spectrum off (dB)': change('spectrumDb', 2),
    'word errors (%)': heard.length > 0 ? `${rate(0)} → ${rate(1)}` : 'no pocketsphinx',
    'DNSMOS overall': change('quality', 2),
    'delay at most (ms)': Math.max(...rows.map((row) => Math.abs(row.delayMs))),
    'frames off': Math.max(...rows.map((row) => Math.abs(row.framesOff))),
    'loudness off at most (LU)': Math.max(...rows.map((row) => Math.abs(row.loudnessChange))).toFixed(2),
  }
}

/**
 * Processor time for a shift by four semitones, or for turning into another voice where the model cannot shift, a second
 * of sound; the least of three.
 */
async function measureSpeed(evalDir: string, model: string, change: Changer) {
  const manifest = readFileSync(join('models/voice-changer', model, 'manifest.json'), 'utf8')
  const shifts = canShift(JSON.parse(manifest) as Manifest)
  const [clip, voice] = await Promise.all(
    ['p225_008', 'p226_008'].map((name) => readAudio(join(evalDir, 'vctk_autovc', `${name}.flac`), RATE_HZ)),
  )
  const [target, semitones] = shifts ? [null, 4] : [voice!, null]
  const seconds = clip!.length / RATE_HZ
  const least = async (measure: () => Promise<number> | number) => {
    const times = [await measure(), await measure(), await measure()]
    return (Math.min(...times) / seconds).toFixed(4)
  }
  const ours = await least(async () => {
    const before = process.cpuUsage()
    await change(clip!, target, semitones)
    const used = process.cpuUsage(before)
    return (used.user + used.system) / 1e6
  })
  const peers = await withWav(clip!, async (path, folder) => {
    const out = join(folder, 'out.wav')
    const commands = {
      'sox pitch': `sox ${path} ${out} pitch 400`,
      'rubberband R2': `rubberband -p 4 ${path} ${out}`,
      'rubberband R3': `rubberband -3 -p 4 ${path} ${out}`,
    }
    const table: Record<string, string> = {}
    for (const [name, command] of Object.entries(commands)) {
      const program = command.split(' ')[0]!
      const there = process.env.PATH?.split(':').some((folder) => existsSync(join(folder, program)))
      table[name] = there ? await least(() => cpuSecondsOf(command)) : 'not installed'
    }
    return table
  })
  const what = `${model}, measured and ${target ? 'turned into a voice' : 'shifted'}`
  return { 'processor seconds a second': { [what]: ours, ...peers } }
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * b[at]!, 0)
}
