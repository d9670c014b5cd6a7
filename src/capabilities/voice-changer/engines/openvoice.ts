import { z } from 'zod'

import { frameCount, type PcmBlock } from '../../../audio/pcm'
import { createResampler } from '../../../audio/resample'
import { createRandom } from '../../../audio/synthesis/noise'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import type { VoiceChangerEngine, VoiceChangerInput } from '../changer'
import { createPlacement } from '../placement'
import { joined, type SpeechExcerpt } from '../speech-excerpt'
import { mixDown } from '../voice-renderer'
import { createToneSpectrogram } from './tone-spectrogram'
import { convertByWindows, type ToneFrame } from './tone-windows'

const optionsSchema = z.object({
  filter_length: z.int().positive().default(1024),
  hop_length: z.int().positive().default(256),
  /** Deviation of the noise in the latents, against what the network was trained with. */
  tau: z.number().min(0).max(1).default(0.3),
  window_frames: z.int().positive().default(768),
  /** The published network sees 110 frames to either side. */
  context_frames: z.int().min(8).default(120),
  /** Samples of a voice are heard in pieces of about this length, whose tones are averaged. */
  piece_seconds: z.number().positive().default(10),
})

type Options = z.output<typeof optionsSchema> & { sampleRateHz: number }

interface Networks {
  extractor: Session
  converter: Session
}

const converterInputs = ['audio', 'audio_length', 'src_tone', 'dest_tone', 'tau']

/**
 * OpenVoice's tone colour converter (Qin, Zhao, Yu and Sun, "OpenVoice: Versatile Instant Voice Cloning", 2023), from any voice
 * to any: the latents of a spectrogram are freed of one speaker's tone by a normalising flow, given another's by its
 * inverse, and made into sound. A tone comes from a sample of the voice. One channel is converted and put back where the
 * channels had the voice.
 *
 * Files: those of scripts/reference/openvoice/export.py, or of the export that season-studio publishes, which draws its
 * noise itself and so follows no seed.
 */
export const openVoiceEngine: VoiceChangerEngine = {
  id: 'openvoice',
  async load(model, runtime) {
    const { manifest } = model
    const options = { ...optionsSchema.parse(manifest.options), sampleRateHz: manifest.sampleRateHz }
    const networks = await openNetworks(model, runtime)
    return {
      bytes: manifest.requirements.memoryMb * 1024 * 1024,
      async run(input, job) {
        const { source, target } = input.heard
        if (!target)
          throw new AppError('invalid_parameter', { message: 'The model needs a voice to turn into.' })
        const from = await toneOf(source, networks, options, job)
        const wanted = await toneOf(target, networks, options, job)
        const to = from.map((value, n) => value + input.request.strength * (wanted[n]! - value))
        return { change: null, blocks: render(input, { from, to }, networks, options, job) }
      },
      release: async () => {
        await Promise.all([networks.extractor.release(), networks.converter.release()])
      },
    }
  },
}

async function openNetworks({ path }: ModelFiles, runtime: Runtime): Promise<Networks> {
  const extractor = await runtime.createSession(path('tone_color_extract_model.onnx'))
  try {
    const converter = await runtime.createSession(path('tone_clone_model.onnx'))
    const missing = converterInputs.filter((name) => !converter.inputNames.includes(name))
    if (missing.length === 0) return { extractor, converter }
    await converter.release()
    throw new AppError('model_corrupt', { message: `The converter has no input ${missing.join(', ')}.` })
  } catch (error) {
    await extractor.release()
    throw error
  }
}

/** What is the voice's own in a sample of it: the mean over pieces, as `extract_se` of openvoice/api.py. */
async function toneOf(
  excerpt: SpeechExcerpt,
  { extractor }: Networks,
  options: Options,
  { signal }: JobContext,
): Promise<Float32Array> {
  const resample = createMonoResampler(excerpt.sampleRateHz, options.sampleRateHz)
  const samples = joined([resample.push(excerpt.samples), resample.finish()])
  const pieces = Math.max(1, Math.round(samples.length / options.sampleRateHz / options.piece_seconds))
  const tones: Float32Array[] = []
  for (let piece = 0; piece < pieces; piece++) {
    signal.throwIfAborted()
    const [from, to] = [piece, piece + 1].map((n) => Math.round((n * samples.length) / pieces))
    const spectrogram = createToneSpectrogram(options.filter_length, options.hop_length)
    const frames = [...spectrogram.push(samples.slice(from, to)), ...spectrogram.finish()]
    const bins = options.filter_length / 2 + 1
    const data = new Float32Array(frames.length * bins)
    frames.forEach((frame, n) => data.set(frame, n * bins))
    const outputs = await extractor.run({ input: { data, dims: [1, frames.length, bins] } })
    tones.push(floats(outputs, extractor.outputNames[0] ?? '').data)
  }
  return tones[0]!.map((_, n) => tones.reduce((sum, tone) => sum + tone[n]! / pieces, 0))
}

async function* render(
  { sampleRateHz, channels, blocks }: VoiceChangerInput,
  tones: { from: Float32Array; to: Float32Array },
  { converter }: Networks,
  options: Options,
  { signal, seed }: JobContext,
): AsyncGenerator<PcmBlock> {
  const placement = createPlacement(sampleRateHz, channels)
  const back = createMonoResampler(options.sampleRateHz, sampleRateHz)
  let framesIn = 0
  let framesOut = 0
  const listened = async function* () {
    for await (const block of blocks) {
      framesIn += frameCount(block)
      placement.hear(block)
      yield mixDown(block)
    }
  }
  /** The last hop reaches beyond the end. */
  const place = (voice: Float32Array) => {
    const placed = placement.place(voice.subarray(0, framesIn - framesOut))
    framesOut += frameCount(placed)
    return placed
  }
  const windows = convertByWindows(framesOf(listened(), sampleRateHz, converter, options, seed), {
    ...{ windowFrames: options.window_frames, contextFrames: options.context_frames },
    hopSamples: options.hop_length,
    async network(frames) {
      signal.throwIfAborted()
      return convert(converter, frames, tones, options)
    },
  })
  for await (const voice of windows) yield place(back.push(voice))
  yield place(back.finish())
}

/** The recording as the network takes it. A frame has the same noise in every window. */
async function* framesOf(
  recording: AsyncIterable<Float32Array>,
  sampleRateHz: number,
  converter: Session,
  options: Options,
  seed: number,
): AsyncGenerator<ToneFrame[]> {
  const resample = createMonoResampler(sampleRateHz, options.sampleRateHz)
  const spectrogram = createToneSpectrogram(options.filter_length, options.hop_length)
  const random = createRandom(seed)
  const length = latentChannels(converter)
  const withNoise = (spectrum: Float32Array): ToneFrame => ({
    spectrum,
    noise: Float32Array.from({ length }, () => random.gaussian()),
  })
  for await (const samples of recording) yield spectrogram.push(resample.push(samples)).map(withNoise)
  yield [...spectrogram.push(resample.finish()), ...spectrogram.finish()].map(withNoise)
}

/** 0 where the network draws its noise itself. */
function latentChannels({ inputShapes }: Session): number {
  const channels = inputShapes?.noise?.[1]
  return typeof channels === 'number' ? channels : 0
}

async function convert(
  converter: Session,
  frames: readonly ToneFrame[],
  { from, to }: { from: Float32Array; to: Float32Array },
  { tau, hop_length: hop }: Options,
): Promise<Float32Array> {
  const feeds: Record<string, Tensor> = {
    audio: columns(frames.map(({ spectrum }) => spectrum)),
    audio_length: { data: BigInt64Array.of(BigInt(frames.length)), dims: [1] },
    src_tone: { data: from, dims: [1, from.length, 1] },
    dest_tone: { data: to, dims: [1, to.length, 1] },
    tau: { data: Float32Array.of(tau), dims: [1] },
  }
  if (converter.inputNames.includes('noise')) feeds.noise = columns(frames.map(({ noise }) => noise))
  const { data } = floats(await converter.run(feeds), converter.outputNames[0] ?? '')
  if (data.length === frames.length * hop) return data
  throw new AppError('model_corrupt', {
    message: `The network gave ${data.length} samples for ${frames.length} frames of ${hop}.`,
  })
}

/** [1, rows, frames] of frames that are columns. */
function columns(frames: readonly Float32Array[]): Tensor {
  const rows = frames[0]!.length
  const data = new Float32Array(rows * frames.length)
  frames.forEach((frame, column) => {
    for (let row = 0; row < rows; row++) data[row * frames.length + column] = frame[row]!
  })
  return { data, dims: [1, rows, frames.length] }
}

/** Leaves sound that has the rate already as it is. */
function createMonoResampler(fromHz: number, toHz: number) {
  if (fromHz === toHz) return { push: (samples: Float32Array) => samples, finish: () => new Float32Array() }
  const resampler = createResampler(fromHz, toHz, 1)
  return {
    push: (samples: Float32Array) => resampler.push({ channels: [samples] }).channels[0]!,
    finish: () => resampler.finish().channels[0]!,
  }
}
