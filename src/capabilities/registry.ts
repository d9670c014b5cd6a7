import type { z } from 'zod'

import { AppError } from '../platform/errors'
import type { CapabilityDefinition } from './capability'

/** All capabilities of this installation, by id. */
export interface CapabilityRegistry {
  list(): readonly CapabilityDefinition[]
  /** @throws AppError `not_found`. */
  get(id: string): CapabilityDefinition
  has(id: string): boolean
  /**
   * Parameters with defaults filled in.
   * @throws AppError `invalid_parameter` that names every failing field.
   */
  parseParameters(id: string, parameters: unknown): Record<string, unknown>
}

/** @throws Error where two definitions share an id: the boot must not go on. */
export function createCapabilityRegistry(definitions: readonly CapabilityDefinition[]): CapabilityRegistry {
  const byId = new Map<string, CapabilityDefinition>()
  for (const definition of definitions) {
    if (byId.has(definition.id)) throw new Error(`two capabilities have the id “${definition.id}”`)
    byId.set(definition.id, definition)
  }
  const get = (id: string): CapabilityDefinition => {
    const found = byId.get(id)
    if (found) return found
    const known = [...byId.keys()].join(', ')
    throw new AppError('not_found', { message: `There is no capability “${id}”. There are: ${known}.` })
  }
  return {
    list: () => [...byId.values()],
    get,
    has: (id) => byId.has(id),
    parseParameters(id, parameters) {
      const parsed = get(id).parameters.safeParse(parameters ?? {})
      if (parsed.success) return parsed.data
      throw invalidParameters(parsed.error)
    },
  }
}

function invalidParameters(error: z.ZodError): AppError {
  const fields = error.issues.map((issue) => ({
    path: issue.path.join('.') || ('keys' in issue ? issue.keys.join(', ') : ''),
    message: issue.message,
  }))
  return new AppError('invalid_parameter', {
    message: fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
    details: { fields },
  })
}
