import type { Engine } from '../../inference/engine'

/** One window of speech to recognise. Windows are cut at pauses and are at most `windowSeconds` of the engine long. */
export interface RecognizerInput {
  /** Mono, −1…1, at the manifest's `sampleRateHz`. */
  samples: Float32Array
  /** BCP 47 primary tag; null = find out (models of one language ignore it). */
  language: string | null
  /** `translate`: to English, where the model can. */
  task: 'transcribe' | 'translate'
  /** What was said before, or words to expect: context for models that take it. */
  prompt: string | null
  /** Words and phrases to prefer. */
  keyterms: readonly string[]
  /** 0 = the most probable text; above that, sampled. Null = 0 with the engine's own fall-back. */
  temperature: number | null
  /**
   * Forced alignment: the words that are said, as written; the engine only finds their times. `language` is theirs.
   */
  script: readonly string[] | null
}

/** Seconds from the window's beginning. */
export interface RecognizedWord {
  /** With its punctuation, without spaces. */
  text: string
  start: number
  end: number
  /** 0–1. */
  confidence: number
}

export interface RecognizerOutput {
  /** In order of time. Empty where nothing was said. */
  words: RecognizedWord[]
  /** The language that was found or given; null where the model does not say. */
  language: string | null
  /** Whisper's measures, where the engine has them. */
  decoding: {
    avg_logprob: number
    no_speech_prob: number
    compression_ratio: number
    temperature: number
  } | null
}

/**
 * A recogniser of speech. `run` looks at `job.signal` between steps of decoding, throws `canceled`, and gives the same
 * words for the same input and seed. `script` on an engine that cannot align throws `invalid_parameter`.
 */
export interface RecognizerEngine extends Engine<RecognizerInput, RecognizerOutput> {
  /** Longest window that the engine takes. */
  windowSeconds: number
  /** Whether `script` is understood. */
  aligns: boolean
  /**
   * How many windows its graphs take in one call. `run` may be called that often at once; calls of the same turn of the
   * event loop are then joined, with the same result as one after another. Default: 1.
   */
  batch?: number
}

/** On a CPU a window keeps a core busy by itself: more at once cost memory and gain nothing. */
export function windowsAtOnce({ batch = 1 }: Pick<RecognizerEngine, 'batch'>, provider: string): number {
  return provider === 'cpu' ? 1 : batch
}
