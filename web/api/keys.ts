import { send } from './client'

export interface ApiKey {
  id: string
  name: string
  prefix: string
  scopes: string[]
  minutes_per_month: number | null
  seconds_this_month: number
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  previous_until: string | null
}

export interface NewKey {
  name: string
  scopes: string[]
  minutes_per_month: number | null
  /** ISO 8601; null for never. */
  expires_at: string | null
}

/** An app of somebody else's that may act for the account. */
export interface AppGrant {
  id: string
  client_name: string
  scopes: string[]
  created_at: string
}

const keyPath = (id: string) => `/api/keys/${encodeURIComponent(id)}`

export interface KeysOverview {
  keys: ApiKey[]
  grants: AppGrant[]
  scopes: readonly string[]
}

/** The answer holds the key itself, this once. */
export async function makeKey(key: NewKey): Promise<ApiKey & { key: string }> {
  return send('/api/keys', { method: 'POST', body: key })
}

export async function rotateKey(id: string): Promise<ApiKey & { key: string }> {
  return send(`${keyPath(id)}/rotate`, { method: 'POST', body: {} })
}

export async function revokeKey(id: string): Promise<void> {
  await send(keyPath(id), { method: 'DELETE' })
}

export async function withdrawGrant(id: string): Promise<void> {
  await send(`/api/oauth/grants/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

/** What an app asks for. */
export interface Consent {
  client_name: string
  redirect_host: string
  scopes: string[]
  /** Where to go at once, because the request cannot be granted. */
  redirect_to: string | null
}

/** @param query As the app sent the browser with it. */
export async function readConsent(query: string, signal: AbortSignal): Promise<Consent> {
  return send<Consent>(`/api/oauth/authorize${query}`, { signal })
}

/** @returns where the browser is to go. */
export async function decideConsent(query: string, approve: boolean): Promise<string> {
  const asked = Object.fromEntries(new URLSearchParams(query))
  const body = { ...asked, approve }
  return (await send<{ redirect_to: string }>('/api/oauth/authorize', { method: 'POST', body })).redirect_to
}
