import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const frameSeconds = 0.005
/** Below the loudest 5 ms by this is silence. */
const silenceDb = 35

/** Frame at which the sound begins, to 5 ms; the length where there is none. */
export function firstSound(samples: Float32Array, rateHz: number): number {
  const loud = loudFrames(samples, rateHz)
  const first = loud.indexOf(true)
  return first < 0 ? samples.length : first * Math.round(frameSeconds * rateHz)
}

export function lastSound(samples: Float32Array, rateHz: number): number {
  const last = loudFrames(samples, rateHz).lastIndexOf(true)
  return Math.min(samples.length, (last + 1) * Math.round(frameSeconds * rateHz))
}

function loudFrames(samples: Float32Array, rateHz: number): boolean[] {
  const frame = Math.round(frameSeconds * rateHz)
  const powers = Array.from({ length: Math.ceil(samples.length / frame) }, (_, index) =>
    samples.subarray(index * frame, (index + 1) * frame).reduce((sum, x) => sum + x * x, 0),
  )
  const most = powers.reduce((a, b) => Math.max(a, b), 0)
  return powers.map((power) => power > most * 10 ** (-silenceDb / 10))
}

/** Integrated loudness in LUFS by ffmpeg's ebur128, which shares nothing with the product's. */
export async function ebuLoudness(ffmpegPath: string, path: string): Promise<number> {
  const { stderr } = await run(ffmpegPath, [
    '-hide_banner',
    '-nostats',
    '-i',
    path,
    '-af',
    'ebur128',
    '-f',
    'null',
    '-',
  ])
  const found = [...stderr.matchAll(/I:\s+(-?[\d.]+) LUFS/g)].at(-1)
  if (!found) throw new Error('ffmpeg gives no loudness')
  return Number(found[1])
}

/** How loud something is in a mixture, by least squares. */
export function gainIn(mixture: Float32Array, known: Float32Array): number {
  let both = 0
  let own = 1e-12
  known.forEach((x, n) => {
    both += x * mixture[n]!
    own += x * x
  })
  return both / own
}
