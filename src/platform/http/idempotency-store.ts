import type { Database } from '../database'
import { newId } from '../ids'

export interface StoredAnswer {
  statusCode: number
  body: string
}

/** What a request with a key finds. */
export type Claim =
  | { outcome: 'execute'; recordId: string }
  | { outcome: 'replay'; answer: StoredAnswer }
  | { outcome: 'in_flight' }
  | { outcome: 'mismatch' }

export interface IdempotencyStore {
  /** How long a claim outlives the process that made it, in milliseconds. */
  leaseMs: number
  claim(ownerId: string, key: string, fingerprint: string): Promise<Claim>
  /** Keeps the claim of a request that is still being worked on. */
  renew(recordId: string): Promise<void>
  complete(recordId: string, answer: StoredAnswer): Promise<void>
  /** Forgets the claim: the next request with the key executes. */
  release(recordId: string): Promise<void>
  /** Deletes what is older than 24 hours. @returns the number of records deleted. */
  sweep(): Promise<number>
}

export interface IdempotencyStoreOptions {
  database: Database
  leaseMs?: number
  keptMs?: number
}

const maxClaimRounds = 5

/**
 * Claims and answers in the table `idempotency_records`. While a request is in flight, `expires_at` is the end of its
 * lease, so that a crashed process does not block the key; with the answer it becomes the end of the record's life.
 */
export function createIdempotencyStore({
  database,
  leaseMs = 60_000,
  keptMs = 24 * 3600_000,
}: IdempotencyStoreOptions): IdempotencyStore {
  const records = database.idempotencyRecord
  const fromNow = (durationMs: number) => new Date(Date.now() + durationMs)

  async function tryClaim(userId: string, key: string, fingerprint: string): Promise<Claim | null> {
    const id = newId()
    // ON CONFLICT DO NOTHING: of any number of requests at once exactly one inserts.
    const { count } = await records.createMany({
      data: [{ id, userId, key, fingerprint, expiresAt: fromNow(leaseMs) }],
      skipDuplicates: true,
    })
    if (count === 1) return { outcome: 'execute', recordId: id }
    const found = await records.findUnique({ where: { userId_key: { userId, key } } })
    if (!found) return null
    if (found.expiresAt.getTime() <= Date.now()) {
      await records.deleteMany({ where: { id: found.id, expiresAt: { lte: new Date() } } })
      return null
    }
    if (found.fingerprint !== fingerprint) return { outcome: 'mismatch' }
    if (found.statusCode === null) return { outcome: 'in_flight' }
    return { outcome: 'replay', answer: { statusCode: found.statusCode, body: found.body ?? '' } }
  }

  return {
    leaseMs,
    async claim(ownerId, key, fingerprint) {
      // A record may vanish or expire between two statements; the next round sees the new state.
      for (let round = 0; round < maxClaimRounds; round += 1) {
        const claim = await tryClaim(ownerId, key, fingerprint)
        if (claim) return claim
      }
      return { outcome: 'in_flight' }
    },
    async renew(recordId) {
      await records.updateMany({
        where: { id: recordId, statusCode: null },
        data: { expiresAt: fromNow(leaseMs) },
      })
    },
    async complete(recordId, { statusCode, body }) {
      await records.updateMany({
        where: { id: recordId, statusCode: null },
        data: { statusCode, body, expiresAt: fromNow(keptMs) },
      })
    },
    async release(recordId) {
      await records.deleteMany({ where: { id: recordId, statusCode: null } })
    },
    async sweep() {
      const { count } = await records.deleteMany({ where: { expiresAt: { lte: new Date() } } })
      return count
    },
  }
}
