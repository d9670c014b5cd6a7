import type { JobContext, LoadedModel } from '../../inference/engine'
import { createSampleHistory } from './sample-history'
import { SPEECH_RATE_HZ, type SpeechRegion } from './speech-regions'
import type { VoiceActivityInput, VoiceActivityOutput, VoiceActivityState } from './voice-activity'
import { createWindowPacker, type WindowCut, type WindowPacker } from './window-packer'

export { mergeOverlap, type TimedWord } from './merge-overlap'

/** A stretch of time in seconds from the recording's beginning. */
export interface SpeechSpan {
  start: number
  end: number
}

/** A stretch of the recording that is worth recognising. */
export interface SpeechWindow {
  /** Seconds from the recording's beginning; exact: `start * 16000` is the number of the first sample. */
  start: number
  /** 16 kHz mono, at most `windowSeconds` long. */
  samples: Float32Array
  /** How the window ends: in a pause, or within speech that did not pause for a whole window. */
  cut: 'pause' | 'forced'
  /** How much of the window's beginning the previous window holds too; 0 unless that one ended in a forced cut. */
  overlapSeconds: number
  /** The speech in the window, without the padding; seconds from the recording's beginning. */
  regions: SpeechSpan[]
}

export interface SpeechWindowOptions {
  model: LoadedModel<VoiceActivityInput, VoiceActivityOutput>
  job: JobContext
  /** Longest window: the recogniser's. At least 2 s. */
  windowSeconds: number
  /** Kept on either side of speech, so that soft beginnings and ends are not lost. Default 0.2. */
  padSeconds?: number
  /** Shorter sounds are not speech. Default 250. */
  minSpeechMs?: number
  /** Shorter pauses are part of speech. Default 300. */
  minSilenceMs?: number
  /** Speech that is no further apart than this shares a window where it fits. Default 2. */
  joinSeconds?: number
  /** Probability at which speech begins; it ends 0.15 below that. Default 0.5. */
  threshold?: number
  /** What both neighbours of a forced cut hold. Default 1. */
  overlapSeconds?: number
}

/** Cuts a stream into windows of speech. Memory is bounded by one window, however long the stream is. */
export interface SpeechWindows {
  /** Takes the next block, 16 kHz mono of any length; gives the windows that became complete. */
  push(samples: Float32Array): Promise<SpeechWindow[]>
  /** Ends the stream; gives what was left. */
  finish(): Promise<SpeechWindow[]>
  /** Where speech was found so far, in order; everything else is silence. Complete after `finish`. */
  regions(): SpeechSpan[]
}

/** Silero's distance between the two thresholds. */
const RELEASE_BELOW = 0.15
/** Blocks are gathered to this length, so that a detector sees many frames a call. */
const DETECT_SAMPLES = 2 * SPEECH_RATE_HZ
/** Put behind the end, so that detectors that look ahead finish. */
const FLUSH_SAMPLES = SPEECH_RATE_HZ

/**
 * Speech is found by `model`, padded, and joined into windows of up to `windowSeconds`, as faster-whisper and WhisperX do
 * (Bain et al., "WhisperX: Time-Accurate Speech Transcription of Long-Form Audio", 2023). Silence gives nothing.
 */
export function createSpeechWindows(options: SpeechWindowOptions): SpeechWindows {
  const { model, job } = options
  const history = createSampleHistory()
  let packer: WindowPacker | undefined
  let state: VoiceActivityState | null = null
  let waiting: Float32Array[] = []
  let waitingLength = 0

  const windowOf = ({ start, end, cut, overlap, regions }: WindowCut): SpeechWindow => ({
    start: start / SPEECH_RATE_HZ,
    samples: history.slice(start, end),
    cut,
    overlapSeconds: overlap / SPEECH_RATE_HZ,
    regions: regions.map(inSeconds),
  })

  async function detect(samples: Float32Array): Promise<SpeechWindow[]> {
    job.signal.throwIfAborted()
    const found = await model.run({ samples, state }, job)
    state = found.state
    packer ??= createWindowPacker(packerOptions(options, found.hopSeconds, history.energy))
    const windows: SpeechWindow[] = []
    for (const probability of found.probabilities) {
      if (packer.position >= history.end) break
      const cut = packer.push(probability)
      if (cut) windows.push(windowOf(cut))
    }
    packer.trim()
    history.forget(packer.oldest)
    return windows
  }

  async function takeWaiting(): Promise<SpeechWindow[]> {
    const windows: SpeechWindow[] = []
    const samples = joined(waiting, waitingLength)
    waiting = []
    waitingLength = 0
    for (let at = 0; at < samples.length; at += DETECT_SAMPLES) {
      const part = samples.subarray(at, at + DETECT_SAMPLES)
      history.append(part)
      windows.push(...(await detect(part)))
    }
    return windows
  }

  return {
    async push(samples) {
      waiting.push(samples)
      waitingLength += samples.length
      return waitingLength < DETECT_SAMPLES ? [] : takeWaiting()
    },
    async finish() {
      const windows = await takeWaiting()
      if (history.end === 0) return windows
      windows.push(...(await detect(new Float32Array(FLUSH_SAMPLES))))
      const cut = packer?.finish(history.end)
      return cut ? [...windows, windowOf(cut)] : windows
    },
    regions: () => (packer?.timeline ?? []).map(inSeconds),
  }
}

/** The windows of a whole stream, as they become complete. */
export async function* cutIntoWindows(
  blocks: AsyncIterable<Float32Array>,
  windows: SpeechWindows,
): AsyncGenerator<SpeechWindow> {
  for await (const block of blocks) yield* await windows.push(block)
  yield* await windows.finish()
}

function packerOptions(
  options: SpeechWindowOptions,
  hopSeconds: number,
  energy: (from: number, to: number) => number,
) {
  const threshold = options.threshold ?? 0.5
  const longest = samplesOf(options.windowSeconds)
  const pad = samplesOf(options.padSeconds ?? 0.2)
  return {
    hopSamples: samplesOf(hopSeconds),
    threshold,
    releaseThreshold: threshold - RELEASE_BELOW,
    minSpeechSamples: samplesOf((options.minSpeechMs ?? 250) / 1000),
    minSilenceSamples: samplesOf((options.minSilenceMs ?? 300) / 1000),
    longest,
    pad,
    join: Math.max(samplesOf(options.joinSeconds ?? 2), pad),
    overlap: Math.min(samplesOf(options.overlapSeconds ?? 1), Math.floor(longest / 4)),
    energy,
  }
}

function samplesOf(seconds: number): number {
  return Math.round(seconds * SPEECH_RATE_HZ)
}

function inSeconds({ start, end }: SpeechRegion): SpeechSpan {
  return { start: start / SPEECH_RATE_HZ, end: end / SPEECH_RATE_HZ }
}

function joined(parts: Float32Array[], length: number): Float32Array {
  if (parts.length === 1) return parts[0]!
  const out = new Float32Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
