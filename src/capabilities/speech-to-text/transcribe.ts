import type { JobContext, LoadedModel } from '../../inference/engine'
import { segmentsOf } from '../../transcript/segments'
import { mergeOverlap } from './merge-overlap'
import type { RecognizedWord, RecognizerInput, RecognizerOutput } from './recognizer'
import type { SpeechWindow } from './speech-windows'

/** A word at its place in the recording. */
export interface HeardWord extends RecognizedWord {
  decoding: RecognizerOutput['decoding']
}

export interface TranscribeOptions {
  windows: AsyncIterable<SpeechWindow>
  model: LoadedModel<RecognizerInput, RecognizerOutput>
  request: Omit<RecognizerInput, 'samples' | 'script'>
  /** Forced alignment: the words that are said in each window, by the window's number. */
  scripts?: readonly (readonly string[])[]
  job: JobContext
  /** Windows to recognise together; see `windowsAtOnce`. Default: 1. */
  atOnce?: number
  /** Told after every window. */
  onWindow(heard: WindowReport): Promise<void> | void
}

export interface WindowReport {
  window: SpeechWindow
  /** Of this window alone. */
  words: HeardWord[]
  /** What is certain by now and can be shown. */
  allWords: readonly HeardWord[]
}

export interface Heard {
  words: HeardWord[]
  /** The language that was given, or found in the first window where one was. */
  language: string | null
  /** Time spent in the model. */
  inferenceMs: number
}

/**
 * Recognises a recording window by window, or `atOnce` of them together; what windows share is merged. What is held does
 * not grow with the recording, but for its words.
 */
export async function transcribeWindows(options: TranscribeOptions): Promise<Heard> {
  const { model, request, job, atOnce = 1 } = options
  let words: HeardWord[] = []
  let { language } = request
  let inferenceMs = 0
  let number = 0

  async function recognise(window: SpeechWindow) {
    const script = options.scripts?.[number++] ?? null
    const heard: RecognizerOutput =
      script?.length === 0
        ? { words: [], language, decoding: null }
        : await model.run({ ...request, language, script, samples: window.samples }, job)
    return { window, heard, scripted: script !== null }
  }

  for await (const windows of groupsOf(options.windows, atOnce)) {
    job.signal.throwIfAborted()
    const startedAt = performance.now()
    const recognised = await Promise.all(windows.map(recognise))
    inferenceMs += performance.now() - startedAt
    for (const { window, heard, scripted } of recognised) {
      language ??= heard.words.length > 0 ? heard.language : null
      const placed = place(heard, window)
      // A script was dealt out to the windows already: none of its words is there twice.
      words =
        window.overlapSeconds > 0 && !scripted
          ? mergeOverlap(words, placed, { start: window.start, end: window.start + window.overlapSeconds })
          : words.concat(placed)
      await options.onWindow({ window, words: placed, allWords: words })
    }
  }
  return { words: inOrder(words), language, inferenceMs }
}

async function* groupsOf<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let group: Item[] = []
  for await (const item of items) {
    group.push(item)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

function place({ words, decoding }: RecognizerOutput, { start }: SpeechWindow): HeardWord[] {
  return words.map((word) => ({
    ...word,
    start: rounded(start + word.start),
    end: rounded(start + Math.max(word.start, word.end)),
    confidence: Math.min(1, Math.max(0, word.confidence)),
    decoding,
  }))
}

/** Words of different windows never overlap for longer than a rounding. */
function inOrder(words: HeardWord[]): HeardWord[] {
  const sorted = [...words].sort((a, b) => a.start - b.start || a.end - b.end)
  return sorted.map((word, index) => {
    const next = sorted[index + 1]
    return next && word.end > next.start ? { ...word, end: Math.max(word.start, next.start) } : word
  })
}

/** The text of the words that begin before `seconds`, for showing while the job runs. */
export function textBefore(words: readonly HeardWord[], seconds: number, language: string | null): string {
  const shown = words.filter(({ start }) => start < seconds).map((word) => ({ ...word, speaker: null }))
  return segmentsOf(shown, language)
    .map(({ text }) => text)
    .join('\n')
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
