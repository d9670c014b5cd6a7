import { createSpeechWindows } from '../../../src/capabilities/speech-to-text/speech-windows'
import { quietJob } from '../../../src/capabilities/speech-to-text/testing/quiet-job'
import { RATE_HZ } from './clips'
import type { Detector } from './detection'

export interface EnduranceRow {
  detector: string
  input: string
  hours: number
  windows: number
  cpuSeconds: number
  /** Resident megabytes of this process after ten minutes and at the end. */
  memoryMb: [afterTenMinutes: number, atTheEnd: number]
}

/** Cuts an hour of silence and an hour of speech into windows. */
export async function measureEndurance(
  speech: Float32Array,
  detectors: Record<string, Detector>,
): Promise<EnduranceRow[]> {
  const rows: EnduranceRow[] = []
  for (const [detector, model] of Object.entries(detectors)) {
    for (const [input, samples] of Object.entries({ silence: new Float32Array(RATE_HZ), speech })) {
      rows.push({ detector, input, ...(await anHour(model, samples)) })
    }
  }
  return rows
}

async function anHour(model: Detector, samples: Float32Array) {
  const cutter = createSpeechWindows({ model, job: quietJob(), windowSeconds: 30 })
  const start = process.cpuUsage()
  const memory: number[] = []
  let windows = 0
  for (let second = 0; second < 3600; second++) {
    const block = Float32Array.from(
      { length: RATE_HZ },
      (_, n) => samples[(second * RATE_HZ + n) % samples.length]!,
    )
    windows += (await cutter.push(block)).length
    if (second === 600) memory.push(residentMb())
  }
  windows += (await cutter.finish()).length
  const used = process.cpuUsage(start)
  const memoryMb: [number, number] = [memory[0]!, residentMb()]
  return { hours: 1, windows, cpuSeconds: (used.user + used.system) / 1e6, memoryMb }
}

function residentMb(): number {
  return Math.round(process.memoryUsage().rss / 2 ** 20)
}
