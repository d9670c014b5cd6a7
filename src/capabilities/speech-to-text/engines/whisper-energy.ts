import { POSITION_SECONDS, type Segment, type TokenWord } from './whisper-words'

/** Loudness of audio, for what the model itself does not say. */

const SAMPLE_RATE = 16000
const FRAME = POSITION_SECONDS * SAMPLE_RATE
/** Below this nobody speaks: −65 dB of full scale, under the noise floor of a 12-bit recorder. */
const SILENCE = 10 ** (-65 / 20)
/** A frame so far below the loudest one of its segment is a pause. */
const PAUSE = 0.1
/** A pause takes this much of a word's time against a voiced frame. */
const PAUSE_SHARE = 0.1

/** Root mean squares of frames of 20 ms. */
export function loudness(samples: Float32Array): Float32Array {
  const out = new Float32Array(Math.ceil(samples.length / FRAME))
  for (let frame = 0; frame < out.length; frame++) {
    const end = Math.min(samples.length, (frame + 1) * FRAME)
    let sum = 0
    for (let at = frame * FRAME; at < end; at++) sum += samples[at]! ** 2
    out[frame] = Math.sqrt(sum / (end - frame * FRAME))
  }
  return out
}

export function isSilent(frames: Float32Array): boolean {
  return frames.every((frame) => frame < SILENCE)
}

/**
 * Spreads words over their segment, by their letters and by where the segment is loud: for models that do not say when a
 * word was said. Good to a few tenths of a second.
 *
 * @returns Start and end of each word in seconds.
 */
export function spreadWords(
  words: readonly TokenWord[],
  segment: Segment,
  frames: Float32Array,
): { start: number; end: number }[] {
  const first = Math.floor(segment.start / POSITION_SECONDS)
  const shares = voicedShares(frames.subarray(first, Math.ceil(segment.end / POSITION_SECONDS)))
  const voiced = shares.reduce((sum, share) => sum + share, 0)
  const letters = words.map(({ text }) => [...text.trim()].length + 1)
  const total = letters.reduce((sum, count) => sum + count, 0)
  const timeAt = (part: number): number => {
    if (voiced === 0) return segment.start + part * (segment.end - segment.start)
    let rest = part * voiced
    let frame = 0
    while (frame < shares.length - 1 && rest >= shares[frame]!) rest -= shares[frame++]!
    const within = shares[frame]! > 0 ? Math.min(1, rest / shares[frame]!) : 0
    const time = (first + frame + within) * POSITION_SECONDS
    return Math.min(segment.end, Math.max(segment.start, time))
  }
  let said = 0
  return letters.map((count) => {
    const start = timeAt(said / total)
    said += count
    return { start, end: timeAt(said / total) }
  })
}

/** 1 for voiced frames, little for pauses, nothing before the first and after the last voiced one. */
function voicedShares(frames: Float32Array): number[] {
  const loudest = frames.reduce((top, frame) => Math.max(top, frame), 0)
  const isVoiced = (frame: number) => loudest > 0 && frame >= PAUSE * loudest
  const first = frames.findIndex(isVoiced)
  const last = frames.findLastIndex(isVoiced)
  return Array.from(frames, (frame, at) => (isVoiced(frame) ? 1 : at > first && at < last ? PAUSE_SHARE : 0))
}
