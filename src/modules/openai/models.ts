import type { CapabilityDescription, ModelsModule } from '../models'
import { AppError } from '../../platform/errors'
import type { OpenAiModel } from './schemas'

const speaking = 'text-to-speech'
const listening = 'speech-to-text'
export type Served = typeof speaking | typeof listening
type Model = CapabilityDescription['models'][number]

/** OpenAI's names, each for the operator's default of a capability. */
const aliases: Record<string, Served> = {
  'tts-1': speaking,
  'tts-1-hd': speaking,
  'gpt-4o-mini-tts': speaking,
  'gpt-4o-mini-tts-2025-12-15': speaking,
  'whisper-1': listening,
  'gpt-transcribe': listening,
  'gpt-4o-transcribe': listening,
  'gpt-4o-mini-transcribe': listening,
  'gpt-4o-mini-transcribe-2025-12-15': listening,
  'gpt-4o-transcribe-diarize': listening,
}

export type OpenAiModels = ReturnType<typeof createOpenAiModels>

/** The models of the catalogue that this API serves, and OpenAI's names for the defaults. */
export function createOpenAiModels(models: Pick<ModelsModule, 'describe'>) {
  function offered(capability: Served): Model[] {
    const found = models.describe().find(({ id }) => id === capability)
    const available = found?.models.filter((model) => model.available) ?? []
    if (available.length > 0) return available
    throw new AppError('not_implemented', { message: `There is no model for ${capability} here yet.` })
  }

  function chosen(capability: Served, name: string): Model {
    const all = offered(capability)
    const model =
      aliases[name] === capability
        ? (all.find((candidate) => candidate.default) ?? all[0])
        : all.find(({ id }) => id === name)
    if (model) return model
    throw noSuchModel(name)
  }

  function list(): OpenAiModel[] {
    const described = models.describe().filter(({ id }) => id === speaking || id === listening)
    const own = described.flatMap((capability) => capability.models.filter((model) => model.available))
    const served = new Set<string>(
      described
        .filter((capability) => capability.models.some((model) => model.available))
        .map(({ id }) => id),
    )
    const aliased = Object.keys(aliases).filter((name) => served.has(aliases[name]!))
    return [
      ...own.map((model) => ({ id: model.id, created: measuredAt(model), owned_by: model.licence.spdx })),
      ...aliased.map((id) => ({ id, created: 0, owned_by: 'alias' })),
    ].map((model) => ({ object: 'model' as const, ...model }))
  }

  return {
    chosen,
    /**
     * A model that puts into English what it hears: the one that is named, or the first that can.
     * @throws AppError `not_implemented` where no model here can.
     */
    translating(name: string): Model {
      const able = offered(listening).filter(({ id }) => id.startsWith('whisper'))
      const model = aliases[name] === listening ? able[0] : able.find(({ id }) => id === name)
      if (model) return model
      if (able.length > 0) throw noSuchModel(name)
      throw new AppError('not_implemented', {
        message:
          'No model here translates yet: a Whisper model has to be pulled (npm run models -- pull whisper-base).',
      })
    },
    list,
    /** @throws AppError `model_not_found`. */
    get(id: string): OpenAiModel {
      const model = list().find((candidate) => candidate.id === id)
      if (model) return model
      throw noSuchModel(id)
    },
  }
}

/** When the model was last measured, in Unix seconds; 0 where nothing says so. */
function measuredAt({ quality }: Model): number {
  const times = quality.map(({ date }) => Date.parse(date) / 1000).filter(Number.isFinite)
  return times.length > 0 ? Math.round(Math.max(...times)) : 0
}

function noSuchModel(name: string): AppError {
  return new AppError('model_not_found', {
    message: `The model '${name}' does not exist or you do not have access to it.`,
  })
}
