import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convert, pipe, readAudio } from './audio'
import { openModel, runModel, toInt16 } from './denoisers'

export interface SpeedRow {
  denoiser: string
  /** CPU seconds per second of audio on one thread, the least of the rounds. */
  realTimeFactor: number | null
  /** Against the C program in the same run. */
  ratio: number | null
  note?: string
}

const ROUNDS = 5
const CLIP_SECONDS = 30

/** CPU seconds of a program, by the shell's own clock. */
async function programSeconds(program: string, args: string[]): Promise<number> {
  const script = 'TIMEFORMAT="%U %S"; { time "$0" "$@" >/dev/null 2>/dev/null; } 2>&1'
  const times = (await pipe('bash', ['-c', script, program, ...args])).toString('utf8').trim().split(' ')
  return times.reduce((sum, text) => sum + Number(text), 0)
}

async function modelSeconds(run: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage()
  await run()
  const used = process.cpuUsage(start)
  return (used.user + used.system) / 1e6
}

/** Repeats a clip to the length that is measured. */
export function looped(samples: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, n) => samples[n % samples.length]!)
}

/** Alternates all contestants, so that each meets the same weather on a shared machine. */
export async function measureSpeed(
  clipPath: string,
  weights: string,
  models: Record<string, string>,
  program: string | undefined,
): Promise<SpeedRow[]> {
  const clip = looped(await readAudio(clipPath, 48000), CLIP_SECONDS * 48000)
  const folder = await mkdtemp(join(tmpdir(), 'bench-speed-'))
  const raw = join(folder, 'clip.raw')
  await writeFile(raw, toInt16(clip))
  const contestants: { name: string; seconds(): Promise<number> }[] = []
  const notes: SpeedRow[] = []
  const reference = 'RNNoise, C program'
  if (program) {
    contestants.push({
      name: reference,
      seconds: () => programSeconds(program, [raw, join(folder, 'out.raw')]),
    })
  } else notes.push({ denoiser: reference, realTimeFactor: null, ratio: null, note: 'not at hand' })
  for (const [id, label] of Object.entries(models)) {
    const opened = await openModel(id, weights)
    if (typeof opened === 'string') {
      notes.push({ denoiser: label, realTimeFactor: null, ratio: null, note: opened })
      continue
    }
    const samples = await convert(clip, 48000, opened.rateHz)
    await runModel(opened.model, samples)
    contestants.push({ name: label, seconds: () => modelSeconds(() => runModel(opened.model, samples)) })
  }
  const least = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, seconds } of contestants) {
      least.set(name, Math.min(least.get(name) ?? Infinity, (await seconds()) / CLIP_SECONDS))
    }
  }
  await rm(folder, { recursive: true })
  const base = least.get(reference)
  return [
    ...[...least].map(([denoiser, rtf]) => ({
      denoiser,
      realTimeFactor: rtf,
      ratio: base ? rtf / base : null,
    })),
    ...notes,
  ]
}
