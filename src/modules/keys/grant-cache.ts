import type { EventBus } from '../../platform/events'
import type { Principal } from '../../platform/http'

/** However often word of a revocation is lost, what was read once is believed no longer than this. */
const maxAgeMs = 5000
const maxEntries = 10_000

export interface FoundGrant {
  principal: Principal
  /** When the token ends by itself; null for never. */
  expiresAtMs: number | null
}

export type GrantCache = ReturnType<typeof createGrantCache>

/**
 * Keys and apps' tokens as they were read last, by the hash of the token. What changes is announced by the id of the
 * key or grant and forgotten by every process.
 */
export function createGrantCache(events: EventBus, now: () => number = Date.now) {
  const entries = new Map<string, FoundGrant & { readAtMs: number }>()
  /** Grows when something is forgotten: what was read before that must not be remembered after it. */
  let changes = 0

  function forget(grantId: string): void {
    changes += 1
    for (const [hash, { principal }] of entries) if (principal.grant?.id === grantId) entries.delete(hash)
  }
  const subscriptions = [
    events.subscribe('grant_changed', forget),
    events.onReconnect(() => {
      changes += 1
      entries.clear()
    }),
  ]

  return {
    /** As it is known, else as `read` finds it; null where it finds nothing. */
    async get(hash: string, read: () => Promise<FoundGrant | null>): Promise<FoundGrant | null> {
      const known = entries.get(hash)
      if (known && now() - known.readAtMs < maxAgeMs) return known
      entries.delete(hash)
      const changesBefore = changes
      const found = await read()
      if (found && changes === changesBefore) {
        if (entries.size >= maxEntries) entries.delete(entries.keys().next().value!)
        entries.set(hash, { ...found, readAtMs: now() })
      }
      return found
    },
    /** Tells every process, this one first. */
    async changed(grantId: string): Promise<void> {
      forget(grantId)
      await events.publish('grant_changed', grantId)
    },
    close: () => subscriptions.forEach((unsubscribe) => unsubscribe()),
  }
}
