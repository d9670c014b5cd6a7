import type { ModelEntry, ModelStore } from './model-store'

/** What administrators chose of the models that are there. Plain data, so that other processes can be told. */
export interface ModelChoices {
  /** By model: the version that jobs get; without one the newest that is installed. */
  versions: Readonly<Record<string, string>>
  /** Models that are switched off. */
  disabled: readonly string[]
  /** By capability or kind of helper: the model that a job gets that names none. */
  defaults: Readonly<Record<string, string>>
  /** Whether models may be used whose licence forbids to sell what they make. */
  nonCommercial: boolean
}

/** Of whoever works on files of their own and sells nothing. */
export const noModelChoices: ModelChoices = { versions: {}, disabled: [], defaults: {}, nonCommercial: true }

/** The models of a store, as administrators want them used. */
export interface ModelSelection {
  /** A model in the version that jobs get. @throws AppError `model_not_found`. */
  inForce(id: string): ModelEntry
  isEnabled(id: string): boolean
  /** All models of a capability, switched off or not, one entry each. */
  all(capability: string): ModelEntry[]
  /** Why a model may not be used, in a sentence for its user; null where it may. */
  refusal(id: string): string | null
  /** Why what a model makes may not be sold, in a sentence for its user; null where it may. */
  saleRefusal(id: string): string | null
  /** Those that may be used. */
  offered(capability: string): ModelEntry[]
  /** As chosen where that is installed, else the lowest rank that is, else the lowest rank. */
  defaultOf(capability: string): ModelEntry | null
  /** A model that is installed and may be used: the one with this id, or the default one; null where there is none. */
  usable(capability: string, id?: string): ModelEntry | null
}

/** @param choices Asked each time, as they change. */
export function createModelSelection(
  store: Pick<ModelStore, 'list' | 'get'>,
  choices: () => ModelChoices,
): ModelSelection {
  const inForce = (id: string): ModelEntry => {
    const version = choices().versions[id]
    const chosen = store.list().find(({ manifest }) => manifest.id === id && manifest.version === version)
    return chosen ?? store.get(id)
  }
  const isEnabled = (id: string) => !choices().disabled.includes(id)
  const all = (capability: string) =>
    [...new Set(store.list(capability).map(({ manifest }) => manifest.id))].map(inForce)
  const saleRefusal = (id: string) => {
    if (choices().nonCommercial || inForce(id).manifest.licence.commercialUse) return null
    return (
      `The licence of the model “${id}” forbids to sell what it makes. ` +
      'An operator who sells nothing or holds a licence can allow it (NON_COMMERCIAL_MODELS=true).'
    )
  }
  const refusal = (id: string) =>
    isEnabled(id) ? saleRefusal(id) : `The model “${id}” is switched off here.`
  const offered = (capability: string) =>
    all(capability).filter(({ manifest }) => refusal(manifest.id) === null)
  const defaultOf = (capability: string) => {
    const candidates = offered(capability)
    const installed = candidates.filter((entry) => entry.installed())
    const chosen = choices().defaults[capability]
    return installed.find(({ manifest }) => manifest.id === chosen) ?? installed[0] ?? candidates[0] ?? null
  }
  return {
    inForce,
    isEnabled,
    refusal,
    saleRefusal,
    all,
    offered,
    defaultOf,
    usable(capability, id) {
      const entry =
        id === undefined
          ? defaultOf(capability)
          : offered(capability).find(({ manifest }) => manifest.id === id)
      return entry?.installed() ? entry : null
    },
  }
}
