import type { JobContext, ModelFiles } from '../../../inference/engine'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import { emissionsFromLogits, type Emissions } from '../decoding/emissions'
import { createPace } from '../decoding/pacing'
import { alignWords } from '../decoding/word-times'
import type { RecognizedWord, RecognizerEngine, RecognizerInput } from '../recognizer'
import { ctcOptionsSchema, type CtcOptions } from './ctc-options'
import { loadCtcText, type CtcText } from './ctc-text'

/**
 * Networks that map samples to a token in every frame, in one graph: Wav2Vec2 and its kin as exported for transformers.js
 * (`input_values` → `logits`, letters), and the starter recogniser (`audio` → `logits`, phones). Text is found greedily,
 * by a prefix beam search (with a language model or keyterms), or among the words of a lexicon; see `ctcOptionsSchema`.
 */
export const ctcEngine: RecognizerEngine = {
  id: 'ctc',
  windowSeconds: 20,
  aligns: true,
  async load(model: ModelFiles, runtime: Runtime) {
    const options = ctcOptionsSchema.parse(model.manifest.options)
    const { sampleRateHz, files, providers } = model.manifest
    const text = await loadCtcText(model, options)
    const session = await runtime.createSession(model.path(options.model), { providers })
    const network = createNetwork(session, options, text)
    const graphBytes = files.find((file) => file.path === options.model)?.bytes ?? 0
    return {
      bytes: graphBytes * BYTES_PER_GRAPH_BYTE + text.bytes + WORKING_BYTES,
      async run(input, job) {
        assertTranscribes(input)
        const output = { language: input.language, decoding: null }
        const { samples } = input
        if (samples.length < SHORTEST_SECONDS * sampleRateHz || isSilent(samples)) {
          return {
            ...output,
            words: (input.script ?? []).map((text) => unheard(text, samples, sampleRateHz)),
          }
        }
        job.signal.throwIfAborted()
        const emissions = await network(samples)
        return {
          ...output,
          words: await wordsOf(emissions, input, text, options, job, samples.length / sampleRateHz),
        }
      },
      async warmUp() {
        await network(new Float32Array(sampleRateHz))
      },
      release: () => session.release(),
    }
  },
}

/** Audio below this holds no word. */
const SHORTEST_SECONDS = 0.1
/** Peaks below −80 dBFS are no speech; networks that even the level would find words in them. */
const SILENT_PEAK = 1e-4
const BYTES_PER_GRAPH_BYTE = 1.3
const WORKING_BYTES = 96 * 1024 * 1024

function assertTranscribes({ task }: RecognizerInput): void {
  if (task === 'transcribe') return
  throw new AppError('invalid_parameter', {
    message: 'This model cannot translate: choose a Whisper model for that.',
  })
}

function isSilent(samples: Float32Array): boolean {
  for (const sample of samples) if (Math.abs(sample) > SILENT_PEAK) return false
  return true
}

/** A word of a script for which there is no sound. */
function unheard(text: string, samples: Float32Array, sampleRateHz: number): RecognizedWord {
  return { text, start: 0, end: samples.length / sampleRateHz, confidence: 0 }
}

function createNetwork(session: Session, options: CtcOptions, { tokenSet }: CtcText) {
  const input = portOf(session.inputNames, options.input, 'input')
  const output = portOf(session.outputNames, options.output, 'output')
  return async (samples: Float32Array): Promise<Emissions> => {
    const dims = [1, samples.length]
    const feeds: Record<string, Tensor> = {
      [input]: { data: options.normalize ? normalized(samples) : samples, dims },
    }
    if (session.inputNames.includes('attention_mask')) {
      feeds.attention_mask = { data: new BigInt64Array(samples.length).fill(1n), dims }
    }
    const { data, dims: shape = [] } = (await session.run(feeds, [output]))[output] ?? {}
    const [, frames = 0, tokens = 0] = shape
    if (!(data instanceof Float32Array) || shape.length !== 3 || tokens < tokenSet.size) {
      throw new AppError('model_corrupt', {
        message: `The network gives ${shape.join(' × ')} numbers, but its list names ${tokenSet.size} tokens: the model’s files do not belong together.`,
      })
    }
    if (options.blank_bonus !== 0) {
      for (let at = tokenSet.blank; at < data.length; at += tokens) data[at]! += options.blank_bonus
    }
    return emissionsFromLogits(data, frames, tokens)
  }
}

function portOf(names: readonly string[], wanted: string | undefined, kind: string): string {
  const name = wanted ?? names[0]
  if (name !== undefined && names.includes(name)) return name
  throw new AppError('model_corrupt', { message: `The network has no ${kind} “${wanted}”.` })
}

/** Mean 0, variance 1, as `Wav2Vec2FeatureExtractor` with `do_normalize`. */
function normalized(samples: Float32Array): Float32Array {
  let sum = 0
  for (const sample of samples) sum += sample
  const mean = sum / samples.length
  let squares = 0
  for (const sample of samples) squares += (sample - mean) ** 2
  const scale = 1 / Math.sqrt(squares / samples.length + 1e-7)
  return samples.map((sample) => (sample - mean) * scale)
}

/** Decodes or aligns, and gives the words their times. */
async function wordsOf(
  emissions: Emissions,
  input: RecognizerInput,
  text: CtcText,
  options: CtcOptions,
  job: JobContext,
  seconds: number,
): Promise<RecognizedWord[]> {
  const pace = createPace(job.signal)
  await pace.rest()
  const words = input.script
    ? input.script.map((word) => ({ text: word, spellings: text.spell(word) }))
    : await text.decode(emissions, input.keyterms, pace)
  const spans = alignWords(
    emissions,
    words.map(({ spellings }) => spellings),
    {
      topology: options.topology,
      blank: text.tokenSet.blank,
      between: text.between,
      tailFrames: Math.round(options.tail_seconds / options.hop_seconds),
    },
  )
  job.signal.throwIfAborted()
  const timeOf = (frame: number) =>
    Math.min(seconds, Math.max(0, frame * options.hop_seconds - options.delay_seconds))
  return words.map((word, index) => {
    const { start, end, confidence } = spans[index]!
    return { text: word.text, start: timeOf(start), end: timeOf(end), confidence }
  })
}
