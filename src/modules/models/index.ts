import type { CapabilityDefinition, CapabilityRegistry } from '../../capabilities'
import { parameterJsonSchema } from '../../capabilities'
import type { Manifest, ModelEntry, ModelStore } from '../../inference'
import { AppError } from '../../platform/errors'
import type { CapabilityDescription } from './schemas'

export { modelRoutes } from './routes'
export type { CapabilityDescription } from './schemas'

export interface ModelsModuleOptions {
  registry: CapabilityRegistry
  store: ModelStore
  /** The operator's limits, which may be tighter than a capability's own. */
  limits: { maxInputBytes: number; maxInputSeconds: number }
}

export interface ResolvedJob {
  capability: CapabilityDefinition
  model: Manifest
  /** Checked, with defaults filled in. */
  parameters: Record<string, unknown>
}

export interface ModelsModule {
  /** Every capability with its models, parameters and limits, as the API and the forms show it. */
  describe(): CapabilityDescription[]
  /**
   * Turns a request's names into a capability, a model and checked parameters.
   * @throws AppError `not_found`, `model_not_found`, `model_file_missing`, `invalid_parameter`, `bad_request`.
   */
  resolve(request: {
    capability: string
    model_name?: string | undefined
    input_type: 'audio' | 'text'
    parameters: Record<string, unknown>
  }): ResolvedJob
}

export function createModelsModule({ registry, store, limits }: ModelsModuleOptions): ModelsModule {
  function chooseModel(capability: string, name: string | undefined): ModelEntry {
    if (name === undefined) {
      const model = store.defaultModel(capability)
      if (!model)
        throw new AppError('model_not_found', { message: `No model is installed for ${capability}.` })
      return model
    }
    const model = store.list(capability).find((entry) => entry.manifest.id === name)
    if (model) return model
    const known = store.list(capability).map((entry) => entry.manifest.id)
    throw new AppError('model_not_found', {
      message: `There is no model “${name}” for ${capability}. There are: ${known.join(', ')}.`,
    })
  }

  function describeCapability(capability: CapabilityDefinition): CapabilityDescription {
    const defaultId = store.defaultModel(capability.id)?.manifest.id
    return {
      id: capability.id,
      title: capability.title,
      summary: capability.summary,
      inputs: [...capability.inputs],
      parameters: parameterJsonSchema(capability),
      models: store.list(capability.id).map((entry) => describeModel(entry, defaultId)),
      limits: {
        max_input_bytes: Math.min(capability.limits.maxInputBytes, limits.maxInputBytes),
        max_input_seconds: Math.min(capability.limits.maxInputSeconds, limits.maxInputSeconds),
        max_text_characters: capability.limits.maxTextCharacters,
      },
    }
  }

  return {
    describe: () => registry.list().map(describeCapability),
    resolve({ capability: id, model_name: modelName, input_type: inputType, parameters }) {
      const capability = registry.get(id)
      if (!capability.inputs.includes(inputType)) {
        throw new AppError('bad_request', {
          message: `${capability.title} takes ${capability.inputs.join(' or ')}, not ${inputType}.`,
        })
      }
      const model = chooseModel(id, modelName)
      if (!model.installed()) {
        throw new AppError('model_file_missing', { message: missingMessage(model.manifest.id) })
      }
      return { capability, model: model.manifest, parameters: registry.parseParameters(id, parameters) }
    },
  }
}

function describeModel(
  entry: ModelEntry,
  defaultId: string | undefined,
): CapabilityDescription['models'][number] {
  const { manifest } = entry
  const available = entry.installed()
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
    available,
    unavailable_reason: available ? null : missingMessage(manifest.id),
  }
}

function missingMessage(id: string): string {
  return `The files of the model “${id}” are not on this machine. The operator can fetch them with: npm run models -- pull ${id}`
}
