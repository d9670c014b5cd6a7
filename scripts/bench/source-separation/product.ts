import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import type { PcmBlock } from '../../../src/audio/pcm'
import { htdemucsEngine } from '../../../src/capabilities/noise-removal/engines/htdemucs'
import type { SoundLevel } from '../../../src/capabilities/noise-removal/separator'
import { manifestSchema } from '../../../src/inference/manifest'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { pipe } from '../noise-removal/audio'
import { quietJob } from '../noise-removal/denoisers'

export interface Separation {
  /** Of separating alone, the model being loaded. */
  cpuSeconds: number
  peakMb: number
}

export const rateHz = 44_100
const blockFrames = 65_536
const quietLevel: SoundLevel = { mean: 0, deviation: 0.1 }

/** A file's sound by the product's engine, in a process of its own: a peak of memory cannot be reset. */
export function separateFile(graph: string, input: string, output: string): Promise<Separation> {
  return runChild(graph, 'file', input, output)
}

/** Minutes of sound that nothing else holds. */
export function separateMinutes(graph: string, minutes: number): Promise<Separation> {
  return runChild(graph, 'minutes', String(minutes))
}

async function runChild(...args: string[]): Promise<Separation> {
  const script = fileURLToPath(import.meta.url)
  const said = await pipe(process.execPath, ['--import', 'tsx', script, ...args])
  return JSON.parse(said.toString('utf8')) as Separation
}

async function* blocksOf(channels: Float32Array[]): AsyncGenerator<PcmBlock> {
  for (let start = 0; start < channels[0]!.length; start += blockFrames) {
    yield { channels: channels.map((samples) => samples.slice(start, start + blockFrames)) }
    await Promise.resolve()
  }
}

async function* endless(seconds: number): AsyncGenerator<PcmBlock> {
  let phase = 0
  for (let second = 0; second < seconds; second++) {
    const left = new Float32Array(rateHz)
    for (let n = 0; n < rateHz; n++) left[n] = 0.2 * Math.sin((phase += 0.03 + 0.01 * Math.sin(second)))
    yield { channels: [left, left.map((sample) => 0.5 * sample)] }
    await Promise.resolve()
  }
}

/** Of the channels' mean, as Demucs' own separator has it. */
function levelOf([left, right]: Float32Array[]): SoundLevel {
  const frames = left!.length
  let mean = 0
  for (let n = 0; n < frames; n++) mean += (left![n]! + right![n]!) / 2 / frames
  let square = 0
  for (let n = 0; n < frames; n++) square += ((left![n]! + right![n]!) / 2 - mean) ** 2
  return { mean, deviation: Math.sqrt(square / (frames - 1)) }
}

async function child([graph = '', kind = '', input = '', output = '']: string[]): Promise<void> {
  const manifest = manifestSchema.parse(
    JSON.parse(await readFile('models/noise-removal/htdemucs/manifest.json', 'utf8')),
  )
  const model = await htdemucsEngine.load(
    { manifest, path: () => graph },
    createOrtRuntime({ providers: ['cpu'] }),
  )
  const bytes = kind === 'file' ? Uint8Array.from(await readFile(input)) : new Uint8Array()
  const all = new Float32Array(bytes.buffer)
  const channels = [all.subarray(0, all.length / 2), all.subarray(all.length / 2)]
  const blocks = kind === 'file' ? blocksOf(channels) : endless(60 * Number(input))
  const before = process.cpuUsage()
  const level = kind === 'file' ? levelOf(channels) : quietLevel
  const planes: Float32Array[][] = []
  for await (const stems of await model.run({ channels: 2, blocks, level, shifts: [0] }, quietJob())) {
    if (kind !== 'file') continue
    for (const [index, samples] of stems.flatMap((stem) => stem.channels).entries()) {
      ;(planes[index] ??= []).push(samples)
    }
  }
  const { user, system } = process.cpuUsage(before)
  const cpuSeconds = (user + system) / 1e6
  const peakMb = process.resourceUsage().maxRSS / 1024
  if (kind === 'file') {
    const parts = planes
      .flat()
      .map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))
    await writeFile(output, Buffer.concat(parts))
  }
  process.stdout.write(JSON.stringify({ cpuSeconds, peakMb } satisfies Separation))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await child(process.argv.slice(2))
