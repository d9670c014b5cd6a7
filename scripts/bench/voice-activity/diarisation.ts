import { join } from 'node:path'
import { createDiarizer } from '../../../src/capabilities/speech-to-text/diarizer'
import { createSpeechWindows } from '../../../src/capabilities/speech-to-text/speech-windows'
import { quietJob } from '../../../src/capabilities/speech-to-text/testing/quiet-job'
import { seededRandom } from '../../../src/capabilities/speech-to-text/testing/seeded-random'
import { RATE_HZ, read, readManifest } from './clips'
import type { Detector } from './detection'
import { speechFrames } from './labels'
import type { Embedder } from './speakers'

export interface Turn {
  start: number
  end: number
  speaker: number
}

export interface DiarisationRow {
  model: string
  /** Whether the number of speakers was told. */
  told: boolean
  conversations: number
  minutes: number
  /** Shares of the time that is spoken in, a quarter of a second around each change left out. */
  errorRate: number
  missed: number
  falseAlarm: number
  confusion: number
  /** Conversations whose number of speakers was found. */
  countFound: number
}

interface Conversation {
  samples: Float32Array
  turns: Turn[]
  speakers: number
}

const SPEAKERS = [2, 2, 2, 3, 3, 4, 1, 2]
const UTTERANCES = 12
const COLLAR_SECONDS = 0.25
const STEP_SECONDS = 0.01

/** Speakers of `librispeech_test_other` in turns, with pauses of 0.2–1.2 s. */
export async function conversations(evalDir: string): Promise<Conversation[]> {
  const folder = join(evalDir, 'librispeech_test_other')
  const lines = readManifest(folder)
  const people = [...new Set(lines.map(({ speaker }) => speaker))]
  return Promise.all(
    SPEAKERS.map(async (count, index) => {
      const random = seededRandom(500 + index)
      const here = [...people].sort(() => random() - 0.5).slice(0, count)
      const parts: Float32Array[] = []
      const turns: Turn[] = []
      let length = 0
      for (let turn = 0; turn < UTTERANCES; turn++) {
        const speaker = turn % count
        const own = lines.filter((line) => line.speaker === here[speaker])
        const said = await read(folder, own[Math.floor(turn / count) % own.length]!.file)
        turns.push(...speechTurns(said, length / RATE_HZ, speaker))
        parts.push(said, new Float32Array(Math.round((0.2 + random()) * RATE_HZ)))
        length += said.length + parts.at(-1)!.length
      }
      return { samples: joined(parts, length), turns, speakers: count }
    }),
  )
}

/** Where speech is in a clip; pauses below half a second belong to it. */
function speechTurns(samples: Float32Array, offset: number, speaker: number): Turn[] {
  const turns: Turn[] = []
  for (const [frame, flag] of speechFrames(samples).entries()) {
    if (!flag) continue
    const start = offset + (frame * 256) / RATE_HZ
    const last = turns.at(-1)
    if (last && start - last.end < 0.5) last.end = start + 256 / RATE_HZ
    else turns.push({ start, end: start + 256 / RATE_HZ, speaker })
  }
  return turns
}

function joined(parts: Float32Array[], length: number): Float32Array {
  const out = new Float32Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export async function measureDiarisation(
  talks: Conversation[],
  detector: Detector,
  name: string,
  embedder: Embedder,
): Promise<DiarisationRow[]> {
  const rows: DiarisationRow[] = []
  for (const told of [true, false]) {
    const sum = { spoken: 0, missed: 0, falseAlarm: 0, confusion: 0 }
    let countFound = 0
    for (const { samples, turns, speakers } of talks) {
      const found = await diarize(samples, detector, embedder, told ? speakers : null)
      if (new Set(found.map(({ speaker }) => speaker)).size === speakers) countFound++
      const errors = diarisationErrors(turns, found, samples.length / RATE_HZ)
      for (const key of ['spoken', 'missed', 'falseAlarm', 'confusion'] as const) sum[key] += errors[key]
    }
    const share = (seconds: number) => seconds / sum.spoken
    rows.push({
      ...{ model: name, told, conversations: talks.length, countFound },
      minutes: talks.reduce((total, { samples }) => total + samples.length / RATE_HZ / 60, 0),
      errorRate: share(sum.missed + sum.falseAlarm + sum.confusion),
      missed: share(sum.missed),
      falseAlarm: share(sum.falseAlarm),
      confusion: share(sum.confusion),
    })
  }
  return rows
}

async function diarize(
  samples: Float32Array,
  detector: Detector,
  model: Embedder,
  numSpeakers: number | null,
) {
  const job = quietJob()
  const windows = createSpeechWindows({ model: detector, job, windowSeconds: 30 })
  const diarizer = createDiarizer({ model, job, numSpeakers })
  for (const window of [...(await windows.push(samples)), ...(await windows.finish())])
    await diarizer.add(window)
  return diarizer.finish()
}

/** Seconds spoken, missed, invented and given to another, with the best naming of the speakers that were found. */
export function diarisationErrors(truth: Turn[], found: Turn[], seconds: number) {
  const at = (turns: Turn[], time: number) =>
    turns.find(({ start, end }) => time >= start && time < end)?.speaker
  const edges = truth.flatMap(({ start, end }) => [start, end])
  const together = new Map<string, number>()
  const steps = { spoken: 0, missed: 0, falseAlarm: 0, both: 0 }
  for (let time = STEP_SECONDS / 2; time < seconds; time += STEP_SECONDS) {
    if (edges.some((edge) => Math.abs(edge - time) < COLLAR_SECONDS)) continue
    const [said, heard] = [at(truth, time), at(found, time)]
    if (said !== undefined) steps.spoken++
    if (said !== undefined && heard === undefined) steps.missed++
    if (said === undefined && heard !== undefined) steps.falseAlarm++
    if (said === undefined || heard === undefined) continue
    steps.both++
    const key = `${said},${heard}`
    together.set(key, (together.get(key) ?? 0) + 1)
  }
  const numbers = (turns: Turn[]) => [...new Set(turns.map(({ speaker }) => speaker))]
  const agreed = bestAgreement(numbers(truth), numbers(found), together)
  const inSeconds = (count: number) => count * STEP_SECONDS
  return {
    spoken: inSeconds(steps.spoken),
    missed: inSeconds(steps.missed),
    falseAlarm: inSeconds(steps.falseAlarm),
    confusion: inSeconds(steps.both - agreed),
  }
}

/** The most time on which a one-to-one naming can agree; tries all. */
function bestAgreement(truth: number[], found: number[], together: Map<string, number>): number {
  const [first, ...rest] = truth
  if (first === undefined || found.length === 0) return 0
  const without = bestAgreement(rest, found, together)
  return found.reduce((best, heard) => {
    const others = found.filter((other) => other !== heard)
    const agreed = (together.get(`${first},${heard}`) ?? 0) + bestAgreement(rest, others, together)
    return Math.max(best, agreed)
  }, without)
}
