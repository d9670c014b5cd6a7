import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { trackPitch } from '../../../src/audio/pitch-track'
import { createDdspVoice } from '../../../src/audio/synthesis/ddsp'
import { aWeightedLevels } from '../../../src/audio/synthesis/ddsp-loudness'
import {
  ddspNetwork,
  ddspTraits,
  type DdspModelTraits,
} from '../../../src/capabilities/vibe-music/engines/ddsp/network'
import type { SoloInstrument } from '../../../src/capabilities/vibe-music/solo-instruments'
import type { ModelFiles } from '../../../src/inference/engine'
import type { Manifest } from '../../../src/inference/manifest'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { spectralDistance } from './distance'

const usage = `npm run bench -- ddsp --held-out <folder of hold_out.py> [--model models/vibe-music/timbre-ddsp] [--json file]

Plays what was held out of training from its pitch and loudness, and says how far the spectra are apart, beside a sawtooth
of the same pitch and loudness; how well the pitch is kept, by the product's own tracker; and how fast a core plays.`

/** Frames below this are rests. */
const soundingDb = -50
const closeCents = 20

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      'held-out': { type: 'string' },
      model: { type: 'string', default: 'models/vibe-music/timbre-ddsp' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const folder = values['held-out']
  if (values.help || folder === undefined) return console.log(usage)
  const manifest = JSON.parse(await readFile(join(values.model, 'manifest.json'), 'utf8')) as Manifest
  const files: ModelFiles = { manifest, path: (file) => join(values.model, file) }
  const model = await ddspNetwork.load(files, createOrtRuntime({ providers: ['cpu'] }))
  const traits = ddspTraits(files)
  const play = async (instrument: SoloInstrument, pitchHz: Float32Array, loudnessDb: Float32Array) => {
    const job = { signal: new AbortController().signal, seed: 1, log: console, progress: () => undefined }
    const parts = await model.run({ instrument, melody: { pitchHz, loudnessDb }, seed: 1 }, job)
    const played: Float32Array[] = []
    for await (const part of parts) played.push(part)
    return played
  }
  const rows: Row[] = []
  for (const instrument of traits.instruments.keys()) {
    const wanted = await readWav(join(folder, `${instrument}.wav`), traits.sampleRateHz)
    const pitchHz = await readFloats(join(folder, `${instrument}.f32`))
    const loudnessDb = aWeightedLevels(wanted, traits).slice(0, pitchHz.length)
    const startedAt = performance.now()
    const parts = await play(instrument, pitchHz, loudnessDb)
    const seconds = (performance.now() - startedAt) / 1000
    const made = joined(parts)
    const saw = sawtooth(pitchHz, loudnessDb, traits)
    rows.push({
      instrument,
      distance: spectralDistance(made, wanted),
      ofSawtooth: spectralDistance(saw, wanted),
      ...keptBy(made, { pitchHz, loudnessDb }, traits),
      ofRecording: keptBy(wanted, { pitchHz, loudnessDb }, traits).pitchKept,
      timesRealTime: wanted.length / traits.sampleRateHz / seconds,
    })
  }
  await model.release()
  console.table(rows)
  if (values.json) await writeFile(values.json, JSON.stringify(qualityOf(rows), null, 2))
}

interface Row {
  instrument: string
  distance: number
  ofSawtooth: number
  /** Of the frames that sound, the share within `closeCents`. */
  pitchKept: number
  /** Likewise in the recording itself: what the tracker makes of wide leaps and low strings. */
  ofRecording: number
  /** Median of the difference, dB. */
  loudnessError: number
  timesRealTime: number
}

function qualityOf(rows: readonly Row[]) {
  const mean = (of: (row: Row) => number) =>
    Math.round((1000 * rows.reduce((sum, row) => sum + of(row), 0)) / rows.length) / 1000
  const testSet = 'held-out phrases of six instruments, 18 s each'
  return [
    {
      ...{ metric: 'multi_scale_spectral_distance', value: mean((row) => row.distance) },
      ...{ baseline: mean((row) => row.ofSawtooth), testSet },
    },
    {
      ...{ metric: 'pitch_within_20_cents', value: mean((row) => row.pitchKept) },
      ...{ baseline: mean((row) => row.ofRecording), testSet },
    },
    { metric: 'loudness_error_db', value: mean((row) => row.loudnessError), testSet },
  ]
}

async function readWav(path: string, sampleRateHz: number): Promise<Float32Array> {
  const decoded = await createFfmpeg().decode(path, { maxSeconds: 3600, sampleRateHz, channels: 1 })
  const parts: Float32Array[] = []
  for await (const { channels } of decoded.blocks) parts.push(channels[0]!)
  return joined(parts)
}

const joined = (parts: readonly Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]))

async function readFloats(path: string): Promise<Float32Array> {
  const bytes = await readFile(path)
  return new Float32Array(new Uint8Array(bytes).buffer)
}

/** All harmonics by 1 ÷ k, as loud as asked in every frame. */
function sawtooth(
  pitchHz: Float32Array,
  loudnessDb: Float32Array,
  { sampleRateHz, hopSamples, windowSamples, floorDb }: DdspModelTraits,
): Float32Array {
  const harmonics = 60
  const render = (levels: Float32Array) => {
    const voice = createDdspVoice({ sampleRateHz, hopSamples, harmonics, noiseBands: 65, seed: 1 })
    const amplitudes = Float32Array.from(
      { length: pitchHz.length * harmonics },
      (_, n) => levels[Math.floor(n / harmonics)]! / ((n % harmonics) + 1),
    )
    const controls = { pitchHz, amplitudes, noise: new Float32Array(pitchHz.length * 65) }
    return Float32Array.from([...voice.push(controls), ...voice.finish()])
  }
  const plain = aWeightedLevels(render(new Float32Array(pitchHz.length).fill(0.1)), {
    ...{ sampleRateHz, hopSamples, windowSamples, floorDb },
  })
  return render(loudnessDb.map((level, frame) => 0.1 * 10 ** ((level - plain[frame]!) / 20)))
}

function keptBy(
  made: Float32Array,
  { pitchHz, loudnessDb }: { pitchHz: Float32Array; loudnessDb: Float32Array },
  traits: DdspModelTraits,
): Pick<Row, 'pitchKept' | 'loudnessError'> {
  const { sampleRateHz, hopSamples } = traits
  const track = trackPitch(made, sampleRateHz, { minHz: 55, maxHz: 2800 })
  const levels = aWeightedLevels(made, traits)
  let sounding = 0
  let kept = 0
  const errors: number[] = []
  for (let frame = 0; frame < pitchHz.length; frame++) {
    if (loudnessDb[frame]! < soundingDb) continue
    const tracked = track[Math.round((frame * hopSamples) / sampleRateHz / 0.005)] ?? 0
    sounding++
    if (Math.abs(1200 * Math.log2(tracked / pitchHz[frame]!)) <= closeCents) kept++
    errors.push(Math.abs(levels[frame]! - loudnessDb[frame]!))
  }
  errors.sort((a, b) => a - b)
  return { pitchKept: kept / sounding, loudnessError: errors[errors.length >> 1] ?? 0 }
}
