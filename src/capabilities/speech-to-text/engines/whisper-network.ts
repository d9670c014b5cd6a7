import { floats } from '../../../inference/float-tensor'
import type { Session, Tensor } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import type { WhisperConfig } from './whisper-config'

/**
 * Whisper's two graphs as Optimum exports them: an encoder, and a decoder whose two branches (all tokens at once; one
 * token with what was computed before) are merged under `use_cache_branch`.
 *
 * The keys and values of cross attention come out of the first branch and are only handed on after that. They are the
 * bulk of the cache (18 MB for the smallest model), so that no later step asks for them. Nothing is ever overwritten:
 * a step may be gone on from several times, which is what another try at another temperature does.
 */
export interface WhisperNetwork {
  /** Whether the export gives cross attention (the `_timestamped` repositories), from which words get their times. */
  attends: boolean
  /** @param mel [bins, frames] of a full window. */
  encode(mel: Float32Array): Promise<Tensor>
  /** Runs the decoder from the beginning over several tokens. */
  start(audio: Tensor, tokens: readonly number[]): Promise<DecoderStep>
  /** Runs the decoder over one more token. */
  next(step: DecoderStep, token: number): Promise<DecoderStep>
}

export interface DecoderStep {
  /** Of every token of the call, [tokens × vocabulary]. */
  logits: Float32Array
  /**
   * Of every token of the call: the cross attention of the alignment heads, [heads × audio positions]. Empty where the
   * export gives none.
   */
  attention: Float32Array[]
  cache: Record<string, Tensor>
}

const USE_CACHE = { data: Uint8Array.of(1), dims: [1] }
const NO_CACHE = { data: Uint8Array.of(0), dims: [1] }

export function createWhisperNetwork(
  encoder: Session,
  decoder: Session,
  config: WhisperConfig,
): WhisperNetwork {
  const layers = [...new Set(config.alignmentHeads.map(([layer]) => layer))]
  const attentions = layers.map((layer) => `cross_attentions.${layer}`)
  const attends = attentions.length > 0 && attentions.every((name) => decoder.outputNames.includes(name))
  const wanted = ['logits', ...(attends ? attentions : [])]
  const growing = decoder.outputNames.filter((name) => /^present\.\d+\.decoder\./.test(name))
  const lasting = decoder.outputNames.filter((name) => /^present\.\d+\.encoder\./.test(name))
  checkNames(decoder, config, [...growing, ...lasting])
  const cacheName = (output: string) => output.replace('present', 'past_key_values')
  const empty: Tensor = { data: new Float32Array(0), dims: [1, config.heads, 0, config.headWidth] }
  const emptyCache = Object.fromEntries([...growing, ...lasting].map((name) => [cacheName(name), empty]))

  const decode = async (
    tokens: readonly number[],
    cache: Record<string, Tensor>,
    fresh: readonly string[],
  ): Promise<DecoderStep> => {
    const ids = { data: BigInt64Array.from(tokens, BigInt), dims: [1, tokens.length] }
    const branch = fresh.includes(lasting[0]!) ? NO_CACHE : USE_CACHE
    const outputs = await decoder.run({ input_ids: ids, use_cache_branch: branch, ...cache }, [
      ...wanted,
      ...fresh,
    ])
    const logits = floats(outputs, 'logits')
    if (logits.data.length !== tokens.length * config.vocabulary) {
      throw new AppError('model_corrupt', {
        message: 'The decoder’s vocabulary is not what its config says.',
      })
    }
    return {
      logits: logits.data,
      attention: attends ? attentionRows(outputs, config, tokens.length) : [],
      cache: { ...cache, ...Object.fromEntries(fresh.map((name) => [cacheName(name), outputs[name]!])) },
    }
  }

  return {
    attends,
    async encode(data) {
      const frames = 2 * config.audioPositions
      const outputs = await encoder.run({ input_features: { data, dims: [1, config.melBins, frames] } })
      return floats(outputs, 'last_hidden_state')
    },
    start: (audio, tokens) =>
      decode(tokens, { ...emptyCache, encoder_hidden_states: audio }, [...growing, ...lasting]),
    next: (step, token) => decode([token], step.cache, growing),
  }
}

/** @throws AppError `model_corrupt` where the decoder's inputs and outputs are not those of a merged decoder. */
function checkNames(decoder: Session, config: WhisperConfig, caches: readonly string[]): void {
  const inputs = ['input_ids', 'encoder_hidden_states', 'use_cache_branch']
  const missing = inputs.find((name) => !decoder.inputNames.includes(name))
  if (missing === undefined && caches.length === 4 * config.layers) return
  throw new AppError('model_corrupt', {
    message:
      'The decoder is not a merged Whisper decoder (“decoder_model_merged.onnx” of an Optimum export): ' +
      (missing === undefined ? 'its caches are not those of its layers.' : `it has no input “${missing}”.`),
  })
}

/** Picks the alignment heads out of outputs [1, heads, tokens, positions] of several layers. */
function attentionRows(
  outputs: Record<string, Tensor>,
  { alignmentHeads, audioPositions }: WhisperConfig,
  tokens: number,
): Float32Array[] {
  return Array.from({ length: tokens }, (_, token) => {
    const row = new Float32Array(alignmentHeads.length * audioPositions)
    for (const [index, [layer, head]] of alignmentHeads.entries()) {
      const at = (head * tokens + token) * audioPositions
      const { data } = floats(outputs, `cross_attentions.${layer}`)
      row.set(data.subarray(at, at + audioPositions), index * audioPositions)
    }
    return row
  })
}
