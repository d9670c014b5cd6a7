import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Product } from './product'

export interface SpeedRow {
  minutes: number
  edits: number
  secondsPerSecond: number
  /** Highest resident memory of this process so far. */
  peakMb: number
}

/** Cuts a second out of every ten seconds of 48 kHz stereo. */
export async function measureSpeed(product: Product, minutes: number): Promise<SpeedRow> {
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  try {
    const path = join(folder, 'noise.flac')
    const source = 'anoisesrc=r=48000:a=0.3:seed=1,pan=stereo|c0=c0|c1=0.5*c0'
    const args = [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      source,
      '-t',
      String(60 * minutes),
      '-sample_fmt',
      's16',
      path,
    ]
    execFileSync(product.ffmpeg.binaries.ffmpegPath, args)
    const ranges = Array.from({ length: 6 * minutes }, (_, index) => ({
      start: 10 * index + 4,
      end: 10 * index + 5,
    }))
    const startedAt = performance.now()
    await product.edit(path, 'mute2', { ranges })
    return {
      ...{ minutes, edits: ranges.length, peakMb: process.resourceUsage().maxRSS / 1024 },
      secondsPerSecond: (performance.now() - startedAt) / 1000 / (60 * minutes),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
