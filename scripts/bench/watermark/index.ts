import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { createWatermarker } from '../../../src/audio/watermark'
import { createWatermarkDetector } from '../../../src/audio/watermark-detect'
import { createSpeechExcerpt, dnsmosEngine } from '../../../src/capabilities/speech-quality'
import { createModelStore } from '../../../src/inference'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { locateFfmpeg } from '../../../src/audio/ffmpeg-binaries'
import { pipe, readAudio } from '../noise-removal/audio'
import { audibilityOf } from './audibility'

const usage = `Usage: npm run bench -- watermark <folder with audio files> [--clips 60] [--unmarked 120] [--seconds 10] [--dnsmos <folder with sig_bak_ovr.onnx>]`
const rateHz = 48_000
const payload = 0x5ca1ab1e
const blockFrames = 4096
const { ffmpegPath } = locateFfmpeg()
const ffmpeg = (args: string[]) => pipe(ffmpegPath, ['-v', 'error', '-y', ...args])
const raw = (path: string) => ['-f', 'f32le', '-ac', '1', '-ar', String(rateHz), '-i', path]

/** What happens to sound on its way; each writes a file that the detector reads. */
const treatments: Record<string, (from: string, to: string) => Promise<unknown>> = {
  untouched: (from, to) => ffmpeg([...raw(from), '-f', 'f32le', to]),
  'mp3 128 kbit/s': async (from, to) => {
    await ffmpeg([...raw(from), '-b:a', '128k', `${to}.mp3`])
    await ffmpeg(['-i', `${to}.mp3`, '-f', 'f32le', '-ac', '1', '-ar', String(rateHz), to])
  },
  'mp3 64 kbit/s': async (from, to) => {
    await ffmpeg([...raw(from), '-b:a', '64k', `${to}.mp3`])
    await ffmpeg(['-i', `${to}.mp3`, '-f', 'f32le', '-ac', '1', '-ar', String(rateHz), to])
  },
  '48 → 44.1 kHz': async (from, to) => {
    await ffmpeg([...raw(from), '-ar', '44100', `${to}.wav`])
    await ffmpeg(['-i', `${to}.wav`, '-f', 'f32le', '-ac', '1', '-ar', String(rateHz), to])
  },
  '+6 dB': (from, to) => ffmpeg([...raw(from), '-af', 'volume=6dB', '-f', 'f32le', to]),
  '−6 dB': (from, to) => ffmpeg([...raw(from), '-af', 'volume=-6dB', '-f', 'f32le', to]),
}

export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      clips: { type: 'string', default: '60' },
      unmarked: { type: 'string', default: '120' },
      seconds: { type: 'string', default: '10' },
      dnsmos: { type: 'string' },
    },
  })
  const [folder] = positionals
  if (!folder || !existsSync(folder)) {
    console.error(usage)
    process.exitCode = 2
    return
  }
  const files = audioFiles(folder)
  const seconds = Number(values.seconds)
  const work = await mkdtemp(join(tmpdir(), 'timbre-watermark-'))
  try {
    const judge = values.dnsmos ? await loadJudge(values.dnsmos) : null
    await measureMarked(evenly(files, Number(values.clips)), seconds, work, judge)
    await measureUnmarked(evenly(files, Number(values.unmarked)))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function audioFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(flac|wav|mp3|ogg|opus)$/i.test(name))
    .sort()
    .map((name) => join(folder, name))
}

function evenly<T>(items: readonly T[], count: number): T[] {
  const wanted = Math.min(count, items.length)
  return Array.from({ length: wanted }, (_, index) => items[Math.floor((index * items.length) / wanted)]!)
}

type Judge = (samples: Float32Array) => Promise<number>

async function measureMarked(files: string[], seconds: number, work: string, judge: Judge | null) {
  const found = new Map(Object.keys(treatments).map((name) => [name, 0]))
  const figures: { snr: number; segmental: number; mask: number; disturbed: number; dnsmos: number }[] = []
  let clips = 0
  let soundSeconds = 0
  const spent = { mark: 0, detect: 0 }
  for (const file of files) {
    const whole = await readAudio(file, rateHz)
    // A crop from the middle of marked sound: the mark does not begin with it.
    if (whole.length < (seconds + 1) * rateHz) continue
    clips += 1
    const lead = rateHz
    const sound = whole.slice(0, lead + seconds * rateHz)
    const marked = timed(spent, 'mark', () => mark(sound))
    const crop = marked.slice(lead)
    soundSeconds += sound.length / rateHz
    const { noiseToMaskDb, disturbedShare } = audibilityOf(sound, marked, rateHz)
    const dnsmos = judge ? (await judge(marked)) - (await judge(sound)) : NaN
    figures.push({ ...ratios(sound, marked), mask: noiseToMaskDb, disturbed: disturbedShare, dnsmos })
    const from = join(work, 'marked.f32')
    const to = join(work, 'treated.f32')
    await writeFile(from, new Uint8Array(crop.buffer))
    for (const [name, treat] of Object.entries(treatments)) {
      await treat(from, to)
      const treated = await readRaw(to)
      const marks = timed(spent, 'detect', () => detect(treated))
      if (marks.some((heard) => heard.payload === payload)) found.set(name, found.get(name)! + 1)
    }
  }
  console.log(`${clips} clips, ${seconds} s from the second second of each, 48 kHz, one channel\n`)
  for (const [name, count] of found) console.log(`  found after ${name.padEnd(16)} ${count} of ${clips}`)
  const mean = (name: keyof (typeof figures)[number]) =>
    figures.reduce((sum, figure) => sum + figure[name], 0) / figures.length
  console.log(`
  signal to mark        ${mean('snr').toFixed(1)} dB (worst ${Math.min(...figures.map(({ snr }) => snr)).toFixed(1)})
  segmental             ${mean('segmental').toFixed(1)} dB
  noise to mask         ${mean('mask').toFixed(1)} dB (worst ${Math.max(...figures.map(({ mask }) => mask)).toFixed(1)})
  disturbed frames      ${(100 * mean('disturbed')).toFixed(1)} %
  DNSMOS overall        ${judge ? mean('dnsmos').toFixed(3) : 'not measured: --dnsmos'}
  marking               ${(soundSeconds / (spent.mark / 1000)).toFixed(0)} times real time (processor time)
  detecting             ${((clips * seconds * Object.keys(treatments).length) / (spent.detect / 1000)).toFixed(0)} times real time
`)
}

async function measureUnmarked(files: string[]): Promise<void> {
  let heard = 0
  let seconds = 0
  for (const file of files) {
    const sound = await readAudio(file, rateHz)
    seconds += sound.length / rateHz
    if (detect(sound).length > 0) {
      heard += 1
      console.log(`  false alarm: ${file}`)
    }
  }
  console.log(
    `  false alarms          ${heard} of ${files.length} unmarked clips (${(seconds / 60).toFixed(0)} minutes)`,
  )
}

function mark(samples: Float32Array): Float32Array {
  const marker = createWatermarker(rateHz, 1, payload)
  const out = new Float32Array(samples.length)
  let at = 0
  const keep = ({ channels: [part] }: { channels: Float32Array[] }) => {
    out.set(part!, at)
    at += part!.length
  }
  for (let start = 0; start < samples.length; start += blockFrames) {
    keep(marker.push({ channels: [samples.slice(start, start + blockFrames)] }))
  }
  keep(marker.finish())
  return out
}

function detect(samples: Float32Array) {
  const detector = createWatermarkDetector(rateHz)
  for (let start = 0; start < samples.length; start += rateHz) {
    detector.push({ channels: [samples.slice(start, start + rateHz)] })
  }
  return detector.finish()
}

async function readRaw(path: string): Promise<Float32Array> {
  const bytes = await pipe(ffmpegPath, ['-v', 'error', ...raw(path), '-f', 'f32le', '-'])
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

/** Processor time, so that a busy machine does not matter. */
function timed<T>(spent: Record<'mark' | 'detect', number>, what: 'mark' | 'detect', work: () => T): T {
  const before = process.cpuUsage()
  const result = work()
  spent[what] += process.cpuUsage(before).user / 1000
  return result
}

function ratios(sound: Float32Array, marked: Float32Array): { snr: number; segmental: number } {
  const frame = Math.round(0.02 * rateHz)
  const parts: number[] = []
  let signal = 0
  let noise = 0
  for (let start = 0; start + frame <= sound.length; start += frame) {
    let power = 0
    let change = 0
    for (let at = start; at < start + frame; at++) {
      power += sound[at]! ** 2
      change += (marked[at]! - sound[at]!) ** 2
    }
    signal += power
    noise += change
    if (power > 1e-6 * frame)
      parts.push(Math.min(35, Math.max(-10, 10 * Math.log10(power / (change + 1e-15)))))
  }
  return {
    snr: 10 * Math.log10(signal / noise),
    segmental: parts.reduce((sum, part) => sum + part, 0) / Math.max(1, parts.length),
  }
}

async function loadJudge(folder: string): Promise<Judge> {
  const store = await createModelStore({ modelsDir: 'models', dataDir: folder })
  const manifest = store.list().find((entry) => entry.manifest.id === 'dnsmos')!.manifest
  const model = await dnsmosEngine.load(
    { manifest, path: () => join(folder, 'DNSMOS_sig_bak_ovr.onnx') },
    createOrtRuntime({ providers: ['cpu'] }),
  )
  const job = {
    ...{ signal: new AbortController().signal, seed: 0, progress: () => undefined },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  }
  return async (samples) => {
    const excerpt = createSpeechExcerpt(rateHz)
    excerpt.push({ channels: [samples] })
    return (await model.run(excerpt.windows()[0]!, job)).overall
  }
}
