import type { ModelFiles } from '../../inference/engine'
import type { ModelLease } from '../../inference/model-cache'
import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import type { ModelVoice } from '../speech-models'
import { assertSameConvention } from './mel'
import type { Speaker } from './speak-piece'
import { voiceOptionsOf, type SpeechSynthesisEngines } from './voice-model'

export interface OpenedSpeaker extends Speaker {
  /** Id of the vocoder in use; null for models that need none. */
  vocoderId: string | null
  release(): void
}

/**
 * Loads the acoustic model and its vocoder, the one that is asked for or else its own.
 *
 * @throws AppError `model_not_found`, `model_file_missing`, `model_corrupt`, or `invalid_parameter` where the two do not
 *   belong together.
 */
export async function openSpeaker(
  { voices, vocoders }: SpeechSynthesisEngines,
  model: ModelFiles,
  { voice, vocoder: askedId }: { voice: ModelVoice; vocoder: string },
  context: Pick<HandlerContext, 'models' | 'helperModel'>,
): Promise<OpenedSpeaker> {
  const { models } = context
  const engine = engineOf(voices, model)
  const vocoderFiles = engine.needsVocoder ? vocoderOf(model, askedId, context) : null
  const leases: ModelLease<never, unknown>[] = []
  const release = () => leases.forEach((lease) => lease.release())
  try {
    const lease = await models.acquire(engine, model)
    leases.push(lease)
    const vocoder = vocoderFiles && (await models.acquire(engineOf(vocoders, vocoderFiles), vocoderFiles))
    if (vocoder) leases.push(vocoder)
    const { sampleRateHz } = (vocoderFiles ?? model).manifest
    return {
      model: lease,
      vocoder,
      voice,
      sampleRateHz,
      vocoderId: vocoderFiles?.manifest.id ?? null,
      release,
    }
  } catch (error) {
    release()
    throw error
  }
}

function vocoderOf(
  { manifest }: ModelFiles,
  askedId: string,
  { helperModel }: Pick<HandlerContext, 'helperModel'>,
): ModelFiles {
  const options = voiceOptionsOf(manifest)
  const files = helperModel('vocoder', askedId || options.vocoder)
  if (!files) {
    throw new AppError('model_file_missing', {
      message: 'This installation has no vocoder. Its operator can bring one: npm run models list',
    })
  }
  const other = files.manifest
  assertSameConvention(
    { id: manifest.id, mel: options.mel },
    { id: other.id, mel: voiceOptionsOf(other).mel },
  )
  return files
}

export function engineOf<E extends { id: string }>(engines: readonly E[], { manifest }: ModelFiles): E {
  const engine = engines.find((candidate) => candidate.id === manifest.engine)
  if (engine) return engine
  throw new AppError('model_not_found', {
    message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
  })
}
