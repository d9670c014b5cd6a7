import type { LoadedModel } from '../../../src/inference/engine'
import { quietJob } from '../../../src/capabilities/speech-to-text/testing/quiet-job'
import type {
  VoiceActivityInput,
  VoiceActivityOutput,
} from '../../../src/capabilities/speech-to-text/voice-activity'
import { cleanSpeech, noisyPairs, RATE_HZ, speechInNoise, withoutSpeech, type LabelledClip } from './clips'

export type Detector = LoadedModel<VoiceActivityInput, VoiceActivityOutput>

export interface DetectionRow {
  testSet: string
  detector: string
  minutes: number
  /** Probability that a frame of speech scores above another; null where there is only one kind. */
  auc: number | null
  f1: number | null
  /** Frames of speech below one half, frames of anything else above. */
  missed: number | null
  falseAlarms: number
}

const VOICES_IN_NOISE = /coffee|crowd/
const SUNG = 'Karissa'

export async function detectionSets(evalDir: string): Promise<Record<string, LabelledClip[]>> {
  return {
    'speech in noise, 20 dB': await speechInNoise(evalDir, 20),
    'speech in noise, 10 dB': await speechInNoise(evalDir, 10),
    'speech in noise, 5 dB': await speechInNoise(evalDir, 5),
    'speech in noise, 0 dB': await speechInNoise(evalDir, 0),
    mixes: await noisyPairs(evalDir, 'mixes'),
    voicebank_demand_pairs: await noisyPairs(evalDir, 'voicebank_demand_pairs'),
    picovoice_multilingual: await cleanSpeech(evalDir, 'picovoice_multilingual'),
    'noise without voices': await withoutSpeech(evalDir, 'noise', (file) => !VOICES_IN_NOISE.test(file)),
    'noise with distant voices': await withoutSpeech(evalDir, 'noise', (file) => VOICES_IN_NOISE.test(file)),
    'music without singing': await withoutSpeech(evalDir, 'music', (file) => !file.includes(SUNG)),
    'a sung song': await withoutSpeech(evalDir, 'music', (file) => file.includes(SUNG)),
  }
}

export async function measureDetection(
  sets: Record<string, LabelledClip[]>,
  detectors: Record<string, Detector>,
): Promise<DetectionRow[]> {
  const rows: DetectionRow[] = []
  for (const [testSet, clips] of Object.entries(sets)) {
    for (const [detector, model] of Object.entries(detectors)) {
      const scored: { probability: number; speech: boolean }[] = []
      for (const { samples, speech } of clips) {
        const flushed = new Float32Array(samples.length + RATE_HZ)
        flushed.set(samples)
        const { probabilities } = await model.run({ samples: flushed, state: null }, quietJob())
        for (const [frame, flag] of speech.entries()) {
          if (flag !== null) scored.push({ probability: probabilities[frame]!, speech: flag })
        }
      }
      const minutes = clips.reduce((sum, { samples }) => sum + samples.length / RATE_HZ / 60, 0)
      rows.push({ testSet, detector, minutes, ...scores(scored) })
    }
  }
  return rows
}

function scores(frames: { probability: number; speech: boolean }[]) {
  const speech = frames.filter((frame) => frame.speech)
  const other = frames.filter((frame) => !frame.speech)
  const found = speech.filter(({ probability }) => probability >= 0.5).length
  const wrong = other.filter(({ probability }) => probability >= 0.5).length
  return {
    auc: speech.length && other.length ? areaUnderCurve(frames) : null,
    f1: speech.length ? (2 * found) / (2 * found + wrong + speech.length - found) : null,
    missed: speech.length ? 1 - found / speech.length : null,
    falseAlarms: wrong / Math.max(1, other.length),
  }
}

/** By ranks, ties sharing theirs. */
function areaUnderCurve(frames: { probability: number; speech: boolean }[]): number {
  const sorted = [...frames].sort((a, b) => a.probability - b.probability)
  let rankSum = 0
  let positives = 0
  for (let from = 0; from < sorted.length;) {
    let to = from
    while (to < sorted.length && sorted[to]!.probability === sorted[from]!.probability) to++
    const tied = sorted.slice(from, to).filter(({ speech }) => speech).length
    rankSum += tied * ((from + to + 1) / 2)
    positives += tied
    from = to
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (sorted.length - positives))
}
