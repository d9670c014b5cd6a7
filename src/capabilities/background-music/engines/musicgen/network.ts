import type { ModelFiles } from '../../../../inference/engine'
import { floats } from '../../../../inference/float-tensor'
import { guide } from '../../../../inference/samplers/guidance'
import type { Runtime, Session, Tensor } from '../../../../inference/runtime'
import { AppError } from '../../../../platform/errors'
import type { CodeFrame } from './codes'
import type { MusicgenConfig } from './config'

/** A description as the decoder takes it: a row with it, and one with nothing for the guidance. */
export interface Conditioning {
  states: Tensor
  mask: Tensor
}

export interface DecoderStep {
  /** Guided, of the last step: one row of logits for every codebook. */
  logits: Float32Array[]
  cache: Record<string, Tensor>
}

/**
 * MusicGen as Optimum exports it, in the layout of `Xenova/musicgen-small`: `text_encoder.onnx`,
 * `decoder_model_merged.onnx` (both decoders, chosen by `use_cache_branch`) and `encodec_decode.onnx`.
 */
export interface MusicgenNetwork {
  encode(tokens: readonly number[]): Promise<Conditioning>
  /** Runs the decoder over its first steps. @param rows [codebook][step]. */
  start(conditioning: Conditioning, rows: readonly (readonly number[])[]): Promise<DecoderStep>
  /** Runs the decoder over one more step. */
  next(step: DecoderStep, codes: readonly number[]): Promise<DecoderStep>
  /** Mono samples, nominal −1…1: `frameSamples` for every frame. */
  sound(frames: readonly CodeFrame[]): Promise<Float32Array>
  release(): Promise<void>
}

const useCache = { data: Uint8Array.of(1), dims: [1] }
const noCache = { data: Uint8Array.of(0), dims: [1] }
/** With the description, and without. */
const rowsOfGuidance = 2

export async function loadMusicgenNetwork(
  files: ModelFiles,
  runtime: Runtime,
  config: MusicgenConfig,
): Promise<MusicgenNetwork> {
  const { heads, headWidth, codebooks, options } = config
  const { providers } = files.manifest
  const open = (file: string) => runtime.createSession(files.path(file), { providers })
  const encoder = await open(options.text_encoder)
  const decoder = await open(options.decoder)
  const codec = await open(options.codec)
  checkNames(decoder)
  const growing = decoder.outputNames.filter((name) => /^present\.\d+\.decoder\./.test(name))
  const lasting = decoder.outputNames.filter((name) => /^present\.\d+\.encoder\./.test(name))
  const cacheName = (output: string) => output.replace('present', 'past_key_values')
  const empty: Tensor = { data: new Float32Array(0), dims: [rowsOfGuidance, heads, 0, headWidth] }
  const emptyCache = Object.fromEntries([...growing, ...lasting].map((name) => [cacheName(name), empty]))

  const decode = async (
    rows: readonly (readonly number[])[],
    cache: Record<string, Tensor>,
    fresh: readonly string[],
  ): Promise<DecoderStep> => {
    const outputs = await decoder.run(
      {
        input_ids: integers([...rows, ...rows]),
        use_cache_branch: fresh.length > growing.length ? noCache : useCache,
        ...cache,
      },
      ['logits', ...fresh],
    )
    const { data, dims } = floats(outputs, 'logits')
    const [, steps, codes] = dims as [number, number, number]
    const last = (row: number) => data.subarray((row * steps + steps - 1) * codes, (row + 1) * steps * codes)
    return {
      logits: rows.map((_, row) => guide(last(row), last(codebooks + row), options.guidance_scale)),
      cache: { ...cache, ...Object.fromEntries(fresh.map((name) => [cacheName(name), outputs[name]!])) },
    }
  }

  return {
    async encode(tokens) {
      const ones = tokens.map(() => 1)
      const outputs = await encoder.run({ input_ids: integers([tokens]), attention_mask: integers([ones]) })
      const { data, dims } = floats(outputs, 'last_hidden_state')
      const states = new Float32Array(rowsOfGuidance * data.length)
      states.set(data)
      return {
        states: { data: states, dims: [rowsOfGuidance, ...dims.slice(1)] },
        mask: integers([ones, tokens.map(() => 0)]),
      }
    },
    start: ({ states, mask }, rows) =>
      decode(rows, { ...emptyCache, encoder_hidden_states: states, encoder_attention_mask: mask }, [
        ...growing,
        ...lasting,
      ]),
    next: ({ cache }, codes) =>
      decode(
        codes.map((code) => [code]),
        cache,
        growing,
      ),
    async sound(frames) {
      const rows = Array.from({ length: codebooks }, (_, codebook) => frames.map((frame) => frame[codebook]!))
      const { data } = integers(rows)
      const outputs = await codec.run({ audio_codes: { data, dims: [1, 1, codebooks, frames.length] } })
      return floats(outputs, 'audio_values').data
    },
    async release() {
      await Promise.all([encoder.release(), decoder.release(), codec.release()])
    },
  }
}

function integers(rows: readonly (readonly number[])[]): Tensor {
  return { data: BigInt64Array.from(rows.flat(), BigInt), dims: [rows.length, rows[0]?.length ?? 0] }
}

function checkNames({ inputNames }: Session): void {
  const needed = ['input_ids', 'encoder_hidden_states', 'encoder_attention_mask', 'use_cache_branch']
  const missing = needed.find((name) => !inputNames.includes(name))
  if (missing === undefined) return
  throw new AppError('model_corrupt', {
    message: `The decoder is no “decoder_model_merged.onnx” of an Optimum export: it has no input “${missing}”.`,
  })
}
