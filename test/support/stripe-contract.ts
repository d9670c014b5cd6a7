import { readFileSync } from 'node:fs'
import path from 'node:path'

/** The part of JSON Schema that Stripe's description uses. */
interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  enum?: (string | null)[]
  maxLength?: number
}

export type Fields = Record<string, unknown>

interface Contract {
  source: string
  operations: { method: string; path: string; input: Schema }[]
  resources: Record<string, { properties: string[]; example: Fields }>
}

/** Made of Stripe's published OpenAPI description by scripts/payments/stripe-contract.ts. */
export const stripeContract = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../fixtures/payments/stripe-contract.json'), 'utf8'),
) as Contract

/** `a[b][0]=c` as `{a: {b: ['c']}}`, as Stripe reads forms and queries; every leaf is a string. */
export function parseForm(form: string): Fields {
  const result: Fields = {}
  for (const [name, value] of new URLSearchParams(form)) {
    const keys = name.split(/[[\]]+/).filter(Boolean)
    let target = result
    for (const key of keys.slice(0, -1)) target = (target[key] ??= {}) as Fields
    target[keys.at(-1)!] = value
  }
  return withArrays(result) as Fields
}

function withArrays(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, withArrays(inner)] as const)
  const isList = entries.length > 0 && entries.every(([key], index) => key === String(index))
  return isList ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

/** How a request breaks the description; none = it keeps to it. */
export function requestProblems(method: string, pathname: string, input: Fields): string[] {
  const operation = stripeContract.operations.find(
    (candidate) => candidate.method === method && patternOf(candidate.path).test(pathname),
  )
  if (!operation) return [`${method} ${pathname} is not described`]
  return problemsOf(operation.input, input, `${method} ${operation.path}`)
}

export function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`)
}

function problemsOf(schema: Schema, value: unknown, at: string): string[] {
  if (schema.anyOf) {
    const attempts = schema.anyOf.map((choice) => problemsOf(choice, value, at))
    return attempts.find((problems) => problems.length === 0) ?? attempts[0] ?? []
  }
  if (schema.type === 'object') return objectProblems(schema, value, at)
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [`${at}: not a list`]
    return value.flatMap((item, index) => problemsOf(schema.items ?? {}, item, `${at}[${index}]`))
  }
  if (typeof value !== 'string') return [`${at}: not a ${schema.type ?? 'value'}`]
  if (schema.enum && !schema.enum.includes(value))
    return [`${at}: ${value} is none of ${schema.enum.join(', ')}`]
  if (schema.maxLength !== undefined && value.length > schema.maxLength) return [`${at}: too long`]
  const form = { integer: /^-?\d+$/, number: /^-?\d+(\.\d+)?$/, boolean: /^(true|false)$/ }[
    schema.type as string
  ]
  return form && !form.test(value) ? [`${at}: ${value} is no ${schema.type}`] : []
}

function objectProblems(schema: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: not an object`]
  const { properties = {}, additionalProperties = false, required = [] } = schema
  const missing = required.filter((name) => !(name in value)).map((name) => `${at}: ${name} is missing`)
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const known = properties[name]
    if (known) return problemsOf(known, inner, `${at}.${name}`)
    if (typeof additionalProperties === 'object')
      return problemsOf(additionalProperties, inner, `${at}.${name}`)
    return additionalProperties ? [] : [`${at}: ${name} is unknown`]
  })
  return [...missing, ...wrong]
}

/** Stripe's own example of a resource with `fields` in place. @throws where a field is none of the resource's. */
export function stripeResource(name: string, fields: Fields): Fields {
  const resource = stripeContract.resources[name]
  if (!resource) throw new Error(`Stripe has no ${name}`)
  const unknown = Object.keys(fields).filter((field) => !resource.properties.includes(field))
  if (unknown.length > 0) throw new Error(`Stripe's ${name} has no ${unknown.join(', ')}`)
  const example = Object.entries(resource.example).filter(([field]) => resource.properties.includes(field))
  return { ...structuredClone(Object.fromEntries(example)), ...fields }
}
