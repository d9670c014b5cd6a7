import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { integratedLoudness } from '../../audio/loudness'
import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import { fitSpeech, trimSilence, type Fit } from './fit'
import type { Recording } from './listen'
import type { DubSegment } from './segments'
import { readMono } from './sound'
import type { SpeechKey, SpeechStore } from './speech-store'

/** A piece of the dub at its place. */
export interface PlacedSpeech {
  index: number
  startFrame: number
  frames: number
  /** Raw 32-bit floats, one channel. */
  path: string
  /** Own loudness with the gain, in as many channels as the recording has. */
  lufs: number
  gain: number
  fit: Fit
}

/** Silence that has to be between two segments. */
const gapSeconds = 0.03
/** Segments keep the ups and downs of the original, within this of its whole. */
const maxDeviationLu = 6
const maxGainDb = 30
const silentLufs = -69

/** Fits the speech of every segment to it, and makes it as loud as the original was there. */
export async function placeSpeech(
  given: {
    segments: readonly DubSegment[]
    keys: ReadonlyMap<number, SpeechKey>
    store: SpeechStore
    recording: Recording
    folder: string
    onProgress(fraction: number): void
  },
  { ffmpeg, signal }: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): Promise<PlacedSpeech[]> {
  const { segments, keys, store, recording } = given
  const { sampleRateHz, channels } = recording
  await mkdir(given.folder, { recursive: true })
  const placed: PlacedSpeech[] = []
  for (const [index, key] of keys) {
    if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
    given.onProgress(index / segments.length)
    const whole = await readMono(ffmpeg, store.path(key), { sampleRateHz, maxSeconds: 3600, signal })
    const speech = trimSilence(whole, sampleRateHz)
    const { start, end } = segments[index]!
    const until = [...keys.keys()].find((other) => other > index)
    const limit = until === undefined ? recording.frames / sampleRateHz : segments[until]!.start - gapSeconds
    const { samples, fit } = fitSpeech(speech, sampleRateHz, end - start, limit - start)
    const path = join(given.folder, `${index}.f32`)
    await writeFile(path, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    // The one channel goes to all of the recording's, whose powers add up.
    const lufs = integratedLoudness(samples, sampleRateHz) + 10 * Math.log10(channels)
    const startFrame = Math.round(start * sampleRateHz)
    placed.push({ index, startFrame, frames: samples.length, path, lufs, gain: 1, fit })
  }
  return withGains(placed, recording)
}

function withGains(placed: readonly PlacedSpeech[], { speechLufs }: Recording): PlacedSpeech[] {
  const original = meanLufs(placed.map(({ index, frames }) => ({ lufs: speechLufs[index]!, frames })))
  const first = placed.map((piece) => {
    const target = Math.max(
      original - maxDeviationLu,
      Math.min(original + maxDeviationLu, speechLufs[piece.index]!),
    )
    return gained(piece, target > silentLufs ? target - piece.lufs : 0)
  })
  const correction = original > silentLufs ? original - meanLufs(first) : 0
  return first.map((piece) => gained(piece, correction))
}

function gained(piece: PlacedSpeech, gainDb: number): PlacedSpeech {
  if (piece.lufs <= silentLufs || !Number.isFinite(gainDb)) return piece
  const db = Math.max(-maxGainDb, Math.min(maxGainDb, gainDb))
  return { ...piece, lufs: piece.lufs + db, gain: piece.gain * 10 ** (db / 20) }
}

/** Loudness of pieces together, without those that the gate of BS.1770 leaves out. */
export function meanLufs(pieces: readonly { lufs: number; frames: number }[]): number {
  const mean = (counted: typeof pieces) => {
    const frames = counted.reduce((sum, piece) => sum + piece.frames, 0)
    const power = counted.reduce((sum, { lufs, frames }) => sum + frames * 10 ** (lufs / 10), 0)
    return frames > 0 ? 10 * Math.log10(power / frames) : -70
  }
  const audible = pieces.filter(({ lufs }) => lufs > silentLufs)
  const gate = mean(audible) - 10
  return mean(audible.filter(({ lufs }) => lufs > gate))
}
