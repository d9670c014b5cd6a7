import { readFile } from 'node:fs/promises'
import { z } from 'zod'

import type { ModelFiles } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Session } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import type { SpokenWord } from '../../../text/utterance'
import type { SpeakInput, VoiceEngine } from '../voice-model'
import { espeakNotation, writeIpa } from './ipa'
import { proportionalSpans } from './proportional-spans'

const optionsSchema = z.object({
  /** Default: the model's first `.onnx` file. */
  model: z.string().optional(),
  /** Default: the model's first `.onnx.json` file. */
  config: z.string().optional(),
  /** `text`: the voice reads letters. */
  phonemes: z.enum(['espeak', 'text']).default('espeak'),
})

/** What is used of a voice's `.onnx.json`. */
const configSchema = z.object({
  inference: z.object({ noise_scale: z.number(), length_scale: z.number(), noise_w: z.number() }),
  phoneme_id_map: z.record(z.string(), z.array(z.int().min(0)).min(1)),
})

type PiperConfig = z.output<typeof configSchema>

const [begin, pad, end] = ['^', '_', '$']
const bytesPerFileByte = 2
const workingBytes = 128 * 1024 * 1024

/**
 * VITS (Kim, Kong and Son, 2021) as Piper publishes its voices: `input` int64 [1, L], `input_lengths` [1], `scales`
 * [noise, length, noise of durations], `sid` [1] where there are several speakers → sound [1, 1, T] at the manifest's rate.
 *
 * The network draws its noise itself: it does not follow the seed, and two runs differ by a breath. Words are placed by
 * their phones, as the graph does not tell durations.
 */
export const vitsEngine: VoiceEngine = {
  id: 'vits',
  needsVocoder: false,
  reads: (word, { options }) =>
    optionsSchema.parse(options).phonemes === 'text'
      ? /\p{L}/u.test(word.spoken)
      : Boolean(word.phones?.length),
  async load(model, runtime) {
    const { manifest } = model
    const options = optionsSchema.parse(manifest.options)
    const config = await readConfig(model, options)
    const file = options.model ?? manifest.files.find(({ path }) => path.endsWith('.onnx'))!.path
    const session = await runtime.createSession(model.path(file), { providers: manifest.providers })
    const written = (words: readonly SpokenWord[]) =>
      options.phonemes === 'text'
        ? words.map(({ spoken }) => spoken.toLowerCase()).join(' ')
        : writeIpa(words, espeakNotation)
    return {
      bytes: bytesPerFileByte * manifest.files.reduce((sum, { bytes = 0 }) => sum + bytes, 0) + workingBytes,
      async run(input, job) {
        job.signal.throwIfAborted()
        const samples = await speak(session, config, piperIds(written(input.words), config), input)
        const words = proportionalSpans(input.words, samples, manifest.sampleRateHz)
        return { sound: { kind: 'samples', samples }, words, rate: input.rate, problem: null }
      },
      release: () => session.release(),
    }
  },
}

async function readConfig(
  model: ModelFiles,
  { config }: z.output<typeof optionsSchema>,
): Promise<PiperConfig> {
  const file = config ?? model.manifest.files.find(({ path }) => path.endsWith('.json'))?.path
  const path = model.path(file ?? 'config.json')
  try {
    return configSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new AppError('model_corrupt', { message: 'The voice’s settings could not be read.', cause })
  }
}

/** Begin mark, each sign with a pad behind it, end mark; signs that the voice does not know are left out. */
export function piperIds(
  text: string,
  { phoneme_id_map: map }: Pick<PiperConfig, 'phoneme_id_map'>,
): number[] {
  const padding = map[pad] ?? []
  const signs = [...text.normalize('NFD')].flatMap((sign) => {
    const ids = map[sign]
    return ids ? [...ids, ...padding] : []
  })
  return [...(map[begin] ?? []), ...padding, ...signs, ...(map[end] ?? [])]
}

async function speak(
  session: Session,
  { inference }: PiperConfig,
  ids: number[],
  { rate, voice }: SpeakInput,
): Promise<Float32Array> {
  const scales = [inference.noise_scale, inference.length_scale / rate, inference.noise_w]
  const outputs = await session.run({
    input: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
    input_lengths: { data: BigInt64Array.of(BigInt(ids.length)), dims: [1] },
    scales: { data: Float32Array.from(scales), dims: [3] },
    ...(session.inputNames.includes('sid') && {
      sid: { data: BigInt64Array.of(BigInt(voice.speaker)), dims: [1] },
    }),
  })
  return floats(outputs, session.outputNames[0]!).data
}
