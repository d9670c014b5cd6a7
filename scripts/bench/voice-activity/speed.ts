import { existsSync } from 'node:fs'
import { quietJob } from '../../../src/capabilities/speech-to-text/testing/quiet-job'
import type { Detector } from './detection'
import { runtime } from './models'

export interface SpeedRow {
  detector: string
  /** CPU seconds per second of audio on one thread, the least of the rounds. */
  realTimeFactor: number
  /** Against the published graph, a frame a call, in the same run. */
  ratio: number | null
}

const ROUNDS = 5
const CLIP_SECONDS = 60
const FRAME_BY_FRAME = 'Silero as published, a frame a call'

/** Alternates all contestants, so that each meets the same weather on a shared machine. */
export async function measureSpeed(
  samples: Float32Array,
  detectors: Record<string, Detector>,
  published: string,
): Promise<SpeedRow[]> {
  const clip = Float32Array.from({ length: CLIP_SECONDS * 16_000 }, (_, n) => samples[n % samples.length]!)
  const contestants: Record<string, () => Promise<unknown>> = {}
  if (existsSync(published)) contestants[FRAME_BY_FRAME] = await frameByFrame(published, clip)
  for (const [name, model] of Object.entries(detectors)) {
    contestants[name] = () => model.run({ samples: clip, state: null }, quietJob())
  }
  const least = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = process.cpuUsage()
      await run()
      const used = process.cpuUsage(start)
      const factor = (used.user + used.system) / 1e6 / CLIP_SECONDS
      least.set(name, Math.min(least.get(name) ?? Infinity, factor))
    }
  }
  const base = least.get(FRAME_BY_FRAME)
  return [...least].map(([detector, realTimeFactor]) => ({
    detector,
    realTimeFactor,
    ratio: base === undefined ? null : realTimeFactor / base,
  }))
}

async function frameByFrame(path: string, clip: Float32Array): Promise<() => Promise<void>> {
  const session = await runtime.createSession(path)
  return async () => {
    let state = new Float32Array(256)
    const input = new Float32Array(576)
    for (let at = 0; at + 512 <= clip.length; at += 512) {
      input.copyWithin(0, 512)
      input.set(clip.subarray(at, at + 512), 64)
      const outputs = await session.run({
        input: { data: input, dims: [1, 576] },
        state: { data: state, dims: [2, 1, 128] },
        sr: { data: BigInt64Array.of(16_000n), dims: [] },
      })
      state = outputs.stateN!.data as Float32Array<ArrayBuffer>
    }
  }
}
