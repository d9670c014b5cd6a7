import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { readAudio } from '../noise-removal/audio'
import { siSdr } from '../noise-removal/metrics'
import { wavFile } from '../text-to-speech/wav'
import { openProduct, type Product } from '../voice-editor/product'
import { makeClips, RATE_HZ, type Clip } from './clips'
import { ebuLoudness, firstSound } from './measures'
import { findDub } from './played'

const USAGE = `npm run bench -- dubbing [--eval <folder>] [--model dub_mo1|dub_mo2] [--json <file>]
The sentences of five clips are spoken again, so that the texts have the lengths that such texts have.`

interface Details {
  segments: { fit: { rate: number; pauses_shortened: number; overrun: number; lost: number } | null }[]
  warnings: { code: string }[]
}

/** Drift, loudness, background and rates of dubs of clips that are put together from known parts. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      eval: { type: 'string', default: '../shared/audio/eval' },
      model: { type: 'string', default: 'dub_mo1' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  const product = await openProduct()
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  try {
    const rows = []
    for (const clip of await makeClips(values.eval)) {
      rows.push(await measure(clip, values.model, product, folder))
    }
    console.table(rows)
    if (values.json) await writeFile(values.json, JSON.stringify(rows, null, 1))
  } finally {
    await product.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(clip: Clip, model: string, { run: execute, ffmpeg }: Product, folder: string) {
  const file = async (name: string, samples: Float32Array) => {
    const path = join(folder, name)
    await writeFile(path, wavFile(samples, RATE_HZ))
    return path
  }
  const dub = async (path: string, keepBackground: boolean) => {
    const parameters = {
      ...{ target_language: 'en', source_language: 'en', segments: clip.segments },
      keep_background: keepBackground,
    }
    const { output, details, artifacts } = await execute('dubbing', path, model, parameters)
    const archive = artifacts.find(({ name }) => name === 'speech.tar')!.path
    return { path: output.path, archive, details: details as unknown as Details }
  }
  const loudness = (path: string) => ebuLoudness(ffmpeg.binaries.ffmpegPath, path)
  const original = {
    speech: await file('speech.wav', clip.speech),
    mixed: await file('mixed.wav', clip.mixed),
  }
  const alone = await dub(original.speech, false)
  const over = await dub(original.mixed, true)
  const heard = await readAudio(original.mixed, RATE_HZ)
  const [dry, wet] = [await readAudio(alone.path, RATE_HZ), await readAudio(over.path, RATE_HZ)]
  const fits = over.details.segments.flatMap(({ fit }) => (fit ? [fit] : []))
  const played = await findDub(clip, over.archive, wet, folder, ffmpeg)
  const under = backgrounds(clip, heard, played, wet)
  const spoken = await loudness(original.speech)
  const inMix = await file('played.wav', played)
  return {
    clip: clip.name,
    'seconds off': (wet.length - clip.mixed.length) / RATE_HZ,
    'drift at most (ms)': Math.max(...drifts(clip, dry)).toFixed(0),
    'speech (LU)': ((await loudness(alone.path)) - spoken).toFixed(2),
    'speech over background (LU)': ((await loudness(inMix)) - spoken).toFixed(2),
    'background under the dub (SI-SDR, dB)': `${under.before.toFixed(1)} → ${under.after.toFixed(1)}`,
    'changed between segments': under.outside,
    rates: fits.map(({ rate }) => rate.toFixed(2)).join(' '),
    warnings: over.details.warnings.map(({ code }) => code).join(' ') || 'none',
  }
}

/** How far from its place every segment is heard, in milliseconds. */
function drifts({ segments }: Clip, dry: Float32Array): number[] {
  return segments.map(({ start, end }) => {
    const from = Math.round((start - 0.5) * RATE_HZ)
    const heard = from + firstSound(dry.subarray(from, Math.round(end * RATE_HZ)), RATE_HZ)
    return Math.abs((1000 * heard) / RATE_HZ - 1000 * start)
  })
}

/**
 * What is heard under the dub beside the background that was mixed in, and the same of the original, over all segments;
 * and how many samples more than half a second from a segment are not what they were.
 */
function backgrounds(
  { segments, background }: Clip,
  mixed: Float32Array,
  played: Float32Array,
  wet: Float32Array,
) {
  const near = new Uint8Array(mixed.length)
  const inside = new Uint8Array(mixed.length)
  for (const { start, end } of segments) {
    const [from, to] = [Math.round(start * RATE_HZ), Math.round(end * RATE_HZ)]
    inside.fill(1, from, to)
    near.fill(1, Math.max(0, from - RATE_HZ / 2), to + RATE_HZ / 2)
  }
  const within = (samples: Float32Array) => samples.filter((_, n) => inside[n])
  const known = within(background)
  const outside = mixed.reduce((count, x, n) => count + (near[n] || x === wet[n] ? 0 : 1), 0)
  return {
    before: siSdr(within(mixed), known).db,
    after: siSdr(within(wet.map((x, n) => x - played[n]!)), known).db,
    outside,
  }
}
