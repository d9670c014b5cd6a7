/**
 * Makes the preset voices of `models/voice-preset` from recordings of LibriSpeech train-clean-100: a stretch of 6.5–9.5 s
 * that ends in a pause, at an even loudness, and its profile as the voice library measures it.
 * Usage: npx tsx scripts/train/voice-preset/make.ts <folder of recordings>
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { integratedLoudness } from '../../../src/audio/loudness'
import { createDefaultRegistry } from '../../../src/capabilities'
import type { SampleReport } from '../../../src/capabilities/voice-sample/handler'
import { createModelCache } from '../../../src/inference/model-cache'
import { createModelStore } from '../../../src/inference/model-store'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { createTaskExecutor } from '../../../src/runner/execute'

const rateHz = 16_000
const loudnessLufs = -23

const presets = [
  { id: 'alder', name: 'Alder', recording: '2136-5140-0000.opus', gender: 'male', tags: ['low', 'calm'] },
  { id: 'cedar', name: 'Cedar', recording: '2911-12359-0000.opus', gender: 'male', tags: ['lively'] },
  { id: 'birch', name: 'Birch', recording: '1553-140047-0000.opus', gender: 'female', tags: ['warm'] },
  {
    id: 'hazel',
    name: 'Hazel',
    recording: '3235-11599-0000.opus',
    gender: 'female',
    tags: ['clear', 'high'],
  },
  { id: 'rowan', name: 'Rowan', recording: '1098-133695-0000.opus', gender: 'female', tags: ['even'] },
]

async function main([source = '']: string[]) {
  const ffmpeg = createFfmpeg()
  const executor = createTaskExecutor({
    registry: createDefaultRegistry(),
    models: createModelCache({
      ...{ runtime: createOrtRuntime({ providers: ['cpu'] }), maxBytes: Infinity, idleMs: 1000 },
    }),
    ffmpeg,
    store: await createModelStore({ modelsDir: 'models', dataDir: mkdtempSync(join(tmpdir(), 'presets-')) }),
  })
  const job = {
    ...{ signal: new AbortController().signal, seed: 0, progress: () => undefined },
    log: { debug: () => undefined, info: () => undefined, warn: console.warn },
  }
  for (const preset of presets) {
    const folder = join('models/voice-preset', preset.id)
    const path = join(folder, 'sample.flac')
    mkdirSync(folder, { recursive: true })
    const samples = excerpt(await read(ffmpeg, join(source, preset.recording)))
    const gain = 10 ** ((loudnessLufs - integratedLoudness(samples, rateHz)) / 20)
    await write(
      ffmpeg,
      path,
      samples.map((x) => x * gain),
    )
    const { details } = await executor.execute(
      {
        ...{ capability: 'voice-sample', parameters: {}, input: { kind: 'audio', path } },
        ...{ outputDir: mkdtempSync(join(tmpdir(), 'presets-')), previewSeconds: null },
      },
      job,
    )
    const report = details as unknown as SampleReport
    if (!report.profile) throw new Error(`${preset.id}: ${JSON.stringify(report.findings)}`)
    writeFileSync(join(folder, 'profile.json'), `${JSON.stringify(report.profile)}\n`)
    writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifestOf(preset, folder), null, 2)}\n`)
    console.log(
      preset.id,
      (samples.length / rateHz).toFixed(1),
      Math.exp(report.profile.logPitch.mean).toFixed(0),
    )
  }
}

async function read(ffmpeg: ReturnType<typeof createFfmpeg>, path: string): Promise<Float32Array> {
  const { blocks } = await ffmpeg.decode(path, { sampleRateHz: rateHz, channels: 1, maxSeconds: 60 })
  const all: number[] = []
  for await (const { channels } of blocks) all.push(...channels[0]!)
  return Float32Array.from(all)
}

/** Ends in the quietest 0.1 s between 6.5 and 9.5 s, faded out there. */
function excerpt(samples: Float32Array): Float32Array {
  const width = rateHz / 10
  let best = 6.5 * rateHz
  let least = Infinity
  for (let at = best; at + width < Math.min(samples.length, 9.5 * rateHz); at += width / 10) {
    const power = samples.subarray(at, at + width).reduce((sum, x) => sum + x * x, 0)
    if (power < least) {
      least = power
      best = at
    }
  }
  const end = best + width
  return samples.slice(0, end).map((x, n) => x * Math.min(1, n / 160, (end - n) / 800))
}

async function write(ffmpeg: ReturnType<typeof createFfmpeg>, path: string, samples: Float32Array) {
  const wav = join(mkdtempSync(join(tmpdir(), 'presets-')), 'sample.wav')
  const sink = ffmpeg.encode({ outputs: [{ path: wav, format: 'wav' }] })
  sink.begin(rateHz, 1)
  await sink.write({ channels: [samples] })
  await sink.finish()
  // 16 bits: what the recordings have.
  const codec = ['-sample_fmt', 's16', '-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact']
  execFileSync(ffmpeg.binaries.ffmpegPath, ['-v', 'error', '-y', '-i', wav, ...codec, path])
}

function manifestOf({ id, name, recording, gender, tags }: (typeof presets)[number], folder: string) {
  return {
    ...{ id, version: '1.0.0', capability: 'voice-preset', engine: 'sample', title: name },
    summary: `${name}: a ${gender} voice that reads American English (${tags.join(', ')}).`,
    ...{ languages: ['en-US'], sampleRateHz: rateHz, rank: 100 },
    licence: {
      ...{ spdx: 'CC-BY-4.0', commercialUse: true },
      url: 'https://creativecommons.org/licenses/by/4.0/',
    },
    files: ['sample.flac', 'profile.json'].map((path) => {
      const bytes = readFileSync(join(folder, path))
      return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
    }),
    options: { name, language: 'en-US', gender, tags },
    provenance: {
      script: 'scripts/train/voice-preset',
      data: `LibriSpeech train-clean-100, recording ${recording.split('.')[0]}; gender told by the pitch`,
      attribution: ['LibriSpeech ASR corpus (V. Panayotov, G. Chen, D. Povey, S. Khudanpur), CC-BY-4.0'],
    },
    ...{ quality: [], requirements: { memoryMb: 1, gpu: false } },
  }
}

await main(process.argv.slice(2))
