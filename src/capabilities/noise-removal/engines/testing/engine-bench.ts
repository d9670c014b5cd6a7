import { readFileSync } from 'node:fs'
import type { PcmBlock } from '../../../../audio/pcm'
import type { JobContext, ModelFiles } from '../../../../inference/engine'
import type { Manifest } from '../../../../inference/manifest'
import { createOrtRuntime } from '../../../../inference/ort-runtime'
import type { DenoiserEngine, DenoiserOutput } from '../../denoiser'

/* What the engine tests share: loading an engine from files, streams in and out, and a job that only counts. */

export function quietJob(signal: AbortSignal = new AbortController().signal): JobContext {
  const silent = () => undefined
  return { signal, seed: 0, log: { debug: silent, info: silent, warn: silent }, progress: silent }
}

/** Loads an engine from weight files by name, without a model store. */
export function loadEngine(
  engine: DenoiserEngine,
  files: Record<string, string>,
  options: Record<string, unknown> = {},
) {
  const manifest = {
    id: 'under-test',
    engine: engine.id,
    sampleRateHz: 48000,
    options,
    files: Object.keys(files).map((path) => ({ path, bytes: 1, sha256: '' })),
  } as unknown as Manifest
  const model: ModelFiles = { manifest, path: (file) => files[file] ?? '' }
  return engine.load(model, createOrtRuntime({ providers: ['cpu'] }))
}

/** Loads an engine by the manifest in a folder that also holds its files. */
export function loadFolder(engine: DenoiserEngine, folder: string) {
  const manifest = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')) as Manifest
  const model: ModelFiles = { manifest, path: (file) => `${folder}/${file}` }
  return engine.load(model, createOrtRuntime({ providers: ['cpu'] }))
}

/** Cuts planar channels into blocks of the given lengths, used in turn. */
export async function* streamOf(channels: Float32Array[], ...lengths: number[]): AsyncGenerator<PcmBlock> {
  const total = channels[0]?.length ?? 0
  let start = 0
  for (let turn = 0; start < total; turn++) {
    const end = Math.min(total, start + (lengths[turn % lengths.length] ?? total))
    yield { channels: channels.map((samples) => samples.slice(start, end)) }
    start = end
    await Promise.resolve()
  }
}

/** Everything a stream gives, joined. */
export async function collect(output: DenoiserOutput): Promise<Float32Array[]> {
  const blocks: PcmBlock[] = []
  for await (const block of output) blocks.push(block)
  return (blocks[0]?.channels ?? []).map((_, index) => {
    const parts = blocks.map((block) => block.channels[index] ?? new Float32Array())
    const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      joined.set(part, at)
      at += part.length
    }
    return joined
  })
}

/** Deterministic white noise of the given peak. */
export function noise(frames: number, peak: number, seed = 1): Float32Array {
  let state = seed
  return Float32Array.from({ length: frames }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state / 2147483648) * peak
  })
}
