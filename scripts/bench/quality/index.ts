import { parseArgs } from 'node:util'

import { createQualityMeter } from '../../../src/audio/quality-meter'
import { readAudio } from '../noise-removal/audio'

const usage =
  'Usage: npm run bench -- quality <audio file> …   what the report of a file costs, processor time'
const blockFrames = 4096
const rounds = 5

/** Mono, at the rate of most outputs and at that of starter voices. */
const ratesHz = [24_000, 48_000]

export async function run(args: string[]): Promise<void> {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  if (positionals.length === 0) {
    console.error(usage)
    process.exitCode = 2
    return
  }
  for (const file of positionals) {
    for (const rateHz of ratesHz) {
      const samples = await readAudio(file, rateHz)
      const costs = Array.from({ length: rounds }, () => costMs(samples, rateHz)).sort((a, b) => a - b)
      const perFiveSeconds = (costs[Math.floor(rounds / 2)]! * 5 * rateHz) / samples.length
      console.log(`  ${perFiveSeconds.toFixed(1).padStart(6)} ms for 5 s at ${rateHz} Hz, mono: ${file}`)
    }
  }
}

function costMs(samples: Float32Array, rateHz: number): number {
  const before = process.cpuUsage()
  const meter = createQualityMeter(rateHz, 1)
  for (let at = 0; at < samples.length; at += blockFrames) {
    meter.push({ channels: [samples.subarray(at, at + blockFrames)] })
  }
  meter.result()
  return process.cpuUsage(before).user / 1000
}
