import { AppError } from '../../platform/errors'
import type { SpokenWord, Utterance } from '../../text/utterance'
import type { HandlerContext } from '../capability'
import type { TextToSpeechParameters } from './index'
import { piecesOf, type Piece } from './pieces'
import type { PreviewParts } from './preview-parts'
import { seedOfPart } from './seeded-noise'
import { speakPiece, type Speaker } from './speak-piece'
import type { SpeechFile } from './speech-file'
import type { WordTimes } from './word-times'

export interface ReadAloudRequest {
  utterances: Iterable<Utterance> | AsyncIterable<Utterance>
  speaker: Speaker
  reads(word: SpokenWord): boolean
  parameters: TextToSpeechParameters
  file: SpeechFile
  /** Null where the speech is not what will be heard. */
  parts: PreviewParts | null
  times: WordTimes
  /** Words of the text, for the progress. */
  words: number
  onProgress(fraction: number): void
}

export interface ReadAloud {
  warnings: string[]
  inferenceMs: number
}

/** After the last word, so that players do not cut its end. */
const tailSeconds = 0.15
const maxWarnings = 20
const shownWords = 6

/**
 * Speaks a text piece by piece into a file: one piece is held at a time. Pieces are not made side by side, as that gains
 * nothing: two runs begun together block the thread one after the other (124 ms of CPU time where one after another took
 * 103). What does run beside it is the encoder, a process of its own.
 */
export async function readAloud(request: ReadAloudRequest, context: HandlerContext): Promise<ReadAloud> {
  const { speaker, file, times, parts, parameters } = request
  const { sampleRateHz } = speaker
  const warnings = createWarnings()
  const seed = parameters.seed ?? context.seed
  let waiting: Piece | null = null
  let inferenceMs = 0
  let index = 0
  let done = 0

  const say = async (piece: Piece, last: boolean) => {
    if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
    const startedAt = performance.now()
    const spoken = await speakPiece(speaker, piece.words, parameters, seedOfPart(seed, index++), context)
    inferenceMs += performance.now() - startedAt
    if (spoken.problem) warnings.add(piece, spoken.problem)
    times.add(piece.words, spoken.words, file.frames() / sampleRateHz)
    const pause = Math.round(pauseAfter(piece, parameters.speed, last) * sampleRateHz)
    await file.write(spoken.samples)
    await file.silence(pause)
    await parts?.add(withPause(spoken.samples, Math.min(pause, sampleRateHz)))
    done += piece.words.length
    request.onProgress(Math.min(1, done / request.words))
  }

  for await (const utterance of request.utterances) {
    const words = utterance.words.filter(request.reads)
    for (const [place, piece] of piecesOf({ ...utterance, words }).entries()) {
      const before = place === 0 ? (utterance.pauseBeforeSeconds ?? 0) : 0
      if (before > 0 && waiting) waiting = { ...waiting, pauseSeconds: before, pauseAsked: true }
      else await file.silence(Math.round(before * sampleRateHz))
      if (waiting) await say(waiting, false)
      waiting = piece
    }
  }
  if (waiting) await say(waiting, true)
  return { warnings: warnings.list(), inferenceMs }
}

function pauseAfter({ pauseSeconds, pauseAsked }: Piece, speed: number, last: boolean): number {
  if (pauseAsked) return pauseSeconds
  return last ? tailSeconds : pauseSeconds / speed
}

function withPause(samples: Float32Array, pause: number): Float32Array {
  const whole = new Float32Array(samples.length + pause)
  whole.set(samples)
  return whole
}

function createWarnings() {
  const texts: string[] = []
  let count = 0
  return {
    add({ words }: Piece, problem: string) {
      count += 1
      if (texts.length >= maxWarnings) return
      const shown = words.slice(0, shownWords).map(({ written, spoken }) => written || spoken)
      const text = shown.join(' ') + (words.length > shownWords ? ' …' : '')
      texts.push(`“${text}”: ${problem}. Another seed may say it better.`)
    },
    list: () =>
      count > texts.length ? [...texts, `… and ${count - texts.length} more of the kind.`] : texts,
  }
}
