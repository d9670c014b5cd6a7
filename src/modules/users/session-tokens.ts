import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseClient } from '../../platform/database'

/** How long a refresh token, or a web session that is not used, lives. */
export const sessionLifetimeMs = 30 * 24 * 3600_000

/** Where a request comes from, kept beside sessions and in the audit log. */
export interface RequestOrigin {
  ipAddress: string | null
  userAgent: string | null
}

/** 256 random bits: what the client keeps. */
export function newSessionToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What the database keeps: random tokens need no slow hash. */
export function hashSessionToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** What a client says of itself is cut to what is worth keeping. */
export function originColumns({ ipAddress, userAgent }: RequestOrigin) {
  return { ipAddress, userAgent: userAgent?.slice(0, 300) ?? null }
}

/** Ends the log-ins of an account, but for one. */
export async function revokeSessions(
  client: DatabaseClient,
  userId: string,
  exceptFamilyId?: string,
): Promise<void> {
  await client.session.updateMany({
    where: { userId, revokedAt: null, ...(exceptFamilyId ? { familyId: { not: exceptFamilyId } } : {}) },
    data: { revokedAt: new Date() },
  })
}

/** Keys of unknown names have one length, and what people type into the wrong field is not kept. */
export function digestOfName(name: string): string {
  return createHash('sha256').update(name.trim().toLowerCase()).digest('base64url')
}
