import { createHash } from 'node:crypto'

/** Of 12,000 passwords, one in a hundred million others is taken for one of them. */
export const digestBytes = 5

/** The first 40 bits of a lower-cased password's SHA-256: enough to know a listed one again. */
export function passwordDigest(password: string): number {
  return createHash('sha256').update(password).digest().readUIntBE(0, digestBytes)
}
