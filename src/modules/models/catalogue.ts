import { z } from 'zod'
import type { AskedJob, CapabilityDefinition, CapabilityRegistry } from '../../capabilities'
import { isLibraryVoice, parameterJsonSchema, presetVoiceKind } from '../../capabilities'
import {
  createModelSelection,
  pullHint,
  type Manifest,
  type ModelEntry,
  type ModelStore,
} from '../../inference'
import { AppError } from '../../platform/errors'
import type { ChoicesCache, KnownChoices } from './choices'
import type { CapabilityDescription, Estimate, EstimateRequest } from './schemas'

export interface CatalogueOptions {
  registry: CapabilityRegistry
  store: ModelStore
  choices: ChoicesCache
  /** The operator's limits, which may be tighter than a capability's own. */
  limits: { maxInputBytes: number; maxInputSeconds: number }
}

export interface ResolvedJob {
  capability: CapabilityDefinition
  model: Manifest
  /** Checked, with defaults filled in. */
  parameters: Record<string, unknown>
}

export interface ResolveRequest {
  capability: string
  model_name?: string | undefined
  input_type: 'audio' | 'text'
  /** The text of a job that works on one. */
  input_data?: string | undefined
  parameters: Record<string, unknown>
}

export type Catalogue = ReturnType<typeof createCatalogue>

/** What users are offered: the models that are switched on, in the versions and with the defaults that were chosen. */
export function createCatalogue({ registry, store, choices, limits }: CatalogueOptions) {
  const { inForce, isEnabled, refusal, saleRefusal, all, offered, defaultOf, usable } = createModelSelection(
    store,
    () => choices.current().models,
  )

  function chooseModel(capability: string, name: string | undefined): ModelEntry {
    const candidates = offered(capability)
    if (name === undefined) {
      const model = defaultOf(capability)
      if (model) return model
      throw new AppError('model_not_found', { message: `No model for ${capability} is offered here.` })
    }
    const model = candidates.find(({ manifest }) => manifest.id === name)
    if (model) return model
    const refused = all(capability).some(({ manifest }) => manifest.id === name) ? refusal(name) : null
    const others = candidates.map(({ manifest }) => manifest.id).join(', ') || 'none'
    throw new AppError('model_not_found', {
      message: refused
        ? `${refused} Others for ${capability}: ${others}.`
        : `There is no model “${name}” for ${capability}. There are: ${others}.`,
    })
  }

  const asked = (model: Manifest, text: string | null): AskedJob => ({
    ...{ model, text },
    otherModel: (kind, id) => usable(kind, id)?.manifest ?? null,
    hasVoice: (id) =>
      isLibraryVoice(id) ||
      store.list(presetVoiceKind).some((entry) => entry.manifest.id === id && entry.installed()),
  })

  const maxSecondsOf = (capability: CapabilityDefinition) =>
    Math.floor(Math.min(capability.limits.maxInputSeconds, limits.maxInputSeconds))

  function describeCapability(capability: CapabilityDefinition): CapabilityDescription {
    const defaultId = defaultOf(capability.id)?.manifest.id
    return {
      id: capability.id,
      title: capability.title,
      summary: capability.summary,
      inputs: [...capability.inputs],
      sound: capability.sound ?? null,
      parameters: parameterJsonSchema(capability),
      models: offered(capability.id).map((entry) => describeModel(entry, defaultId, choices.current())),
      limits: {
        max_input_bytes: Math.min(capability.limits.maxInputBytes, limits.maxInputBytes),
        max_input_seconds: maxSecondsOf(capability),
        max_text_characters: capability.limits.maxTextCharacters,
      },
    }
  }

  return {
    inForce,
    isEnabled,
    defaultOf,
    /** Why an output of a model may not be sold; null where it may, or where the model is no longer known. */
    saleRefusal: (modelId: string) =>
      store.list().some(({ manifest }) => manifest.id === modelId) ? saleRefusal(modelId) : null,
    /** Every capability with its models, parameters and limits, as the API and the forms show it. */
    describe: (): CapabilityDescription[] =>
      registry
        .list()
        .filter(({ internal }) => !internal)
        .map(describeCapability),

    /**
     * Turns a request's names into a capability, a model and checked parameters.
     * @throws AppError `not_found`, `model_not_found`, `model_file_missing`, `text_too_long`, `invalid_parameter`,
     *   `bad_request`.
     */
    resolve(request: ResolveRequest): ResolvedJob {
      const { capability: id, model_name: name, input_type: inputType } = request
      const capability = registry.get(id)
      if (!capability.inputs.includes(inputType)) {
        throw new AppError('bad_request', {
          message: `${capability.title} takes ${capability.inputs.join(' or ')}, not ${inputType}.`,
        })
      }
      const model = chooseModel(id, name)
      if (!model.installed()) {
        throw new AppError('model_file_missing', { message: missingMessage(model.manifest) })
      }
      const text = inputType === 'text' ? (request.input_data?.trim() ?? '') : ''
      assertNotTooLong(capability, text.length)
      const { manifest } = model
      const parameters = registry.parseParameters(
        id,
        request.parameters,
        asked(manifest, text === '' ? null : text),
      )
      return { capability, model: manifest, parameters }
    },

    /**
     * What a job would cost and how long it would work, from the jobs that the model has done.
     * @throws AppError as `resolve`, `media_too_long`.
     */
    async estimate(request: EstimateRequest): Promise<Estimate> {
      const capability = registry.get(request.capability)
      const { manifest } = chooseModel(capability.id, request.model_name)
      registry.parseParameters(capability.id, request.parameters, asked(manifest, null))
      const spoken = spokenSeconds(capability, request)
      const seconds = spoken ?? request.input_seconds!
      if (seconds > maxSecondsOf(capability) && spoken === null) {
        throw new AppError('media_too_long', {
          message: `${capability.title} takes up to ${maxSecondsOf(capability)} seconds.`,
        })
      }
      const speed = (await choices.reload()).speeds.get(manifest.id)
      return {
        model_name: manifest.id,
        output_seconds: spoken === null ? null : rounded(spoken),
        cost_seconds: Math.max(1, Math.ceil(seconds)),
        estimated_processing_seconds: speed ? rounded(speed.processingFactor * seconds) : null,
        real_time_factor: speed ? rounded(speed.realTimeFactor) : null,
      }
    },
  }
}

/** English at about 150 words a minute, spaces included. */
const charactersPerSecond = 15

/**
 * How long a text is when it is spoken, at the wanted speed; null for a recording.
 * @throws AppError `text_too_long`, or `bad_request` where the capability takes no text.
 */
function spokenSeconds(
  capability: CapabilityDefinition,
  { input_characters: characters, parameters }: EstimateRequest,
): number | null {
  const { title, inputs } = capability
  const wanted = characters === undefined ? 'audio' : 'text'
  if (!inputs.includes(wanted)) {
    throw new AppError('bad_request', { message: `${title} takes ${inputs.join(' or ')}, not ${wanted}.` })
  }
  if (characters === undefined) return null
  assertNotTooLong(capability, characters)
  const speed = typeof parameters.speed === 'number' && parameters.speed > 0 ? parameters.speed : 1
  return characters / charactersPerSecond / speed
}

function assertNotTooLong({ limits }: CapabilityDefinition, characters: number): void {
  if (characters <= limits.maxTextCharacters) return
  throw new AppError('text_too_long', {
    message: `The text has ${characters} characters; at most ${limits.maxTextCharacters} are taken.`,
  })
}

function describeModel(
  entry: ModelEntry,
  defaultId: string | undefined,
  { speeds }: KnownChoices,
): CapabilityDescription['models'][number] {
  const { manifest } = entry
  const available = entry.installed()
  const speed = speeds.get(manifest.id)
  return {
    id: manifest.id,
    version: manifest.version,
    title: manifest.title,
    summary: manifest.summary,
    default: manifest.id === defaultId,
    languages: manifest.languages,
    sample_rate_hz: manifest.sampleRateHz,
    licence: { spdx: manifest.licence.spdx, commercial_use: manifest.licence.commercialUse },
    quality: manifest.quality.map(({ testSet, ...rest }) => ({ ...rest, test_set: testSet })),
    voices: voicesOf(manifest),
    real_time_factor: speed ? rounded(speed.realTimeFactor) : null,
    available,
    unavailable_reason: available ? null : missingMessage(manifest),
  }
}

const voicesSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    language: z.string().nullable().default(null),
    gender: z.string().nullable().default(null),
  }),
)

/** Models that speak say in their options in which voices. */
function voicesOf({ options }: Manifest): z.output<typeof voicesSchema> {
  return voicesSchema.safeParse(options.voices).data ?? []
}

/** Four digits are more than such a figure is good for. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function missingMessage(manifest: Manifest): string {
  return `The files of the model “${manifest.id}” are not on this machine. ${pullHint(manifest)}`
}
