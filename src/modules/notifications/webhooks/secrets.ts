import { z } from 'zod'
import type { Prisma } from '../../../platform/database'
import type { Seal } from '../../../platform/seal'
import { newWebhookSecret } from './signature'

const keptSchema = z.array(z.object({ sealed: z.string(), expires_at: z.string().nullable() }))

export type EndpointSecrets = ReturnType<typeof createEndpointSecrets>

/** The secrets of an endpoint as its row keeps them: encrypted, newest first, replaced ones until they expire. */
export function createEndpointSecrets(seal: Seal) {
  const kept = (column: unknown, at: Date) =>
    keptSchema.parse(column).filter((entry) => entry.expires_at === null || new Date(entry.expires_at) > at)
  return {
    /** Those that messages are signed with at a time. */
    valid: (column: unknown, at: Date): string[] => kept(column, at).map(({ sealed }) => seal.open(sealed)),
    /** When the last of the replaced ones expires; null where there is none. */
    overlapUntil: (column: unknown, at: Date): string | null =>
      kept(column, at)
        .flatMap((entry) => entry.expires_at ?? [])
        .sort()
        .at(-1) ?? null,
    /** A new secret in front of those of `column`, which expire at `expiresAt` at the latest. */
    add(column: unknown, at: Date, expiresAt: Date): { secret: string; column: Prisma.InputJsonValue } {
      const secret = newWebhookSecret()
      const earlier = kept(column, at).map(({ sealed, expires_at: expiry }) => ({
        sealed,
        expires_at: expiry !== null && new Date(expiry) < expiresAt ? expiry : expiresAt.toISOString(),
      }))
      return { secret, column: [{ sealed: seal.close(secret), expires_at: null }, ...earlier] }
    },
  }
}
