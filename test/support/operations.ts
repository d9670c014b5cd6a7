import type { FastifyInstance } from 'fastify'

/** An operation of the OpenAPI document. */
export interface Operation {
  /** Such as `GET /api/audio/jobs/{job_id}`. */
  name: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  /** Names of the parameters in the path. */
  parameters: string[]
  /** What a key needs; undefined where the operation takes none. */
  scope: string | undefined
  /** JSON Schema of a JSON body; undefined where there is none. */
  body: JsonSchema | undefined
}

export interface JsonSchema {
  type?: string | string[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  enum?: unknown[]
  const?: unknown
  format?: string
  minLength?: number
  minItems?: number
  minimum?: number
  exclusiveMinimum?: number
  $ref?: string
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      { 'x-scope'?: string; requestBody?: { content?: Record<string, { schema?: JsonSchema }> } }
    >
  >
  components?: { schemas?: Record<string, JsonSchema> }
}

/** Every operation that the product documents, which is every one that clients may call. */
export async function listOperations(app: FastifyInstance): Promise<Operation[]> {
  await app.ready()
  const { paths } = app.swagger() as unknown as Document
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase() as Operation['method'],
      path,
      parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
      scope: operation['x-scope'],
      body: operation.requestBody?.content?.['application/json']?.schema,
    })),
  )
}

/** The smallest value that a schema takes, as far as its keywords say so. */
export function sampleOf(schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const alternative = (schema.anyOf ?? schema.oneOf)?.find(({ type }) => type !== 'null')
  if (alternative) return sampleOf(alternative)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(sampleOf)) as object
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {})]),
      )
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}))
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, (schema.exclusiveMinimum ?? -1) + 1)
    case 'boolean':
      return false
    default:
      return sampleText(schema)
  }
}

function sampleText({ format, minLength = 1 }: JsonSchema): string {
  if (format === 'uuid') return '00000000-0000-4000-8000-000000000000'
  if (format === 'email') return 'nobody@example.org'
  if (format === 'uri') return 'https://example.org/'
  if (format === 'date-time') return '2030-01-01T00:00:00Z'
  return 'x'.repeat(Math.max(1, minLength))
}
