import type { ParameterSchema } from '~/api/types'
import { humanise } from '~/words/format'
import { readTimecode, writeTimecode } from '~/words/timecode'

/** A stretch as it is typed; both ends are timecodes. */
export interface SpanDraft {
  start: string
  end: string
}

export type FieldValue = string | number | boolean | string[] | SpanDraft[]
export type FieldValues = Record<string, FieldValue>

interface FieldBase {
  name: string
  label: string
  hint: string | null
  required: boolean
  /** Not needed by most people: shown on demand. */
  advanced: boolean
  /** Values of other fields without which it means nothing. */
  onlyIf: Record<string, unknown> | null
}

/** One control of a generated form. */
export type Field = FieldBase &
  (
    | {
        kind: 'range'
        minimum: number
        maximum: number
        step: number
        /** Shares of one are shown in percent. */
        percent: boolean
      }
    | { kind: 'number'; minimum: number | null; maximum: number | null; step: number | null }
    | { kind: 'choice'; choices: { value: string | number; label: string; hint: string | null }[] }
    | { kind: 'switch' }
    /** Any of some values. */
    | { kind: 'checks'; choices: { value: string; label: string }[] }
    /** Texts, one a line. */
    | { kind: 'list' }
    /** Stretches of time. */
    | { kind: 'spans' }
    /** One of the voices that there are. */
    | { kind: 'voice' }
    /** One of the person's pronunciation dictionaries. */
    | { kind: 'dictionary' }
    | { kind: 'text'; long: boolean; maxLength: number | null }
  )

/** The controls for an object schema, in the schema's order; properties that no control fits are left out. */
export function describeFields(schema: ParameterSchema): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const field = describeField(name, property, schema.required?.includes(name) ?? false)
    return field ? [field] : []
  })
}

/** The fields that mean something beside these values. */
export function shownFields(schema: ParameterSchema, values: FieldValues): Field[] {
  return describeFields(schema).filter(({ onlyIf }) =>
    Object.entries(onlyIf ?? {}).every(([name, wanted]) => values[name] === wanted),
  )
}

/** The values a new form starts with: the given ones where they fit the schema, else its defaults. */
export function initialValues(schema: ParameterSchema, given: Record<string, unknown> = {}): FieldValues {
  const values: FieldValues = {}
  for (const field of describeFields(schema)) {
    const fallback = unwrapNullable(schema.properties?.[field.name] ?? {}).default
    const value = [given[field.name], fallback].find((candidate) => fits(field, candidate))
    if (field.kind === 'spans') values[field.name] = toDrafts(value)
    else if (value !== undefined) values[field.name] = value as FieldValue
    else if (field.kind === 'switch') values[field.name] = false
    else if (field.kind === 'choice') {
      const [first] = field.choices
      if (first && (field.required || first === unchosen)) values[field.name] = first.value
    }
  }
  return values
}

/** What is sent: fields that were emptied, or mean nothing here, are left to the server's defaults. */
export function toParameters(schema: ParameterSchema, values: FieldValues): Record<string, unknown> {
  const entries = shownFields(schema, values).flatMap(({ name }) => {
    const value = values[name]
    return value === undefined || value === '' || Number.isNaN(value) ? [] : [[name, sent(value)] as const]
  })
  return Object.fromEntries(entries)
}

/** Lines and rows that were left empty while typing are not meant. */
function sent(value: FieldValue): unknown {
  if (!Array.isArray(value)) return value
  return value.flatMap((entry) => {
    if (typeof entry !== 'string') return isEmptySpan(entry) ? [] : [toSpan(entry)]
    return entry.trim() === '' ? [] : [entry.trim()]
  })
}

export function isEmptySpan({ start, end }: SpanDraft): boolean {
  return start.trim() === '' && end.trim() === ''
}

/** What else a stretch has (its own action, say) goes along. */
function toSpan(draft: SpanDraft): unknown {
  return { ...draft, start: readTimecode(draft.start), end: readTimecode(draft.end) }
}

function toDrafts(value: unknown): SpanDraft[] {
  const spans = (value ?? []) as { start: number; end: number }[]
  return spans.map((span) => ({
    ...span,
    start: writeTimecode(span.start),
    end: writeTimecode(span.end),
  }))
}

function describeField(name: string, given: ParameterSchema, required: boolean): Field | null {
  if (given.hidden) return null
  const schema = { ...unwrapNullable(given), title: given.title, description: given.description }
  const base = {
    name,
    label: schema.title ?? labelOf(name),
    hint: schema.description ?? null,
    required,
    advanced: given.advanced ?? false,
    onlyIf: given.only_if ?? null,
  }
  if (given.control === 'voice' || given.control === 'dictionary') return { ...base, kind: given.control }
  const choices = readChoices(schema)
  if (choices)
    return { ...base, kind: 'choice', choices: isNullable(given) ? [unchosen, ...choices] : choices }
  // Of a switch that may also be a list the switch is shown.
  const type = schema.anyOf?.some((option) => option.type === 'boolean') ? 'boolean' : schema.type
  switch (type) {
    case 'boolean':
      return { ...base, kind: 'switch' }
    case 'number':
    case 'integer':
      return { ...base, ...describeNumber(schema) }
    case 'array':
      return describeArray(base, schema.items ?? {})
    case 'string':
      return {
        ...base,
        kind: 'text',
        long: (schema.maxLength ?? 0) > 200,
        maxLength: schema.maxLength ?? null,
      }
    default:
      return null
  }
}

/** `fade_ms` → "Fade (ms)". */
function labelOf(name: string): string {
  const [, stem = name, unit] = /^(.+)_(ms|hz|db)$/.exec(name) ?? []
  return unit ? `${humanise(stem)} (${units[unit]})` : humanise(stem)
}

const units: Record<string, string> = { ms: 'ms', hz: 'Hz', db: 'dB' }

/** Other lists have no control: they are left to pages that know what they mean. */
function describeArray(base: FieldBase, items: ParameterSchema): Field | null {
  const choices = readChoices(items)?.map(({ value, label }) => ({ value: String(value), label }))
  if (choices) return { ...base, kind: 'checks', choices }
  if (items.type === 'string') return { ...base, kind: 'list' }
  const isStretch = ['start', 'end'].every((edge) => items.properties?.[edge]?.type === 'number')
  return isStretch ? { ...base, kind: 'spans' } : null
}

function describeNumber(schema: ParameterSchema) {
  const whole = schema.type === 'integer'
  const { minimum, maximum } = schema
  // Integers without bounds of their own come with the bounds of the number type.
  const bounded = minimum !== undefined && maximum !== undefined && maximum - minimum <= 100_000
  if (!bounded) {
    return {
      kind: 'number' as const,
      minimum: minimum ?? null,
      maximum: maximum ?? null,
      step: schema.multipleOf ?? (whole ? 1 : null),
    }
  }
  const step = schema.multipleOf ?? (whole ? 1 : niceStep(maximum - minimum))
  return { kind: 'range' as const, minimum, maximum, step, percent: !whole && minimum === 0 && maximum === 1 }
}

/** About a hundred steps, each a power of ten. */
function niceStep(span: number): number {
  return 10 ** Math.floor(Math.log10(span / 100) + 1e-9)
}

function readChoices(schema: ParameterSchema) {
  if (schema.enum) {
    return schema.enum
      .filter(isChoiceValue)
      .map((value) => ({ value, label: humanise(String(value)), hint: null }))
  }
  const options = schema.oneOf ?? schema.anyOf
  if (!options || options.length === 0 || !options.every((option) => isChoiceValue(option.const))) return null
  return options.map((option) => ({
    value: option.const as string | number,
    label: option.title ?? humanise(String(option.const)),
    hint: option.description ?? null,
  }))
}

/** What stands for null among choices; it is not sent. */
const unchosen = { value: '', label: 'Automatic', hint: null }

function isNullable({ anyOf }: ParameterSchema): boolean {
  return anyOf?.some(({ type }) => type === 'null') ?? false
}

function isChoiceValue(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

/** `anyOf: [X, null]` is an optional X, and `anyOf: [boolean, list]` a switch for people. */
function unwrapNullable(schema: ParameterSchema): ParameterSchema {
  const real = schema.anyOf?.filter((option) => option.type !== 'null') ?? []
  const only = real.length === 1 ? real[0] : real.find(({ type }) => type === 'boolean')
  if (!only || (real.length === 1 && schema.anyOf?.length === 1)) return schema
  return { ...only, default: schema.default ?? only.default }
}

function fits(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case 'range':
      return typeof value === 'number' && value >= field.minimum && value <= field.maximum
    case 'number':
      return typeof value === 'number'
    case 'choice':
      return field.choices.some((choice) => choice.value === value)
    case 'switch':
      return typeof value === 'boolean'
    case 'checks':
    case 'list':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
    case 'spans':
      return Array.isArray(value) && value.every(isSpan)
    case 'voice':
    case 'dictionary':
    case 'text':
      return typeof value === 'string'
  }
}

function isSpan(value: unknown): boolean {
  const { start, end } = (value ?? {}) as Record<string, unknown>
  return typeof start === 'number' && typeof end === 'number'
}
