import { z } from 'zod'

import { createDdspVoice } from '../../../../audio/synthesis/ddsp'
import type { Engine, JobContext, ModelFiles } from '../../../../inference/engine'
import { floats } from '../../../../inference/float-tensor'
import type { Runtime, Session } from '../../../../inference/runtime'
import { AppError } from '../../../../platform/errors'
import { soloInstruments, type SoloInstrument } from '../../solo-instruments'
import type { InstrumentTraits, Melody } from './melody'

const traitsSchema = z.strictObject({
  id: z.enum(soloInstruments),
  lowest: z.number(),
  highest: z.number(),
  loudness_mean_db: z.number(),
  loudness_deviation_db: z.number().positive(),
  loudest_db: z.number(),
})

const optionsSchema = z.strictObject({
  hop_samples: z.int().positive(),
  window_samples: z.int().positive(),
  harmonics: z.int().positive(),
  noise_bands: z.int().positive(),
  state_shape: z.tuple([z.int(), z.int(), z.int()]),
  floor_db: z.number(),
  /** In the order in which the network numbers them. */
  instruments: z.array(traitsSchema).min(1),
})

/** How a model divides time, and whom it plays. */
export interface DdspModelTraits {
  sampleRateHz: number
  hopSamples: number
  windowSamples: number
  floorDb: number
  instruments: ReadonlyMap<SoloInstrument, InstrumentTraits>
}

export interface DdspRequest {
  instrument: SoloInstrument
  melody: Melody
  /** Of the breath in the sound. */
  seed: number
}

/** @throws AppError `model_corrupt` where the manifest's options are not those of this engine. */
export function ddspTraits({ manifest }: ModelFiles): DdspModelTraits {
  const options = optionsOf(manifest)
  return {
    sampleRateHz: manifest.sampleRateHz,
    hopSamples: options.hop_samples,
    windowSamples: options.window_samples,
    floorDb: options.floor_db,
    instruments: new Map(
      options.instruments.map((one) => [
        one.id,
        {
          ...{ lowest: one.lowest, highest: one.highest, loudestDb: one.loudest_db },
          ...{ loudnessMeanDb: one.loudness_mean_db, loudnessDeviationDb: one.loudness_deviation_db },
        },
      ]),
    ),
  }
}

function optionsOf({ id, options }: ModelFiles['manifest']) {
  const parsed = optionsSchema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new AppError('model_corrupt', {
    message: `The options in the manifest of “${id}” are not those of the engine “ddsp”.`,
    cause: parsed.error,
  })
}

/**
 * A decoder from pitch and loudness to harmonics and noise (scripts/train/ddsp/model.py) with the synthesiser behind it.
 * What it gives are samples at the model's rate, mono, a second or so at a time: hop_samples for each frame.
 *
 * The graph: inputs `pitch_hz` [T], `loudness_db` [T], `instrument` [1], `state_in`; outputs `amplitudes` [T,harmonics],
 * `noise` [T,bands], `state_out`.
 */
export const ddspNetwork: Engine<DdspRequest, AsyncIterable<Float32Array>> = {
  id: 'ddsp',
  async load(model: ModelFiles, runtime: Runtime) {
    const options = optionsOf(model.manifest)
    const session = await runtime.createSession(model.path('model.onnx'))
    const { sampleRateHz } = model.manifest
    return {
      bytes: model.manifest.requirements.memoryMb * 1024 * 1024,
      run: (request, job) => Promise.resolve(played(session, { ...options, sampleRateHz }, request, job)),
      release: () => session.release(),
    }
  },
}

const framesInCall = 250

async function* played(
  session: Session,
  options: z.output<typeof optionsSchema> & { sampleRateHz: number },
  { instrument, melody, seed }: DdspRequest,
  { signal }: JobContext,
): AsyncGenerator<Float32Array> {
  const { sampleRateHz, hop_samples: hopSamples, harmonics, noise_bands: noiseBands } = options
  const voice = createDdspVoice({ sampleRateHz, hopSamples, harmonics, noiseBands, seed })
  const number = BigInt64Array.of(BigInt(options.instruments.findIndex(({ id }) => id === instrument)))
  let state = new Float32Array(options.state_shape.reduce((product, size) => product * size, 1))
  const frames = melody.pitchHz.length
  for (let from = 0; from < frames; from += framesInCall) {
    signal.throwIfAborted()
    const pitchHz = melody.pitchHz.slice(from, from + framesInCall)
    const loudnessDb = melody.loudnessDb.slice(from, from + framesInCall)
    const outputs = await session.run({
      pitch_hz: { data: pitchHz, dims: [pitchHz.length] },
      loudness_db: { data: loudnessDb, dims: [pitchHz.length] },
      instrument: { data: number, dims: [1] },
      state_in: { data: state, dims: options.state_shape },
    })
    state = new Float32Array(floats(outputs, 'state_out').data)
    yield voice.push({
      pitchHz,
      amplitudes: floats(outputs, 'amplitudes').data,
      noise: floats(outputs, 'noise').data,
    })
  }
  yield voice.finish()
}
