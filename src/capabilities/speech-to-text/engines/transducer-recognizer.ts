import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { JobContext, LoadedModel, ModelFiles } from '../../../inference/engine'
import type { Runtime, Session } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import { createPace } from '../decoding/pacing'
import { createTokenSet, readTokens, type TokenSet } from '../decoding/token-set'
import type { RecognizerInput, RecognizerOutput } from '../recognizer'
import { createPieceKeyterms, defaultLetterBoost } from './piece-keyterms'
import { searchBeam } from './transducer-beam'
import { searchGreedy } from './transducer-greedy'
import type { Encoded, TransducerNetwork } from './transducer-network'
import { wordsOfSpoken } from './transducer-words'

/** Manifest options that all transducers share; the defaults are sherpa-onnx's. */
export const transducerOptionsSchema = z.strictObject({
  encoder: z.string().default('encoder.onnx'),
  decoder: z.string().default('decoder.onnx'),
  joiner: z.string().default('joiner.onnx'),
  tokens: z.string().default('tokens.txt'),
  mel_bins: z.int().positive().default(80),
  /** Searches with a beam always, not only when there are keyterms. */
  beam_search: z.boolean().default(false),
  beam_paths: z.int().min(2).max(32).default(4),
  /** Natural log a letter. */
  keyterm_boost: z.number().positive().default(defaultLetterBoost),
})

export type TransducerOptions = z.infer<typeof transducerOptionsSchema>

/** The three graphs of a transducer. */
export interface TransducerSessions {
  encoder: Session
  decoder: Session
  joiner: Session
}

export async function openTransducer(
  model: ModelFiles,
  runtime: Runtime,
  options: TransducerOptions,
): Promise<TransducerSessions> {
  const open = (file: string) =>
    runtime.createSession(model.path(file), { providers: model.manifest.providers })
  return {
    encoder: await open(options.encoder),
    decoder: await open(options.decoder),
    joiner: await open(options.joiner),
  }
}

/** Everything about one architecture that the recogniser needs. */
export interface Transducer<State> {
  sessions: TransducerSessions
  tokenSet: TokenSet
  network: TransducerNetwork<State>
  encode(samples: Float32Array): Promise<Encoded>
  secondsPerFrame: number
}

/** Audio below this holds no word, and is too short for some encoders. */
const SHORTEST_SECONDS = 0.1
/**
 * What three sessions hold, measured as resident memory around windows of 30 s: a Zipformer of 54 MB of files 110 MB
 * loaded and 450 MB more at work, a FastConformer with TDT of 106 MB of files 172 MB and 236 MB.
 */
const BYTES_PER_FILE_BYTE = 2
const WORKING_BYTES = 384 * 1024 * 1024

export function createTransducerRecognizer<State>(
  model: ModelFiles,
  transducer: Transducer<State>,
  options: TransducerOptions,
): LoadedModel<RecognizerInput, RecognizerOutput> {
  const { tokenSet, network, secondsPerFrame } = transducer
  const { sampleRateHz, files } = model.manifest
  const silent = (token: number) => tokenSet.startsWord[token] === 0 && tokenSet.texts[token] === ''

  const run = async (input: RecognizerInput, job: JobContext): Promise<RecognizerOutput> => {
    assertTranscribes(input)
    const windowSeconds = input.samples.length / sampleRateHz
    const output = { language: input.language, decoding: null }
    if (windowSeconds < SHORTEST_SECONDS) return { ...output, words: [] }
    job.signal.throwIfAborted()
    const encoded = await transducer.encode(input.samples)
    const pace = createPace(job.signal)
    await pace.rest()
    const keyterms = createPieceKeyterms(input.keyterms, tokenSet, options.keyterm_boost)
    const spoken =
      options.beam_search || keyterms
        ? (await searchBeam(network, encoded, { paths: options.beam_paths, keyterms, silent }, pace)).spoken
        : await searchGreedy(network, encoded, silent, pace)
    return { ...output, words: wordsOfSpoken(spoken, tokenSet, secondsPerFrame, windowSeconds) }
  }
  return {
    bytes: files.reduce((sum, file) => sum + (file.bytes ?? 0), 0) * BYTES_PER_FILE_BYTE + WORKING_BYTES,
    run,
    async warmUp() {
      await transducer.encode(new Float32Array(sampleRateHz))
    },
    async release() {
      for (const session of Object.values(transducer.sessions) as Session[]) await session.release()
    },
  }
}

/** @throws AppError `invalid_parameter` for what these networks cannot do. */
function assertTranscribes({ script, task }: RecognizerInput): void {
  if (script) {
    throw new AppError('invalid_parameter', {
      message: 'This model cannot align a script: choose a CTC model (wav2vec2, nemo-…-ctc) for that.',
    })
  }
  if (task === 'translate') {
    throw new AppError('invalid_parameter', {
      message: 'This model cannot translate: choose a Whisper model for that.',
    })
  }
}

/** @throws AppError `model_corrupt` where the list is damaged or lacks the blank. */
export async function readTokenSet(path: string, blank: string | number): Promise<TokenSet> {
  return createTokenSet(readTokens(await readFile(path, 'utf8')), { blank })
}
