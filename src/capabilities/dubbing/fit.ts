import { stretchSpeech } from './stretch'

export const slowestRate = 0.85
export const fastestRate = 1.25

/** How speech was made to take the time of the original. */
export interface Fit {
  /** Speed relative to the voice's own, 0.85–1.25. */
  rate: number
  /** Taken out of pauses. */
  shortenedSeconds: number
  /** Spoken after the segment's end, while nobody speaks. */
  overrunSeconds: number
  /** Faded out because the next segment begins; what was said there is lost. */
  lostSeconds: number
  /** Length of the dub relative to the segment's. */
  filled: number
}

/** Below the loudest 10 ms by this is a pause. */
const pauseDb = 32
const frameSeconds = 0.01
const shortestPauseSeconds = 0.12
const keptPauseSeconds = 0.06
const fadeSeconds = 0.02

/**
 * Speech without the silence around it. What is left begins with its first sound, to 10 ms.
 */
export function trimSilence(samples: Float32Array, sampleRateHz: number): Float32Array {
  const frame = Math.round(frameSeconds * sampleRateHz)
  const loud = loudFrames(samples, frame)
  const first = loud.indexOf(true)
  if (first < 0) return samples.slice(0, 0)
  // One frame more than is loud: consonants begin and end softly.
  const start = Math.max(0, first - 1) * frame
  return samples.slice(start, Math.min(samples.length, (loud.lastIndexOf(true) + 3) * frame))
}

/**
 * Makes speech as long as its segment: first by its rate, then by shorter pauses; what is still too long goes on into
 * the silence after the segment, and is faded out where the next one begins.
 *
 * @param slotSeconds Length of the segment.
 * @param roomSeconds Time until the next segment begins, or the recording ends.
 */
export function fitSpeech(
  samples: Float32Array,
  sampleRateHz: number,
  slotSeconds: number,
  roomSeconds: number,
): { samples: Float32Array; fit: Fit } {
  const slot = Math.max(1, Math.round(slotSeconds * sampleRateHz))
  const room = Math.max(1, Math.floor(roomSeconds * sampleRateHz))
  const rate = Math.min(fastestRate, Math.max(slowestRate, samples.length / slot))
  const stretched = stretchSpeech(samples, sampleRateHz, rate)
  const shortened = shortenPauses(stretched, sampleRateHz, stretched.length - slot)
  const fitted = fadeEnds(shortened.slice(0, Math.min(shortened.length, room)), sampleRateHz)
  return {
    samples: fitted,
    fit: {
      rate,
      shortenedSeconds: (stretched.length - shortened.length) / sampleRateHz,
      overrunSeconds: Math.max(0, fitted.length - slot) / sampleRateHz,
      lostSeconds: Math.max(0, shortened.length - room) / sampleRateHz,
      filled: fitted.length / slot,
    },
  }
}

/** Takes up to `excess` samples out of the middle of pauses, of each in proportion to what it can give. */
function shortenPauses(samples: Float32Array, sampleRateHz: number, excess: number): Float32Array {
  if (excess <= 0) return samples
  const frame = Math.round(frameSeconds * sampleRateHz)
  const kept = Math.round(keptPauseSeconds * sampleRateHz)
  const pauses = pausesOf(loudFrames(samples, frame), frame, Math.round(shortestPauseSeconds * sampleRateHz))
  const available = pauses.reduce((sum, { start, end }) => sum + end - start - kept, 0)
  if (available <= 0) return samples
  const share = Math.min(1, excess / available)
  const fade = Math.round(kept / 4)
  const parts: Float32Array[] = []
  let position = 0
  for (const { start, end } of pauses) {
    const cut = Math.floor((end - start - kept) * share)
    const from = Math.floor((start + end - cut) / 2)
    const part = samples.slice(position, from)
    // What is cut off sounds on for a moment, so that room noise does not jump.
    for (let n = 0; n < Math.min(fade, part.length); n++) {
      const at = part.length - fade + n
      if (at >= 0) part[at] = part[at]! + ((n + 0.5) / fade) * (samples[from + cut - fade + n]! - part[at]!)
    }
    parts.push(part)
    position = from + cut
  }
  parts.push(samples.slice(position))
  return joined(parts)
}

function pausesOf(loud: readonly boolean[], frame: number, shortest: number) {
  const pauses: { start: number; end: number }[] = []
  let begin = 0
  loud.forEach((isLoud, index) => {
    if (!isLoud) return
    if (begin > 0 && (index - begin) * frame >= shortest)
      pauses.push({ start: begin * frame, end: index * frame })
    begin = index + 1
  })
  return pauses
}

function loudFrames(samples: Float32Array, frame: number): boolean[] {
  const powers = Array.from({ length: Math.ceil(samples.length / frame) }, (_, index) => {
    let sum = 0
    for (const sample of samples.subarray(index * frame, (index + 1) * frame)) sum += sample * sample
    return sum / frame
  })
  const threshold = powers.reduce((most, power) => Math.max(most, power), 0) * 10 ** (-pauseDb / 10)
  return powers.map((power) => power > 0 && power >= threshold)
}

function fadeEnds(samples: Float32Array, sampleRateHz: number): Float32Array {
  const fade = Math.min(Math.round(fadeSeconds * sampleRateHz), samples.length >> 1)
  const rise = Math.min(fade, Math.round(0.003 * sampleRateHz))
  for (let n = 0; n < rise; n++) samples[n] = (samples[n]! * (n + 0.5)) / rise
  for (let n = 0; n < fade; n++)
    samples[samples.length - 1 - n] = (samples[samples.length - 1 - n]! * (n + 0.5)) / fade
  return samples
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
