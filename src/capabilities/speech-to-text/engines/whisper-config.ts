import { readFile } from 'node:fs/promises'
import { z } from 'zod'

import type { ModelFiles } from '../../../inference/engine'
import type { TextTokenizer } from '../../../inference/tokenizer'
import { AppError } from '../../../platform/errors'

/**
 * Manifest options of the Whisper engine. The defaults are the names in the `onnx-community` and `Xenova` repositories,
 * which are laid out by Optimum's export.
 */
const optionsSchema = z.strictObject({
  encoder: z.string().default('onnx/encoder_model.onnx'),
  decoder: z.string().default('onnx/decoder_model_merged.onnx'),
  /** False for models that were tuned without timestamp tokens. */
  timestamps: z.boolean().default(true),
})

const tokenList = z.array(z.int()).nullish()

const configSchema = z.object({
  d_model: z.int(),
  decoder_layers: z.int(),
  decoder_attention_heads: z.int(),
  max_source_positions: z.int(),
  max_target_positions: z.int(),
  num_mel_bins: z.int(),
  vocab_size: z.int(),
  suppress_tokens: tokenList,
  begin_suppress_tokens: tokenList,
})

const generationSchema = z.object({
  is_multilingual: z.boolean().optional(),
  suppress_tokens: tokenList,
  begin_suppress_tokens: tokenList,
  max_initial_timestamp_index: z.int().nullish(),
  alignment_heads: z.array(z.tuple([z.int(), z.int()])).nullish(),
})

export interface WhisperConfig {
  /** False for the models of English alone, whose decoder takes neither language nor task. */
  multilingual: boolean
  encoderFile: string
  decoderFile: string
  timestamps: boolean
  melBins: number
  layers: number
  heads: number
  headWidth: number
  vocabulary: number
  /** Encoder positions of a full window; a mel frame (10 ms) is half of one. */
  audioPositions: number
  /** Longest token sequence of the decoder. */
  textPositions: number
  /** [layer, head] pairs whose cross attention follows time. */
  alignmentHeads: (readonly [layer: number, head: number])[]
  suppressed: number[]
  suppressedAtBegin: number[]
  /** The first timestamp may be at most this many positions into the window. */
  maxInitialTimestamp: number
}

/** The tokens that steer the decoder. */
export interface WhisperTokens {
  start: number
  end: number
  transcribe: number
  translate: number
  previous: number
  noSpeech: number
  noTimestamps: number
  /** Token of 0.00 s; every token from here on is a time. */
  firstTimestamp: number
  /** Language tokens by their code. */
  languages: ReadonlyMap<string, number>
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new AppError('model_corrupt', {
      message: `The model’s file ${path.split('/').at(-1)} is not what a Whisper model has.`,
      cause,
    })
  }
}

/** @throws AppError `model_corrupt` where a file is no Whisper configuration. */
export async function readWhisperConfig(model: ModelFiles): Promise<WhisperConfig> {
  const options = optionsSchema.safeParse(model.manifest.options)
  if (!options.success) {
    throw new AppError('model_corrupt', {
      message: 'The manifest’s options are not the Whisper engine’s.',
      cause: options.error,
    })
  }
  const config = await readJson(model.path('config.json'), configSchema)
  const generation = await readJson(model.path('generation_config.json'), generationSchema)
  return {
    // The vocabulary of the English models is that of GPT-2, one token shorter.
    multilingual: generation.is_multilingual ?? config.vocab_size >= 51865,
    encoderFile: options.data.encoder,
    decoderFile: options.data.decoder,
    timestamps: options.data.timestamps,
    melBins: config.num_mel_bins,
    layers: config.decoder_layers,
    heads: config.decoder_attention_heads,
    headWidth: config.d_model / config.decoder_attention_heads,
    vocabulary: config.vocab_size,
    audioPositions: config.max_source_positions,
    textPositions: config.max_target_positions,
    alignmentHeads: generation.alignment_heads ?? upperHalf(config),
    suppressed: generation.suppress_tokens ?? config.suppress_tokens ?? [],
    suppressedAtBegin: generation.begin_suppress_tokens ?? config.begin_suppress_tokens ?? [],
    // One second, as openai/whisper decodes, where the model does not say.
    maxInitialTimestamp: generation.max_initial_timestamp_index ?? 50,
  }
}

/** As openai/whisper takes them for models whose heads nobody has looked at. */
function upperHalf(config: z.infer<typeof configSchema>): [number, number][] {
  const first = Math.floor(config.decoder_layers / 2)
  const heads = Array.from({ length: config.decoder_attention_heads }, (_, head) => head)
  return Array.from({ length: config.decoder_layers - first }, (_, n) => n + first).flatMap((layer) =>
    heads.map((head): [number, number] => [layer, head]),
  )
}

/** @throws AppError `model_corrupt` where the tokenizer lacks one of Whisper's special tokens. */
export function whisperTokens(tokenizer: TextTokenizer): WhisperTokens {
  const idOf = (...spellings: string[]): number => {
    const id = spellings.map((spelling) => tokenizer.idOf(spelling)).find((found) => found !== undefined)
    if (id !== undefined) return id
    throw new AppError('model_corrupt', {
      message: `The model’s tokenizer has no ${spellings[0]!}: it is not a Whisper tokenizer.`,
    })
  }
  const start = idOf('<|startoftranscript|>')
  const translate = idOf('<|translate|>')
  const noTimestamps = idOf('<|notimestamps|>')
  const languages = new Map<string, number>()
  for (const [id, spelling] of tokenizer.addedTokens) {
    const code = /^<\|([a-z]{2,3})\|>$/.exec(spelling)?.[1]
    // Language tokens stand between the start and the tasks.
    if (code !== undefined && id > start && id < translate) languages.set(code, id)
  }
  return {
    start,
    end: idOf('<|endoftext|>'),
    transcribe: idOf('<|transcribe|>'),
    translate,
    previous: idOf('<|startofprev|>'),
    // Older tokenizers call it by what it was made of.
    noSpeech: idOf('<|nospeech|>', '<|nocaptions|>'),
    noTimestamps,
    firstTimestamp: noTimestamps + 1,
    languages,
  }
}
