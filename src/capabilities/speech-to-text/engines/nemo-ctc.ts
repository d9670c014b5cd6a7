import { z } from 'zod'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import type { Runtime, Session } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import { emissionsFromLogits, type Emissions } from '../decoding/emissions'
import { decodeGreedy } from '../decoding/greedy'
import { createPace } from '../decoding/pacing'
import { decodePrefixBeam } from '../decoding/prefix-beam'
import type { TokenSet } from '../decoding/token-set'
import { alignWords } from '../decoding/word-times'
import type { RecognizedWord, RecognizerEngine, RecognizerInput } from '../recognizer'
import { createBatcher } from './batcher'
import { createNemoFeatures, type NemoFeatures } from './nemo-features'
import { createPieceKeyterms, defaultLetterBoost } from './piece-keyterms'
import { pieceSpellings } from './piece-spellings'
import { floatsOf, portsOf } from './transducer-network'
import { readTokenSet } from './transducer-recognizer'

const optionsSchema = z.strictObject({
  model: z.string().default('model.onnx'),
  tokens: z.string().default('tokens.txt'),
  mel_bins: z.int().positive().default(80),
  normalize: z.enum(['per_feature', 'none']).default('per_feature'),
  subsampling_factor: z.int().positive().default(8),
  /** Searches with a beam always, not only when there are keyterms. */
  beam_search: z.boolean().default(false),
  beam_size: z.int().min(2).max(500).default(32),
  /** Natural log a letter. */
  keyterm_boost: z.number().positive().default(defaultLetterBoost),
})

/** Audio below this holds no word. */
const SHORTEST_SECONDS = 0.1
/** As many as keep a GPU busy; a padded window costs as much as the longest one of its call. */
const WINDOWS_A_CALL = 8
/** How long the sound of a word's last token may go on after its last frame. */
const TAIL_SECONDS = 0.24
/** As measured with the same encoder in `nemo-transducer`: resident memory around windows of 30 s. */
const BYTES_PER_FILE_BYTE = 2
const WORKING_BYTES = 256 * 1024 * 1024

/**
 * NVIDIA NeMo's CTC models (Conformer, FastConformer, Parakeet CTC) as sherpa-onnx exports them.
 *
 * Files: `model` audio_signal [B, mel, T], length [B] → log-probabilities [B, T′, tokens]; `tokens` with sentence pieces, the
 * blank `<blk>` last. Manifest options, with their defaults: `model` `model.onnx`, `tokens` `tokens.txt`, `mel_bins` 80,
 * `normalize` `per_feature`, `subsampling_factor` 8 (Conformer: 4; the file's metadata says), `beam_search` false,
 * `beam_size` 32, `keyterm_boost` 0.5 a letter.
 *
 * Greedy; prefix beam search where there are keyterms. A script is aligned over every way to cut its words into the
 * network's pieces (see `pieceSpellings`), as no tokenizer is published with these models. Times are as fine as the
 * encoder's frames: 80 ms, 40 ms for Conformer.
 */
export const nemoCtcEngine: RecognizerEngine = {
  id: 'nemo-ctc',
  windowSeconds: 30,
  aligns: true,
  batch: WINDOWS_A_CALL,
  async load(model: ModelFiles, runtime: Runtime) {
    const options = optionsSchema.parse(model.manifest.options)
    const { sampleRateHz, files, providers } = model.manifest
    const tokenSet = await readTokenSet(model.path(options.tokens), '<blk>')
    const features = createNemoFeatures({
      bins: options.mel_bins,
      sampleRateHz,
      normalize: options.normalize,
    })
    const session = await runtime.createSession(model.path(options.model), { providers })
    const secondsPerFrame = options.subsampling_factor * 0.01
    const network = createBatcher(WINDOWS_A_CALL, (windows: readonly NemoFeatures[]) =>
      emissionsOf(session, windows, tokenSet, options.subsampling_factor),
    )
    const stepSamples = Math.round(secondsPerFrame * sampleRateHz)
    const listen = (samples: Float32Array) => network(features(inWholeSteps(samples, stepSamples)))
    return {
      bytes: files.reduce((sum, file) => sum + (file.bytes ?? 0), 0) * BYTES_PER_FILE_BYTE + WORKING_BYTES,
      async run(input, job) {
        assertTranscribes(input)
        const output = { language: input.language, decoding: null }
        if (input.samples.length < SHORTEST_SECONDS * sampleRateHz) return { ...output, words: [] }
        job.signal.throwIfAborted()
        const emissions = await listen(input.samples)
        const words = input.script
          ? input.script.map((text) => ({ text, spellings: pieceSpellings(tokenSet, text) }))
          : await decode(emissions, tokenSet, input.keyterms, options, job)
        job.signal.throwIfAborted()
        return { ...output, words: timed(words, emissions, tokenSet, secondsPerFrame) }
      },
      async warmUp() {
        await listen(new Float32Array(sampleRateHz))
      },
      release: () => session.release(),
    }
  },
}

function assertTranscribes({ task }: RecognizerInput): void {
  if (task === 'transcribe') return
  throw new AppError('invalid_parameter', {
    message: 'This model cannot translate: choose a Whisper model for that.',
  })
}

/**
 * Without the end that fills no frame of the encoder, at most 80 ms of the pause behind the speech. Convolutions that are
 * not masked, as in NeMo's exports, then never see what lies behind a window: padding cannot change what is heard.
 */
function inWholeSteps(samples: Float32Array, stepSamples: number): Float32Array {
  return samples.subarray(0, Math.floor(samples.length / stepSamples) * stepSamples)
}

/** One call for all windows. The shorter ones are padded, and `length` tells the network how far to look. */
async function emissionsOf(
  session: Session,
  windows: readonly NemoFeatures[],
  tokenSet: TokenSet,
  subsamplingFactor: number,
): Promise<Emissions[]> {
  const { inputs, outputs } = portsOf(session, 'the model', 2, 1)
  const longest = Math.max(...windows.map(({ frames }) => frames))
  const [{ bins }] = windows as [NemoFeatures]
  const results = await session.run({
    [inputs[0]!]: { data: padded(windows, longest), dims: [windows.length, bins, longest] },
    [inputs[1]!]: {
      data: BigInt64Array.from(windows, ({ frames }) => BigInt(frames)),
      dims: [windows.length],
    },
  })
  const { data: logProbs, dims } = floatsOf(results, outputs[0]!)
  const [, heard = 0, tokens = 0] = dims
  if (tokens !== tokenSet.size) {
    throw new AppError('model_corrupt', {
      message: `The network knows ${tokens} tokens, but its list names ${tokenSet.size}: the model’s files do not belong together.`,
    })
  }
  return windows.map(({ frames }, index) => {
    const own = Math.min(heard, Math.ceil(frames / subsamplingFactor))
    const first = index * heard * tokens
    return emissionsFromLogits(logProbs.slice(first, first + own * tokens), own, tokens)
  })
}

/** [windows, bins, longest], zeros behind the shorter ones. */
function padded(windows: readonly NemoFeatures[], longest: number): Float32Array {
  if (windows.length === 1) return windows[0]!.data
  const rows = windows.flatMap(({ data, bins, frames }) =>
    Array.from({ length: bins }, (_, bin) => data.subarray(bin * frames, (bin + 1) * frames)),
  )
  const out = new Float32Array(rows.length * longest)
  for (const [index, row] of rows.entries()) out.set(row, index * longest)
  return out
}

/** A word with the token sequences that may say it. */
interface SpelledWord {
  text: string
  spellings: readonly (readonly number[])[]
}

async function decode(
  emissions: Emissions,
  tokenSet: TokenSet,
  terms: readonly string[],
  options: z.infer<typeof optionsSchema>,
  job: JobContext,
): Promise<SpelledWord[]> {
  const pace = createPace(job.signal)
  await pace.rest()
  const keyterms = createPieceKeyterms(terms, tokenSet, options.keyterm_boost)
  const { words } =
    options.beam_search || keyterms
      ? await decodePrefixBeam(
          emissions,
          tokenSet,
          { lm: null, keyterms },
          {
            ...{ beamSize: options.beam_size, beamThreshold: 12, tokenThreshold: -8 },
            ...{ lmWeight: 0, wordScore: 0, unknownScore: 0 },
          },
          pace,
        )
      : decodeGreedy(emissions, tokenSet)
  return words.map(({ text, tokens }) => ({ text, spellings: [tokens] }))
}

function timed(
  words: readonly SpelledWord[],
  emissions: Emissions,
  tokenSet: TokenSet,
  secondsPerFrame: number,
): RecognizedWord[] {
  const spans = alignWords(
    emissions,
    words.map(({ spellings }) => spellings),
    {
      ...{ topology: 'ctc', blank: tokenSet.blank, between: -1 },
      tailFrames: Math.round(TAIL_SECONDS / secondsPerFrame),
    },
  )
  return words.map(({ text }, index) => {
    const { start, end, confidence } = spans[index]!
    return { text, start: start * secondsPerFrame, end: end * secondsPerFrame, confidence }
  })
}
