import { floats } from '../../../inference/float-tensor'
import type { ModelFiles } from '../../../inference/engine'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'

/**
 * An encoder and a decoder with cache as Optimum exports them (`encoder_model.onnx`, `decoder_model_merged.onnx`):
 * Marian, M2M100, NLLB. The caches of cross attention come out of the first step and are only handed on after that.
 */
export interface SequenceNetwork {
  /** Runs the encoder over a text, and the decoder over its first tokens. */
  start(input: readonly number[], tokens: readonly number[]): Promise<SequenceStep>
  /** Runs the decoder over one more token. Steps are never changed: one may be gone on from several times. */
  next(step: SequenceStep, token: number): Promise<SequenceStep>
  release(): Promise<void>
}

export interface SequenceStep {
  /** Of the last token, one for every word of the vocabulary. */
  logits: Float32Array
  cache: Record<string, Tensor>
}

const useCache = { data: Uint8Array.of(1), dims: [1] }
const noCache = { data: Uint8Array.of(0), dims: [1] }

export async function loadSequenceNetwork(
  files: ModelFiles,
  runtime: Runtime,
  heads: number,
  headWidth: number,
): Promise<SequenceNetwork> {
  const { providers, options } = files.manifest
  const path = (name: string, fallback: string) =>
    files.path(typeof options[name] === 'string' ? options[name] : fallback)
  const encoder = await runtime.createSession(path('encoder', 'onnx/encoder_model.onnx'), { providers })
  const decoder = await runtime.createSession(path('decoder', 'onnx/decoder_model_merged.onnx'), {
    providers,
  })
  checkNames(decoder)
  const growing = decoder.outputNames.filter((name) => /^present\.\d+\.decoder\./.test(name))
  const lasting = decoder.outputNames.filter((name) => /^present\.\d+\.encoder\./.test(name))
  const cacheName = (output: string) => output.replace('present', 'past_key_values')
  const empty: Tensor = { data: new Float32Array(0), dims: [1, heads, 0, headWidth] }
  const emptyCache = Object.fromEntries([...growing, ...lasting].map((name) => [cacheName(name), empty]))

  const decode = async (
    tokens: readonly number[],
    cache: Record<string, Tensor>,
    fresh: readonly string[],
  ): Promise<SequenceStep> => {
    const first = fresh.length > growing.length
    const outputs = await decoder.run(
      { input_ids: integers(tokens), use_cache_branch: first ? noCache : useCache, ...cache },
      ['logits', ...fresh],
    )
    const { data, dims } = floats(outputs, 'logits')
    return {
      logits: data.slice(data.length - dims.at(-1)!),
      cache: { ...cache, ...Object.fromEntries(fresh.map((name) => [cacheName(name), outputs[name]!])) },
    }
  }

  return {
    async start(input, tokens) {
      const mask = integers(input.map(() => 1))
      const outputs = await encoder.run({ input_ids: integers(input), attention_mask: mask })
      const given = {
        encoder_hidden_states: floats(outputs, 'last_hidden_state'),
        encoder_attention_mask: mask,
      }
      return decode(tokens, { ...emptyCache, ...given }, [...growing, ...lasting])
    },
    next: (step, token) => decode([token], step.cache, growing),
    async release() {
      await Promise.all([encoder.release(), decoder.release()])
    },
  }
}

function integers(values: readonly number[]): Tensor {
  return { data: BigInt64Array.from(values, BigInt), dims: [1, values.length] }
}

function checkNames({ inputNames }: Session): void {
  const needed = ['input_ids', 'encoder_hidden_states', 'encoder_attention_mask', 'use_cache_branch']
  const missing = needed.find((name) => !inputNames.includes(name))
  if (missing === undefined) return
  throw new AppError('model_corrupt', {
    message: `The decoder is no “decoder_model_merged.onnx” of an Optimum export: it has no input “${missing}”.`,
  })
}
