import { z } from 'zod'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import type { SpeakerEmbeddingEngine, SpeakerEmbeddingOutput } from '../speaker-embedding'
import { SPEECH_RATE_HZ } from '../speech-regions'
import { createKaldiFbank } from './kaldi-fbank'

/**
 * Networks that turn a voice into a vector: those of WeSpeaker and 3D-Speaker as published for sherpa-onnx, whose only
 * input is Kaldi's filter bank [1, frames, bins] less its mean over time, and the starter (scripts/train/speaker-embedding),
 * whose input is samples [1, N]. The only output is the embedding [1, size], of any length.
 */
const optionsSchema = z.object({
  /** The graph; default: the model's first file. */
  model: z.string().optional(),
  input: z.enum(['fbank', 'samples']).default('fbank'),
  mel_bins: z.int().positive().default(80),
  /** What samples of −1…1 are multiplied by before the filter bank. */
  sample_scale: z.number().positive().default(1),
  subtract_mean: z.boolean().default(true),
  /** Cosine of embeddings from which two windows of 1.5 s are rather one speaker than two. */
  same_speaker_cosine: z.number().min(-1).max(1).default(0.5),
})

type Options = z.infer<typeof optionsSchema>

/** Networks of 1.5 s and more have no answer to less than this. */
const SHORTEST_SAMPLES = 0.1 * SPEECH_RATE_HZ

export const speakerEmbeddingEngine: SpeakerEmbeddingEngine = {
  id: 'speaker-embedding',
  async load(model: ModelFiles, runtime: Runtime) {
    const options = optionsSchema.parse(model.manifest.options)
    const file = model.manifest.files.find(({ path }) => path === options.model) ?? model.manifest.files[0]!
    const session = await runtime.createSession(model.path(file.path))
    const inputOf = options.input === 'samples' ? samplesInput : fbankInput(options)
    return {
      bytes: 2 * (file.bytes ?? 0),
      run: ({ samples }, job) => embed(session, inputOf(samples), options.same_speaker_cosine, job),
      release: () => session.release(),
    }
  },
}

async function embed(
  session: Session,
  input: Tensor,
  sameSpeakerCosine: number,
  job: JobContext,
): Promise<SpeakerEmbeddingOutput> {
  job.signal.throwIfAborted()
  const [inputName, outputName] = [session.inputNames[0], session.outputNames[0]]
  if (inputName === undefined || outputName === undefined || session.inputNames.length !== 1) {
    throw new AppError('model_corrupt', { message: 'A speaker model has one input and one output.' })
  }
  const { data } = floats(await session.run({ [inputName]: input }), outputName)
  const length = Math.hypot(...data)
  if (!Number.isFinite(length)) {
    throw new AppError('engine_failed', { message: 'The speaker model gave no numbers.' })
  }
  // A vector of zeros (silence, in some networks) stays what it is: like nobody.
  return { embedding: length > 0 ? data.map((value) => value / length) : data, sameSpeakerCosine }
}

function samplesInput(samples: Float32Array): Tensor {
  const long = lengthened(samples)
  return { data: long, dims: [1, long.length] }
}

function fbankInput(options: Options): (samples: Float32Array) => Tensor {
  const bins = options.mel_bins
  const features = createKaldiFbank({
    bins,
    sampleRateHz: SPEECH_RATE_HZ,
    lowHz: 20,
    highHz: SPEECH_RATE_HZ / 2,
    sampleScale: options.sample_scale,
  })
  return (samples) => {
    const { data, frames } = features(lengthened(samples))
    if (options.subtract_mean) subtractMean(data, frames, bins)
    return { data, dims: [1, frames, bins] }
  }
}

/** Too short a sound is said again until it is long enough. */
function lengthened(samples: Float32Array): Float32Array {
  if (samples.length >= SHORTEST_SAMPLES) return samples
  return Float32Array.from({ length: SHORTEST_SAMPLES }, (_, n) => samples[n % samples.length] ?? 0)
}

function subtractMean(data: Float32Array, frames: number, bins: number): void {
  for (let bin = 0; bin < bins; bin++) {
    let mean = 0
    for (let frame = 0; frame < frames; frame++) mean += data[frame * bins + bin]! / frames
    for (let frame = 0; frame < frames; frame++) data[frame * bins + bin]! -= mean
  }
}
