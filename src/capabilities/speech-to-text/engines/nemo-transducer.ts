import { z } from 'zod'
import type { ModelFiles } from '../../../inference/engine'
import type { Runtime, Session } from '../../../inference/runtime'
import type { RecognizerEngine } from '../recognizer'
import { createNemoFeatures, type NemoFeatures } from './nemo-features'
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
  normalize: z.enum(['per_feature', 'none']).default('per_feature'),
  subsampling_factor: z.int().positive().default(8),
  prediction_layers: z.int().positive().default(1),
  prediction_width: z.int().positive().default(640),
  /** Frames that the duration logits stand for; empty for plain RNN-T. They count from 0 in all published models. */
  durations: z
    .array(z.int())
    .refine((durations) => durations.every((frames, index) => frames === index))
    .default([]),
})

/**
 * NVIDIA NeMo's transducers as sherpa-onnx exports them: a (Fast)Conformer encoder (Rekesh et al., 2023), an LSTM
 * prediction network, a joint network; RNN-T, and TDT (Parakeet), whose joint network says how long a token lasts too.
 *
 * Files: `encoder` audio_signal [1, mel, T], length → [1, C, T′], lengths (with its `encoder.weights` beside it where
 * the weights are external); `decoder` targets [N, 1] int32, target_length [N], two states [layers, N, width] → [N,
 * width, 1], lengths, states; `joiner` [N, C, 1], [N, width, 1] → logits [N, 1, 1, tokens + durations]; `tokens` with
 * sentence pieces, the blank `<blk>` last. Manifest options, with their defaults: `encoder`, `decoder`, `joiner`,
 * `tokens` (`encoder.onnx`, `decoder.onnx`, `joiner.onnx`, `tokens.txt`), `mel_bins` 80 (Parakeet TDT: 128),
 * `normalize` `per_feature`, `subsampling_factor` 8, `prediction_layers` 1, `prediction_width` 640 (in the encoder's
 * metadata: `pred_rnn_layers`, `pred_hidden`), `durations` [] (Parakeet TDT: [0, 1, 2, 3, 4]), `beam_search` false,
 * `beam_paths` 4, `keyterm_boost` 0.5 a letter.
 *
 * Word times are as fine as the encoder's frames: 80 ms.
 */
export const nemoTransducerEngine: RecognizerEngine = {
  id: 'nemo-transducer',
  windowSeconds: 30,
  aligns: false,
  async load(model: ModelFiles, runtime: Runtime) {
    const options = optionsSchema.parse(model.manifest.options)
    const { sampleRateHz } = model.manifest
    const tokenSet = await readTokenSet(model.path(options.tokens), '<blk>')
    const features = createNemoFeatures({
      bins: options.mel_bins,
      sampleRateHz,
      normalize: options.normalize,
    })
    const sessions = await openTransducer(model, runtime, options)
    const { blank, size: tokens } = tokenSet
    const network = await createLstmNetwork(sessions, { ...options, blank, tokens })
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

async function encode(session: Session, { data, bins, frames }: NemoFeatures): Promise<Encoded> {
  const { inputs, outputs } = portsOf(session, 'the encoder', 2, 1)
  const results = await session.run({
    [inputs[0]!]: { data, dims: [1, bins, frames] },
    [inputs[1]!]: { data: BigInt64Array.of(BigInt(frames)), dims: [1] },
  })
  const encoded = floatsOf(results, outputs[0]!)
  const [, width = 0, heard = 0] = encoded.dims
  return { data: transposed(encoded.data, width, heard), frames: heard, width }
}

/** [rows, columns] → [columns, rows]. */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns)
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) out[column * rows + row] = data[row * columns + column]!
  }
  return out
}

/** Hidden and cell state of the prediction network, [layers, width] each. */
interface LstmState {
  hidden: Float32Array
  cell: Float32Array
}

interface LstmNetworkOptions {
  blank: number
  tokens: number
  prediction_layers: number
  prediction_width: number
  durations: readonly number[]
}

async function createLstmNetwork(
  { decoder, joiner }: TransducerSessions,
  options: LstmNetworkOptions,
): Promise<TransducerNetwork<LstmState>> {
  const { blank, tokens, prediction_layers: layers, prediction_width: width } = options
  const { inputs, outputs } = portsOf(decoder, 'the decoder', 4, 4)
  const predict = async (steps: readonly PredictionStep<LstmState>[]) => {
    const count = steps.length
    const dims = [layers, count, width]
    const states = steps.map(({ after }) => after)
    const results = await decoder.run({
      [inputs[0]!]: { data: Int32Array.from(steps, ({ token }) => token), dims: [count, 1] },
      [inputs[1]!]: { data: new Int32Array(count).fill(1), dims: [count] },
      [inputs[2]!]: {
        data: stackLayers(
          states.map(({ hidden }) => hidden),
          layers,
          width,
        ),
        dims,
      },
      [inputs[3]!]: {
        data: stackLayers(
          states.map(({ cell }) => cell),
          layers,
          width,
        ),
        dims,
      },
    })
    const [output, , hidden, cell] = outputs.map((name, place) =>
      place === 1 ? new Float32Array() : floatsOf(results, name).data,
    ) as [Float32Array, Float32Array, Float32Array, Float32Array]
    const outputWidth = output.length / count
    return steps.map((_, row) => ({
      output: output.slice(row * outputWidth, (row + 1) * outputWidth),
      state: {
        hidden: takeLayers(hidden, row, count, layers, width),
        cell: takeLayers(cell, row, count, layers, width),
      },
    }))
  }
  const silence = { hidden: new Float32Array(layers * width), cell: new Float32Array(layers * width) }
  const [start] = await predict([{ after: silence, token: blank }])
  return {
    blank,
    tokens,
    durations: options.durations.length,
    context: 1,
    // As in sherpa-onnx: a network that tells durations seldom stays on a frame.
    maxSymbols: options.durations.length > 0 ? 5 : 10,
    start: start!,
    predict,
    join: createJoiner(joiner, tokens + options.durations.length, [1]),
  }
}

/** States [layers, width] of several hypotheses as [layers, hypotheses, width]. */
function stackLayers(states: readonly Float32Array[], layers: number, width: number): Float32Array {
  const out = new Float32Array(states.length * layers * width)
  for (const [row, state] of states.entries()) {
    for (let layer = 0; layer < layers; layer++) {
      out.set(state.subarray(layer * width, (layer + 1) * width), (layer * states.length + row) * width)
    }
  }
  return out
}

/** The state [layers, width] of hypothesis `row` of `count`. */
function takeLayers(
  states: Float32Array,
  row: number,
  count: number,
  layers: number,
  width: number,
): Float32Array {
  const out = new Float32Array(layers * width)
  for (let layer = 0; layer < layers; layer++) {
    const at = (layer * count + row) * width
    out.set(states.subarray(at, at + width), layer * width)
  }
  return out
}
