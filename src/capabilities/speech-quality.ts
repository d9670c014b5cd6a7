import { frameCount, type PcmBlock } from '../audio/pcm'
import { createResampler } from '../audio/resample'
import type { Engine, ModelFiles } from '../inference/engine'
import { floats } from '../inference/float-tensor'
import type { ModelCache } from '../inference/model-cache'
import type { JobContext } from '../inference'

/** What listeners would say of speech on scales from 1 to 5 (ITU-T P.835), as a network guesses it. */
export interface SpeechScores {
  signal: number
  background: number
  overall: number
}

/** The helper models that judge speech. */
export const speechQualityKind = 'speech-quality'

const judgeRateHz = 16_000
const windowSamples = 144_160
/** The first 27 seconds are judged: what is longer sounds alike, and each window costs as much as a short job. */
const mostWindows = 3

/** Keeps as much of a stream as is judged, in one channel at 16 kHz. */
export interface SpeechExcerpt {
  push(block: PcmBlock): void
  /** Windows of 9.01 s; sound that is shorter is repeated until it fills one. */
  windows(): Float32Array[]
}

export function createSpeechExcerpt(sampleRateHz: number): SpeechExcerpt {
  const resampler = sampleRateHz === judgeRateHz ? null : createResampler(sampleRateHz, judgeRateHz, 1)
  const kept = new Float32Array(mostWindows * windowSamples)
  let count = 0
  const keep = (samples: Float32Array) => {
    kept.set(samples.subarray(0, kept.length - count), count)
    count = Math.min(kept.length, count + samples.length)
  }
  return {
    push(block) {
      if (count === kept.length || frameCount(block) === 0) return
      const mono = { channels: [mixDown(block)] }
      keep((resampler ? resampler.push(mono) : mono).channels[0]!)
    },
    windows() {
      if (resampler) keep(resampler.finish().channels[0]!)
      if (count === 0) return []
      if (count >= windowSamples) {
        const whole = Math.floor(count / windowSamples)
        return Array.from({ length: whole }, (_, index) =>
          kept.slice(index * windowSamples, (index + 1) * windowSamples),
        )
      }
      return [Float32Array.from({ length: windowSamples }, (_, index) => kept[index % count]!)]
    },
  }
}

function mixDown({ channels }: PcmBlock): Float32Array {
  if (channels.length === 1) return channels[0]!
  const share = 1 / channels.length
  return channels[0]!.map((_, frame) => share * channels.reduce((sum, samples) => sum + samples[frame]!, 0))
}

/** From the network's scale to that of listeners, highest power first (DNSMOS, its published fit). */
const fits = {
  signal: [-0.08397278, 1.22083953, 0.0052439],
  background: [-0.13166888, 1.60915514, -0.39604546],
  overall: [-0.06766283, 1.11546468, 0.04602535],
} as const

const fitted = ([square, linear, constant]: readonly [number, number, number], value: number) =>
  (square * value + linear) * value + constant

/**
 * DNSMOS P.835 (Reddy, Gopal and Cutler, "DNSMOS P.835: A Non-Intrusive Perceptual Objective Speech Quality Metric to
 * Evaluate Noise Suppressors", ICASSP 2022): samples of 9.01 s at 16 kHz → signal, background, overall.
 */
export const dnsmosEngine: Engine<Float32Array, SpeechScores> = {
  id: 'dnsmos',
  async load(model, runtime) {
    const [file] = model.manifest.files
    const session = await runtime.createSession(model.path(file!.path))
    return {
      bytes: (file!.bytes ?? 0) * 3,
      async run(samples) {
        const [input] = session.inputNames
        const outputs = await session.run({ [input!]: { data: samples, dims: [1, samples.length] } })
        const [signal, background, overall] = floats(outputs, session.outputNames[0]!).data
        return {
          signal: fitted(fits.signal, signal!),
          background: fitted(fits.background, background!),
          overall: fitted(fits.overall, overall!),
        }
      },
      release: () => session.release(),
    }
  },
}

/** Means over the windows of an excerpt; null where it holds nothing. */
export async function judgeSpeech(
  excerpt: SpeechExcerpt,
  model: ModelFiles,
  models: ModelCache,
  job: JobContext,
): Promise<SpeechScores | null> {
  const windows = excerpt.windows()
  if (windows.length === 0) return null
  const lease = await models.acquire(dnsmosEngine, model)
  try {
    const scores: SpeechScores[] = []
    for (const window of windows) scores.push(await lease.model.run(window, job))
    const mean = (name: keyof SpeechScores) =>
      scores.reduce((sum, score) => sum + score[name], 0) / scores.length
    return { signal: mean('signal'), background: mean('background'), overall: mean('overall') }
  } finally {
    lease.release()
  }
}
