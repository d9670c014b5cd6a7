import { z } from 'zod'
import type { ModelFiles } from '../../../inference/engine'
import type { Runtime, Session } from '../../../inference/runtime'
import type { RecognizerEngine } from '../recognizer'
import { createKaldiFbank, type FrameFeatures } from './kaldi-fbank'
import {
  createJoiner,
  floatsOf,
  portsOf,
  type Encoded,
  type PredictionStep,
  type TransducerNetwork,
} from './transducer-network'
import {
  createTransducerRecognizer,
  openTransducer,
  readTokenSet,
  transducerOptionsSchema,
  type TransducerSessions,
} from './transducer-recognizer'

const optionsSchema = transducerOptionsSchema.extend({
  context_size: z.int().positive().default(2),
  blank_id: z.int().nonnegative().default(0),
  subsampling_factor: z.int().positive().default(4),
  sample_scale: z.number().positive().default(1),
})

/**
 * The transducers that Vosk publishes (https://huggingface.co/alphacep, `vosk-model-ru` 0.54 and its kin), and every
 * other offline transducer of icefall in the layout of sherpa-onnx: a Zipformer (Yao et al., 2023) or Conformer encoder
 * over Kaldi's filter bank, a stateless prediction network over the last tokens (Ghodsi et al., 2020), a joint network.
 *
 * Files: `encoder` x [N, T, mel], x_lens [N] → [N, T′, C], lengths; `decoder` y [N, context_size] → [N, C]; `joiner`
 * [N, C], [N, C] → logits [N, tokens]; `tokens` with sentence pieces. Manifest options, with their defaults:
 * `encoder`, `decoder`, `joiner`, `tokens` (`encoder.onnx`, `decoder.onnx`, `joiner.onnx`, `tokens.txt`; Vosk's lie in
 * `am-onnx/` or `am/`, and `lang/`), `mel_bins` 80, `context_size` 2, `blank_id` 0, `subsampling_factor` 4,
 * `sample_scale` 1 (32768 for models trained on Kaldi's own scale), `beam_search` false, `beam_paths` 4,
 * `keyterm_boost` 0.5 a letter.
 *
 * Kaldi models through the npm package `vosk` are not supported: its last release (0.3.39, 2022) stands on ffi-napi
 * 4.0.3, which no longer compiles against Node 20's headers, and its network format cannot use any GPU provider. The
 * ONNX transducers are Vosk's own present models, and the better ones.
 */
export const voskEngine: RecognizerEngine = {
  id: 'vosk',
  windowSeconds: 30,
  aligns: false,
  async load(model: ModelFiles, runtime: Runtime) {
    const options = optionsSchema.parse(model.manifest.options)
    const { sampleRateHz } = model.manifest
    const tokenSet = await readTokenSet(model.path(options.tokens), options.blank_id)
    const features = createKaldiFbank({
      bins: options.mel_bins,
      sampleRateHz,
      lowHz: 20,
      highHz: sampleRateHz / 2 - 400,
      sampleScale: options.sample_scale,
    })
    const sessions = await openTransducer(model, runtime, options)
    const { blank, size: tokens } = tokenSet
    const network = await createStatelessNetwork(sessions, { blank, tokens, context: options.context_size })
    return createTransducerRecognizer(
      model,
      {
        sessions,
        tokenSet,
        network,
        encode: (samples) => encode(sessions.encoder, features(samples)),
        secondsPerFrame: options.subsampling_factor * 0.01,
      },
      options,
    )
  },
}

async function encode(session: Session, { data, frames, bins }: FrameFeatures): Promise<Encoded> {
  const { inputs, outputs } = portsOf(session, 'the encoder', 2, 1)
  const results = await session.run({
    [inputs[0]!]: { data, dims: [1, frames, bins] },
    [inputs[1]!]: { data: BigInt64Array.of(BigInt(frames)), dims: [1] },
  })
  const encoded = floatsOf(results, outputs[0]!)
  return { data: encoded.data, frames: encoded.dims[1]!, width: encoded.dims[2]! }
}

/** State: the last tokens, oldest first; −1 stands for none, as icefall trains it. */
async function createStatelessNetwork(
  { decoder, joiner }: TransducerSessions,
  { blank, tokens, context }: { blank: number; tokens: number; context: number },
): Promise<TransducerNetwork<readonly number[]>> {
  const { inputs, outputs } = portsOf(decoder, 'the decoder', 1, 1)
  const predict = async (steps: readonly PredictionStep<readonly number[]>[]) => {
    const states = steps.map(({ after, token }) => [...after.slice(1), token])
    const results = await decoder.run({
      [inputs[0]!]: { data: BigInt64Array.from(states.flat(), BigInt), dims: [states.length, context] },
    })
    const { data } = floatsOf(results, outputs[0]!)
    const width = data.length / states.length
    return states.map((state, row) => ({ state, output: data.slice(row * width, (row + 1) * width) }))
  }
  const nothing = Array.from({ length: context }, () => -1)
  const [start] = await predict([{ after: nothing, token: blank }])
  return {
    blank,
    tokens,
    context,
    durations: 0,
    maxSymbols: 1,
    start: start!,
    predict,
    join: createJoiner(joiner, tokens, []),
  }
}
