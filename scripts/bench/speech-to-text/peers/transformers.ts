import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * `@huggingface/transformers` as a peer of the Whisper engine, on the same files. It is not a dependency: install it in a
 * folder of its own (`npm install --ignore-scripts @huggingface/transformers@4.3.1`) and name that folder.
 */

export interface TransformersOptions {
  /** Folder whose `node_modules` holds `@huggingface/transformers`. */
  peers: string
  /** `q8` takes the files that end in `_quantized.onnx`. */
  dtype?: 'fp32' | 'q8'
  language?: string | null
  task?: 'transcribe' | 'translate'
  timestamps?: boolean
  maxNewTokens?: number
}

export interface PeerTranscript {
  text: string
  /** Tokens of all of the decoder's input and output. */
  tokens: number[]
  /** Of transcribing, without loading. */
  cpuSeconds: number
  wallSeconds: number
  /** Of the features alone, in the same run. */
  featureCpuSeconds: number
}

interface Pipeline {
  processor: (samples: Float32Array) => Promise<{ input_features: unknown }>
  model: {
    config: { vocab_size: number }
    generation_config: { no_timestamps_token_id: number; suppress_tokens: number[] | null }
    generate: (options: Record<string, unknown>) => Promise<{ tolist: () => bigint[][] }>
  }
  tokenizer: { decode: (tokens: number[], options: { skip_special_tokens: boolean }) => string }
  dispose: () => Promise<unknown>
}

interface Library {
  env: { localModelPath: string; allowRemoteModels: boolean }
  pipeline: (task: string, model: string, options: Record<string, unknown>) => Promise<Pipeline>
}

async function loadLibrary(peers: string): Promise<Library> {
  const require = createRequire(join(resolve(peers), 'package.json'))
  const entry = require.resolve('@huggingface/transformers')
  return (await import(pathToFileURL(entry).href)) as Library
}

/**
 * Transcribes one window, greedily, on one thread as the engine does. Tokens are comparable without timestamps only:
 * 4.3.1 lets times go back, and a text begin at any of them, which openai/whisper and the engine do not.
 *
 * @param modelDir A model in the layout of the `onnx-community` repositories.
 * @param samples Mono at 16 kHz, no longer than the model's window.
 */
export async function transcribeWithTransformers(
  modelDir: string,
  samples: Float32Array,
  options: TransformersOptions,
): Promise<PeerTranscript> {
  const { env, pipeline } = await loadLibrary(options.peers)
  env.localModelPath = dirname(resolve(modelDir))
  env.allowRemoteModels = false
  const { processor, model, tokenizer, dispose } = await openPipeline(pipeline, modelDir, options)
  const timestamps = options.timestamps ?? true
  const clock = startClock()
  const { input_features: features } = await processor(samples)
  const featureCpuSeconds = clock().cpuSeconds
  const [tokens] = (
    await model.generate({
      inputs: features,
      return_timestamps: timestamps,
      ...(!timestamps && { suppress_tokens: withoutTimes(model) }),
      ...(options.language != null && { language: options.language }),
      task: options.task ?? 'transcribe',
      ...(options.maxNewTokens !== undefined && { max_new_tokens: options.maxNewTokens }),
    })
  ).tolist()
  const ids = tokens!.map(Number)
  const text = tokenizer.decode(ids, { skip_special_tokens: true })
  const measured = { ...clock(), featureCpuSeconds }
  await dispose()
  return { text, tokens: ids, ...measured }
}

/** Never a timestamp where none are wanted, as the engine decodes. */
function withoutTimes({ config, generation_config: generation }: Pipeline['model']): number[] {
  const first = generation.no_timestamps_token_id
  const times = Array.from({ length: config.vocab_size - first }, (_, n) => first + n)
  return [...(generation.suppress_tokens ?? []), ...times]
}

async function openPipeline(
  pipeline: Library['pipeline'],
  modelDir: string,
  { dtype }: TransformersOptions,
): Promise<Pipeline> {
  const opened = await pipeline('automatic-speech-recognition', basename(resolve(modelDir)), {
    dtype: dtype ?? 'fp32',
    device: 'cpu',
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
  })
  return {
    processor: (samples) => opened.processor(samples),
    model: opened.model,
    tokenizer: opened.tokenizer,
    dispose: () => opened.dispose(),
  }
}

function startClock(): () => { cpuSeconds: number; wallSeconds: number } {
  const cpu = process.cpuUsage()
  const wall = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { cpuSeconds: (user + system) / 1e6, wallSeconds: (performance.now() - wall) / 1000 }
  }
}
