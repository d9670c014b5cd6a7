import type { z } from 'zod'

import { AppError } from '../platform/errors'
import type { AskedJob, CapabilityDefinition, ParameterProblem } from './capability'

/** All capabilities of this installation, by id. */
export interface CapabilityRegistry {
  list(): readonly CapabilityDefinition[]
  /** @throws AppError `not_found`. */
  get(id: string): CapabilityDefinition
  has(id: string): boolean
  /**
   * Parameters with defaults filled in.
   * @param job That is to work by them; without it only what holds for all jobs is checked.
   * @throws AppError `invalid_parameter` that names every failing field.
   */
  parseParameters(id: string, parameters: unknown, job?: AskedJob): Record<string, unknown>
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
    parseParameters(id, parameters, job) {
      const definition = get(id)
      const parsed = definition.parameters.safeParse(parameters ?? {})
      if (!parsed.success) throw invalidParameters(problemsOf(parsed.error))
      const problems = (job && definition.problemsWith?.(parsed.data, job)) ?? []
      if (problems.length > 0) throw invalidParameters(problems)
      return parsed.data
    },
  }
}

function problemsOf(error: z.ZodError): ParameterProblem[] {
  return error.issues.map((issue) => ({
    path: issue.path.join('.') || ('keys' in issue ? issue.keys.join(', ') : ''),
    message: issue.message,
  }))
}

function invalidParameters(fields: readonly ParameterProblem[]): AppError {
  return new AppError('invalid_parameter', {
    message: fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
    details: { fields },
  })
}
