import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

/**
 * `sherpa-onnx-node` as a peer of the NeMo and Vosk engines, on the same files. It is not a dependency: install it in a
 * folder of its own (`npm install --ignore-scripts sherpa-onnx-node@1.13.8`) and name that folder.
 */

export type SherpaKind = 'nemo-ctc' | 'nemo-transducer' | 'vosk'

export interface SherpaOptions {
  /** Folder whose `node_modules` holds `sherpa-onnx-node`. */
  peers: string
  /** Files of the model below its folder, as in a manifest's options; the defaults are sherpa-onnx's own names. */
  files?: Partial<Record<'model' | 'encoder' | 'decoder' | 'joiner' | 'tokens', string>>
  /** Mel bins of the features. */
  melBins?: number
  /** Modified beam search of this many paths (transducers). Default: greedy. */
  beamPaths?: number
}

export interface PeerTranscript {
  text: string
  /** Sentence pieces with the seconds at which they were said. */
  tokens: string[]
  timestamps: number[]
  /** Of transcribing, features included, without loading. */
  cpuSeconds: number
  wallSeconds: number
}

interface Result {
  text: string
  tokens: string[]
  timestamps: number[]
}

interface Stream {
  acceptWaveform(wave: { sampleRate: number; samples: Float32Array }): void
}

interface Recognizer {
  createStream(): Stream
  decode(stream: Stream): void
  getResult(stream: Stream): Result
}

interface Library {
  OfflineRecognizer: new (config: unknown) => Recognizer
}

/** Named apart, so that nothing takes it for a package of ours. */
const packageName = 'sherpa-onnx-node'

/**
 * Transcribes one window on one thread, as the engines do. sherpa-onnx computes NeMo's features by Kaldi's frames, which
 * differ from NeMo's own: texts may differ by a word now and then for that alone.
 *
 * @param samples Mono at 16 kHz.
 */
export function transcribeWithSherpa(
  kind: SherpaKind,
  modelDir: string,
  samples: Float32Array,
  options: SherpaOptions,
): PeerTranscript {
  return openSherpa(kind, modelDir, options)(samples)
}

/** The same for many windows: loads once. */
export function openSherpa(
  kind: SherpaKind,
  modelDir: string,
  options: SherpaOptions,
): (samples: Float32Array) => PeerTranscript {
  const require = createRequire(join(resolve(options.peers), 'package.json'))
  const { OfflineRecognizer } = require(packageName) as Library
  const recognizer = new OfflineRecognizer(configOf(kind, modelDir, options))
  return (samples) => {
    const cpu = process.cpuUsage()
    const wall = performance.now()
    const stream = recognizer.createStream()
    stream.acceptWaveform({ sampleRate: 16000, samples })
    recognizer.decode(stream)
    const { text, tokens, timestamps } = recognizer.getResult(stream)
    const { user, system } = process.cpuUsage(cpu)
    return {
      ...{ text: text.trim(), tokens, timestamps },
      cpuSeconds: (user + system) / 1e6,
      wallSeconds: (performance.now() - wall) / 1000,
    }
  }
}

function configOf(kind: SherpaKind, modelDir: string, { files, melBins, beamPaths }: SherpaOptions): unknown {
  const path = (part: keyof NonNullable<SherpaOptions['files']>, name: string) =>
    join(resolve(modelDir), files?.[part] ?? name)
  const network =
    kind === 'nemo-ctc'
      ? { nemoCtc: { model: path('model', 'model.onnx') } }
      : {
          transducer: {
            encoder: path('encoder', 'encoder.onnx'),
            decoder: path('decoder', 'decoder.onnx'),
            joiner: path('joiner', 'joiner.onnx'),
          },
          modelType: kind === 'nemo-transducer' ? 'nemo_transducer' : 'transducer',
        }
  return {
    featConfig: { sampleRate: 16000, featureDim: melBins ?? 80 },
    modelConfig: { ...network, tokens: path('tokens', 'tokens.txt'), numThreads: 1, provider: 'cpu' },
    ...(beamPaths !== undefined && { decodingMethod: 'modified_beam_search', maxActivePaths: beamPaths }),
  }
}
