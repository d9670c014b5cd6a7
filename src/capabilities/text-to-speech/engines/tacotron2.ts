import { readFile } from 'node:fs/promises'
import { z } from 'zod'

import type { JobContext, ModelFiles } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Runtime, Session } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import type { Mel } from '../mel'
import { createSeededNoise } from '../seeded-noise'
import { voiceOptionsOf, type SpeakInput, type Spoken, type VoiceEngine } from '../voice-model'
import { attentionFaults, spansOf, type AttentionFault } from './attention'
import { nvidiaEnglishSymbols, phoneSymbols, type SymbolSequence, type SymbolSet } from './symbols'
import {
  decodeFrames,
  type DecodedFrames,
  type DecodeRules,
  type DecoderSizes,
  type EncodedText,
} from './tacotron2-decoder'

const optionsSchema = z.object({
  encoder: z.string().default('encoder.onnx'),
  decoder: z.string().default('decoder_iter.onnx'),
  postnet: z.string().default('postnet.onnx'),
  /** File with one symbol a line (see `phoneSymbols`). Default: the letters of NVIDIA's English models. */
  symbols: z.string().optional(),
  gate_threshold: z.number().min(0).max(1).default(0.5),
  /** Where the graph leaves them open. */
  attention_rnn_size: z.int().positive().optional(),
  decoder_rnn_size: z.int().positive().optional(),
  /** More frames than this for each symbol are never speech. */
  max_frames_per_symbol: z.number().positive().default(16),
})

type Options = z.output<typeof optionsSchema>

const nvidiaRnnSize = 1024
const shortestLimitFrames = 120
/** Of log-mel values, whose standard deviation is about 2. */
const jitterAmplitude = 0.1
const windowSymbols = 4
const faultWords: Record<AttentionFault, string> = {
  stuck: 'a sound may be drawn out',
  'went back': 'words may be repeated',
  skipped: 'words may be missing',
  'end not reached': 'the end may be missing',
}

/**
 * Tacotron 2 from ONNX files as NVIDIA's DeepLearningExamples export it.
 *
 * `encoder.onnx`: `sequences` int64 [1, L], `sequence_lengths` int64 [1], and `speaker` int64 [1] where there are several
 * → `memory` [1, L, E], `processed_memory` [1, L, A], `lens`. `decoder_iter.onnx`: one frame a call, see `decodeFrames`.
 * `postnet.onnx`: `mel_outputs` [1, bands, T] → `mel_outputs_postnet`.
 *
 * Where attention fails, the text is spoken again: once with another seed, then with attention that can only look a few
 * symbols ahead. The best of the three is taken, and what is still wrong with it is said.
 */
export const tacotron2Engine: VoiceEngine = {
  id: 'tacotron2',
  needsVocoder: true,
  reads: (word, { options }) =>
    optionsSchema.parse(options).symbols ? Boolean(word.phones?.length) : nvidiaLetters.reads(word),
  async load(model: ModelFiles, runtime: Runtime) {
    const { manifest } = model
    const options = optionsSchema.parse(manifest.options)
    const convention = voiceOptionsOf(manifest).mel
    const symbols = await readSymbols(model, options)
    const open = (file: string) => runtime.createSession(model.path(file), { providers: manifest.providers })
    const encoder = await open(options.encoder)
    const decoder = await open(options.decoder)
    const postnet = await open(options.postnet)
    const network: Network = {
      ...{ encoder, decoder, postnet, symbols, options },
      sizes: sizesOf(decoder, options, convention.mel_bins),
      secondsPerFrame: convention.hop_length / convention.sample_rate_hz,
    }
    return {
      bytes: 2 * manifest.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0) + workingBytes,
      run: (input, job) => speak(network, input, job),
      async release() {
        await Promise.all([encoder.release(), decoder.release(), postnet.release()])
      },
    }
  },
}

/** Frames, attention and states of the longest utterance, and onnxruntime's arenas. */
const workingBytes = 32 * 1024 * 1024
const nvidiaLetters = nvidiaEnglishSymbols()

interface Network {
  encoder: Session
  decoder: Session
  postnet: Session
  symbols: SymbolSet
  options: Options
  sizes: DecoderSizes
  secondsPerFrame: number
}

async function readSymbols(model: ModelFiles, { symbols }: Options): Promise<SymbolSet> {
  if (symbols === undefined) return nvidiaLetters
  try {
    return phoneSymbols(await readFile(model.path(symbols), 'utf8'))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('model_corrupt', { message: 'The model’s list of symbols could not be read.', cause })
  }
}

function sizesOf(decoder: Session, options: Options, bands: number): DecoderSizes {
  const stated = (name: string) => {
    const size = decoder.inputShapes?.[name]?.at(-1)
    return typeof size === 'number' && size > 0 ? size : undefined
  }
  return {
    bands,
    attentionRnn: options.attention_rnn_size ?? stated('attention_hidden') ?? nvidiaRnnSize,
    decoderRnn: options.decoder_rnn_size ?? stated('decoder_hidden') ?? nvidiaRnnSize,
  }
}

/** One attempt, and what is wrong with it. */
interface Attempt {
  decoded: DecodedFrames
  faults: AttentionFault[]
}

async function speak(network: Network, input: SpeakInput, job: JobContext): Promise<Spoken> {
  const { symbols, secondsPerFrame } = network
  const sequence = symbols.encode(input.words)
  const text = await encode(network.encoder, sequence, Number(input.voice.speaker))
  const best = await bestAttempt(network, sequence, text, input.seed, job)
  job.signal.throwIfAborted()
  const mel = await refine(network, best.decoded)
  const path = { positions: best.decoded.positions, symbols: text.length, secondsPerFrame }
  return {
    sound: { kind: 'mel', mel },
    words: spansOf(path, sequence.words),
    rate: 1,
    problem: best.faults.length > 0 ? best.faults.map((fault) => faultWords[fault]).join(', ') : null,
  }
}

async function encode(session: Session, { ids }: SymbolSequence, speaker: number): Promise<EncodedText> {
  const outputs = await session.run({
    sequences: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
    sequence_lengths: { data: BigInt64Array.of(BigInt(ids.length)), dims: [1] },
    ...(session.inputNames.includes('speaker') && {
      speaker: { data: BigInt64Array.of(BigInt(speaker)), dims: [1] },
    }),
  })
  return {
    memory: floats(outputs, 'memory'),
    processedMemory: floats(outputs, 'processed_memory'),
    length: ids.length,
  }
}

async function bestAttempt(
  { decoder, sizes, options, secondsPerFrame }: Network,
  sequence: SymbolSequence,
  text: EncodedText,
  seed: number,
  job: JobContext,
): Promise<Attempt> {
  const plain: DecodeRules = {
    maxFrames: Math.ceil(shortestLimitFrames + text.length * options.max_frames_per_symbol),
    gateThreshold: options.gate_threshold,
    ...{ window: null, jitter: null },
  }
  const jitter = { noise: createSeededNoise(seed), amplitude: jitterAmplitude }
  let best: Attempt | null = null
  for (const rules of [plain, { ...plain, jitter }, { ...plain, window: windowSymbols }]) {
    const decoded = await decodeFrames(decoder, text, sizes, rules, job)
    const path = { positions: decoded.positions, symbols: text.length, secondsPerFrame }
    const faults = attentionFaults(path, (symbol) => sequence.silent(symbol))
    if (!best || faults.length < best.faults.length) best = { decoded, faults }
    if (faults.length === 0) break
    job.log.debug({ faults, symbols: text.length, frames: decoded.frames }, 'attention failed')
  }
  return best!
}

/** The post-net's second thoughts about all frames. */
async function refine({ postnet, sizes: { bands } }: Network, { data, frames }: DecodedFrames): Promise<Mel> {
  const planes = new Float32Array(bands * frames)
  for (let frame = 0; frame < frames; frame++) {
    for (let band = 0; band < bands; band++) planes[band * frames + frame] = data[frame * bands + band]!
  }
  const outputs = await postnet.run({ mel_outputs: { data: planes, dims: [1, bands, frames] } })
  return { bands, frames, data: floats(outputs, 'mel_outputs_postnet').data }
}
