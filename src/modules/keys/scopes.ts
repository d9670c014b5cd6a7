import { z } from 'zod'

/** Areas besides the capabilities. */
const areas = ['jobs', 'voices', 'dictionaries', 'storage', 'payment', 'account'] as const

export type Scopes = ReturnType<typeof createScopes>

/**
 * What keys and apps can be given: `<capability>:write` starts jobs of a capability, `jobs:read` watches jobs and reads
 * transcripts, `jobs:write` downloads (which spends minutes), cancels and deletes; other areas likewise by read and
 * write; `<area>:*` is all of an area and `*` all there is.
 */
export function createScopes(capabilities: readonly string[]) {
  const known = new Set([
    '*',
    ...capabilities.flatMap((id) => [`${id}:write`, `${id}:*`]),
    ...areas.flatMap((area) => [`${area}:read`, `${area}:write`, `${area}:*`]),
  ])
  const list = [...known]
  return {
    list,
    has: (scope: string) => known.has(scope),
    schema: z
      .array(z.string())
      .min(1)
      .max(50)
      .refine((scopes) => scopes.every((scope) => known.has(scope)), {
        error: `Each scope is one of ${list.join(', ')}.`,
      })
      .describe('What may be done: `<capability>:write` starts jobs, `jobs:read` watches them, and so on.'),
  }
}
