import type { ParameterSchema } from '~/api/types'
import { humanise } from '~/words/format'

export type FieldValue = string | number | boolean | string[]
export type FieldValues = Record<string, FieldValue>

interface FieldBase {
  name: string
  label: string
  hint: string | null
  required: boolean
  /** Not needed by most people: shown on demand. */
  advanced: boolean
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
    | { kind: 'text'; long: boolean; maxLength: number | null }
  )

/** The controls for an object schema, in the schema's order; properties that no control fits are left out. */
export function describeFields(schema: ParameterSchema): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const field = describeField(name, property, schema.required?.includes(name) ?? false)
    return field ? [field] : []
  })
}

/** The values a new form starts with: the given ones where they fit the schema, else its defaults. */
export function initialValues(schema: ParameterSchema, given: Record<string, unknown> = {}): FieldValues {
  const values: FieldValues = {}
  for (const field of describeFields(schema)) {
    const fallback = unwrapNullable(schema.properties?.[field.name] ?? {}).default
    const value = [given[field.name], fallback].find((candidate) => fits(field, candidate))
    if (value !== undefined) values[field.name] = value as FieldValue
    else if (field.kind === 'switch') values[field.name] = false
    else if (field.kind === 'choice' && field.required && field.choices[0]) {
      values[field.name] = field.choices[0].value
    }
  }
  return values
}

/** What is sent: fields that were emptied are left to the server's defaults. */
export function toParameters(schema: ParameterSchema, values: FieldValues): Record<string, FieldValue> {
  const entries = describeFields(schema).flatMap(({ name }) => {
    const value = values[name]
    return value === undefined || value === '' || Number.isNaN(value) ? [] : [[name, sent(value)] as const]
  })
  return Object.fromEntries(entries)
}

/** Lines that were left empty while typing are not meant. */
function sent(value: FieldValue): FieldValue {
  return Array.isArray(value) ? value.map((line) => line.trim()).filter((line) => line.length > 0) : value
}

function describeField(name: string, given: ParameterSchema, required: boolean): Field | null {
  const schema = { ...unwrapNullable(given), title: given.title, description: given.description }
  const base = {
    name,
    label: schema.title ?? humanise(name),
    hint: schema.description ?? null,
    required,
    advanced: given.advanced ?? false,
  }
  const choices = readChoices(schema)
  if (choices) return { ...base, kind: 'choice', choices }
  switch (schema.type) {
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

/** Lists of anything but texts have no control: they are left to pages that know what they mean. */
function describeArray(base: FieldBase, items: ParameterSchema): Field | null {
  const choices = readChoices(items)?.map(({ value, label }) => ({ value: String(value), label }))
  if (choices) return { ...base, kind: 'checks', choices }
  return items.type === 'string' ? { ...base, kind: 'list' } : null
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

function isChoiceValue(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

/** `anyOf: [X, null]` is an optional X. */
function unwrapNullable(schema: ParameterSchema): ParameterSchema {
  const real = schema.anyOf?.filter((option) => option.type !== 'null')
  if (!schema.anyOf || real?.length !== 1 || real.length === schema.anyOf.length) return schema
  return { ...real[0], default: schema.default ?? real[0]?.default }
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
    case 'text':
      return typeof value === 'string'
  }
}
