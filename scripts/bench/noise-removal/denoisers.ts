import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { PcmBlock } from '../../../src/audio/pcm'
import { denoiserEngines } from '../../../src/capabilities/noise-removal/engines'
import type { JobContext, LoadedModel } from '../../../src/inference/engine'
import type { DenoiserInput, DenoiserOutput } from '../../../src/capabilities/noise-removal/denoiser'
import { manifestSchema } from '../../../src/inference/manifest'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { convert, pipe } from './audio'

/** Something that cleans a clip of mono samples at its own rate, or the reason why it is not here. */
export interface BenchDenoiser {
  name: string
  rateHz: number
  missing?: string
  /** Constant delay to look for when measuring, in samples at 16 kHz. Ours must have none. */
  maxLag: number
  clean(samples: Float32Array): Promise<Float32Array>
}

export type Model = LoadedModel<DenoiserInput, DenoiserOutput>

export interface OpenedModel {
  model: Model
  rateHz: number
}

/** Loads a model of `models/noise-removal`, its files taken from beside the manifest or from a mirror folder. */
export async function openModel(id: string, mirror: string): Promise<OpenedModel | string> {
  const folder = join('models/noise-removal', id)
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const paths = new Map<string, string>()
  for (const file of manifest.files) {
    const beside = join(folder, file.path)
    const path = existsSync(beside) ? beside : join(mirror, file.mirror ?? `${id}/${file.path}`)
    if (!existsSync(path)) return `not at hand: ${path}`
    paths.set(file.path, path)
  }
  const engine = denoiserEngines.find((candidate) => candidate.id === manifest.engine)
  if (!engine) return `no engine "${manifest.engine}"`
  const files = { manifest, path: (file: string) => paths.get(file) ?? '' }
  const model = await engine.load(files, createOrtRuntime({ providers: ['cpu'] }))
  return { model, rateHz: manifest.sampleRateHz }
}

export function quietJob(): JobContext {
  const silent = () => undefined
  return {
    signal: new AbortController().signal,
    seed: 0,
    log: { debug: silent, info: silent, warn: silent },
    progress: silent,
  }
}

async function* inBlocks(samples: Float32Array): AsyncGenerator<PcmBlock> {
  for (let start = 0; start < samples.length; start += 65536) {
    yield { channels: [samples.slice(start, start + 65536)] }
    await Promise.resolve()
  }
}

export async function runModel(model: Model, samples: Float32Array): Promise<Float32Array> {
  const out = new Float32Array(samples.length)
  let at = 0
  for await (const block of await model.run({ channels: 1, blocks: inBlocks(samples) }, quietJob())) {
    const part = block.channels[0] ?? new Float32Array()
    out.set(part, at)
    at += part.length
  }
  if (at !== samples.length) throw new Error(`${samples.length} samples in, ${at} out`)
  return out
}

export async function ownDenoiser(id: string, label: string, mirror: string): Promise<BenchDenoiser> {
  const opened = await openModel(id, mirror)
  if (typeof opened === 'string') return absent(label, opened)
  return {
    name: label,
    rateHz: opened.rateHz,
    maxLag: 0,
    clean: (samples) => runModel(opened.model, samples),
  }
}

function absent(name: string, missing: string): BenchDenoiser {
  return { name, rateHz: 16000, missing, maxLag: 0, clean: (samples) => Promise.resolve(samples) }
}

export function afftdn(): BenchDenoiser {
  return {
    name: 'ffmpeg afftdn',
    rateHz: 16000,
    maxLag: 1200,
    clean: (samples) => convert(samples, 16000, 16000, 'afftdn'),
  }
}

/** RNNoise's example program (`rnnoise_demo <in.raw> <out.raw>`, 16-bit 48 kHz): the given path, or one on PATH. */
export function findRnnoiseProgram(given?: string): string | undefined {
  if (given) return existsSync(given) ? given : undefined
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, 'rnnoise_demo')).find((path) => existsSync(path))
}

export function toInt16(samples: Float32Array): Buffer {
  const bytes = Buffer.alloc(2 * samples.length)
  for (const [n, value] of samples.entries()) {
    bytes.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(value * 32768))), 2 * n)
  }
  return bytes
}

export function rnnoiseProgram(program: string | undefined): BenchDenoiser {
  const name = 'RNNoise, C program'
  if (!program) return absent(name, 'not at hand: give --rnnoise-c <path of rnnoise_demo>')
  return {
    name,
    rateHz: 48000,
    maxLag: 0,
    async clean(samples) {
      const folder = await mkdtemp(join(tmpdir(), 'bench-rnnoise-'))
      try {
        const [input, output] = [join(folder, 'in.raw'), join(folder, 'out.raw')]
        // One more frame pushes the last one out: the program drops its first, empty frame.
        await writeFile(input, Buffer.concat([toInt16(samples), Buffer.alloc(2 * 960)]))
        await pipe(program, [input, output])
        const bytes = await readFile(output)
        return Float32Array.from(samples, (_, n) =>
          2 * n < bytes.length ? bytes.readInt16LE(2 * n) / 32768 : 0,
        )
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  }
}
