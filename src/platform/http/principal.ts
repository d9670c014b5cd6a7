/** What an API key or an app was given, and no more. */
export interface Grant {
  id: string
  /** Such as `jobs:read`, `storage:*` for all of an area, or `*` for all there are. */
  scopes: readonly string[]
  /** A limit of its own, besides the account's; null where it has none. */
  requestsPerMinute: number | null
}

/** Who makes a request. */
export interface Principal {
  userId: string
  role: 'user' | 'admin'
  /** How the request proved it: an access token, the cookie of the web UI, an API key, or the token of an app. */
  via: 'token' | 'web' | 'key' | 'app'
  /** The log-in that it comes from, where it comes from one. */
  sessionId?: string
  /** Only of administrators who must set up a second factor before anything else. */
  setupOnly?: true
  /** Only of keys and apps: what limits them. */
  grant?: Grant
}

/** A scope that a route names in place of one that its body decides, which the route then asks for itself. */
export const capabilityScope = '{capability}:write'

/** A scope for routes that every key may use. */
export const anyScope = '*:read'

/** Whether what was granted covers what a route needs. */
export function covers(granted: readonly string[], needed: string): boolean {
  if (needed === anyScope) return true
  if (needed === capabilityScope) return granted.some((scope) => scope === '*' || !scope.endsWith(':read'))
  return granted.some(
    (scope) => scope === '*' || scope === needed || scope === `${needed.split(':', 1)[0]}:*`,
  )
}
