import type { ReactNode } from 'react'
import { useState } from 'react'
import type { FieldError } from '~/api/client'
import type { CapabilityDescription, ModelDescription } from '~/api/types'
import { SchemaForm } from '~/components/schema-form'
import { type FieldValues, initialValues, shownFields, toParameters } from '~/forms/schema-fields'
import { ModelVoicesContext } from '~/state/voice-choices'
import { humanise, plural } from '~/words/format'

export interface Settings {
  capability: string
  modelName: string | null
  parameters: Record<string, unknown>
}

interface SettingsFormProps {
  capabilities: CapabilityDescription[]
  /** What the form starts with, such as the settings of an earlier job. */
  initial?: Settings
  /** Hears of every choice. */
  onChange?: (settings: Settings) => void
  fieldErrors: FieldError[]
  submitLabel: string
  disabled: boolean
  onSubmit: (settings: Settings) => void
  /** Stands between the settings and the button. */
  children?: ReactNode | ((settings: Settings, model: ModelDescription | undefined) => ReactNode)
}

interface Draft {
  modelName: string | null
  values: FieldValues
}

/** Which capability, which model, which parameters: all of it from the API's own description. */
export function SettingsForm({
  capabilities,
  initial,
  onChange,
  fieldErrors,
  submitLabel,
  disabled,
  onSubmit,
  children,
}: SettingsFormProps) {
  const [capabilityId, setCapabilityId] = useState(initial?.capability ?? capabilities[0]?.id ?? '')
  const [drafts, setDrafts] = useState<Record<string, Draft>>({})
  const capability = capabilities.find(({ id }) => id === capabilityId) ?? capabilities[0]
  if (!capability) return <p>No capability is installed on this server.</p>

  const draft = drafts[capability.id] ?? startDraft(capability, initial)
  const change = (next: Partial<Draft>) => {
    setDrafts({ ...drafts, [capability.id]: { ...draft, ...next } })
    onChange?.(settingsOf(capability, { ...draft, ...next }))
  }
  const select = (id: string) => {
    const chosen = capabilities.find((candidate) => candidate.id === id)
    setCapabilityId(id)
    if (chosen) onChange?.(settingsOf(chosen, drafts[id] ?? startDraft(chosen, initial)))
  }
  const model = capability.models.find(({ id }) => id === draft.modelName)
  const settings = settingsOf(capability, draft)
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (!disabled) onSubmit(settings)
      }}
    >
      <CapabilityPicker capabilities={capabilities} selected={capability} onSelect={select} />
      <ModelPicker
        models={capability.models}
        selected={draft.modelName}
        onSelect={(modelName) => {
          change({ modelName })
        }}
      />
      <ModelVoicesContext.Provider value={model?.voices ?? []}>
        <SchemaForm
          key={capability.id}
          fields={shownFields(capability.parameters, draft.values)}
          values={draft.values}
          errors={fieldErrors}
          onChange={(name, value) => {
            change({ values: { ...draft.values, [name]: value } })
          }}
        />
      </ModelVoicesContext.Provider>
      {typeof children === 'function' ? children(settings, model) : children}
      <button
        className="button button--primary button--large button--wide"
        type="submit"
        aria-disabled={disabled}
      >
        {submitLabel}
      </button>
    </form>
  )
}

function settingsOf(capability: CapabilityDescription, { modelName, values }: Draft): Settings {
  return { capability: capability.id, modelName, parameters: toParameters(capability.parameters, values) }
}

function startDraft(capability: CapabilityDescription, initial: Settings | undefined): Draft {
  const same = initial?.capability === capability.id ? initial : undefined
  const usable = capability.models.filter((model) => model.available)
  const model =
    usable.find(({ id }) => id === same?.modelName) ??
    usable.find((candidate) => candidate.default) ??
    usable[0]
  return { modelName: model?.id ?? null, values: initialValues(capability.parameters, same?.parameters) }
}

interface CapabilityPickerProps {
  capabilities: CapabilityDescription[]
  selected: CapabilityDescription
  onSelect: (id: string) => void
}

function CapabilityPicker({ capabilities, selected, onSelect }: CapabilityPickerProps) {
  if (capabilities.length === 1) {
    return (
      <div>
        <h2>{selected.title}</h2>
        <p className="field__hint">{selected.summary}</p>
      </div>
    )
  }
  return (
    <fieldset>
      <legend className="field__label field__label--legend">What should happen</legend>
      <div className="choice-cards">
        {capabilities.map((capability) => (
          <label className="choice-card" key={capability.id}>
            <input
              type="radio"
              name="capability"
              value={capability.id}
              checked={capability.id === selected.id}
              onChange={() => {
                onSelect(capability.id)
              }}
            />
            <span className="choice-card__body">
              <span className="choice-card__title">{capability.title}</span>
              <span className="choice-card__text">{capability.summary}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

interface ModelPickerProps {
  models: ModelDescription[]
  selected: string | null
  onSelect: (id: string) => void
}

function ModelPicker({ models, selected, onSelect }: ModelPickerProps) {
  const missing = models.filter((model) => !model.available)
  return (
    <fieldset>
      <legend className="field__label field__label--legend">Model</legend>
      <div className="choice-cards">
        {models
          .filter((model) => model.available)
          .map((model) => (
            <label className="choice-card" key={model.id}>
              <input
                type="radio"
                name="model"
                value={model.id}
                checked={model.id === selected}
                onChange={() => {
                  onSelect(model.id)
                }}
              />
              <span className="choice-card__body">
                <span className="choice-card__title">{model.title}</span>
                <span className="choice-card__text">{model.summary}</span>
                <span className="choice-card__text">{qualityInWords(model)}</span>
              </span>
            </label>
          ))}
      </div>
      {missing.length > 0 && <MissingModels models={missing} />}
    </fieldset>
  )
}

/** Measures that mean something to people who do not know them. */
const measures: Record<string, (value: number) => string> = {
  word_error_rate: (value) => `${Math.round(value * 100)} % of words wrong`,
  dnsmos_ovrl: (value) => `Quality ${value.toFixed(1)} of 5`,
}

/** What was measured, on which recordings. */
function qualityInWords({ quality }: ModelDescription): string {
  return quality
    .flatMap(({ metric, value, test_set }) => {
      const words = measures[metric]?.(value)
      return words ? [`${words} (${humanise(test_set)})`] : []
    })
    .join(' · ')
}

function MissingModels({ models }: { models: ModelDescription[] }) {
  return (
    <details className="missing-models">
      <summary>{plural(models.length, 'more model')} not installed here</summary>
      <ul>
        {models.map((model) => (
          <li key={model.id}>
            <strong>{model.title}</strong> {model.unavailable_reason ?? model.summary}
          </li>
        ))}
      </ul>
    </details>
  )
}
