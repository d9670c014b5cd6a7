import { fileURLToPath } from 'node:url'
import type { PcmBlock } from '../../../src/audio/pcm'
import { pipe } from './audio'
import { openModel, quietJob } from './denoisers'

export interface MemoryRow {
  denoiser: string
  minutes: number
  /** Peak resident memory of a process that does nothing else. */
  peakMb: number
  cpuSeconds: number
}

/** Two tones and a hiss, made as they are read, so that the source holds no more than a block. */
async function* endless(seconds: number, rateHz: number): AsyncGenerator<PcmBlock> {
  let state = 1
  for (let second = 0; second < seconds; second++) {
    const samples = new Float32Array(rateHz)
    for (let n = 0; n < rateHz; n++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      const hiss = (state / 2147483648) * 0.05
      samples[n] = hiss + 0.2 * Math.sin((2 * Math.PI * 220 * n) / rateHz) * Math.abs(Math.sin(second / 3))
    }
    yield { channels: [samples] }
    await Promise.resolve()
  }
}

/** Measures in a process of its own: a peak cannot be reset. */
export async function measureMemory(
  id: string,
  label: string,
  minutes: number,
  weights: string,
): Promise<MemoryRow> {
  const script = fileURLToPath(import.meta.url)
  const args = ['--import', 'tsx', script, id, String(minutes), weights]
  const measured = JSON.parse((await pipe(process.execPath, args)).toString('utf8')) as Omit<
    MemoryRow,
    'denoiser'
  >
  return { denoiser: label, ...measured }
}

async function child(id: string, minutes: number, weights: string): Promise<void> {
  const opened = await openModel(id, weights)
  if (typeof opened === 'string') throw new Error(opened)
  const seconds = minutes * 60
  const blocks = endless(seconds, opened.rateHz)
  let frames = 0
  for await (const block of await opened.model.run({ channels: 1, blocks }, quietJob())) {
    frames += block.channels[0]?.length ?? 0
  }
  if (frames !== seconds * opened.rateHz) throw new Error(`${frames} samples came out`)
  const used = process.resourceUsage()
  const cpuSeconds = (used.userCPUTime + used.systemCPUTime) / 1e6
  process.stdout.write(JSON.stringify({ minutes, peakMb: used.maxRSS / 1024, cpuSeconds }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [id = '', minutes = '0', weights = ''] = process.argv.slice(2)
  await child(id, Number(minutes), weights)
}
