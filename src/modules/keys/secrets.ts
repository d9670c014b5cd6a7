import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const shownCharacters = 8
export const keyPrefix = 'tk_'
const keyPattern = /^tk_[A-Za-z0-9_-]{32}$/

/** 192 random bits behind a prefix that secret scanners can look for. */
export function newApiKey(): { key: string; shown: string; hash: string } {
  const key = keyPrefix + randomBytes(24).toString('base64url')
  return { key, shown: key.slice(0, keyPrefix.length + shownCharacters), hash: hashSecret(key) }
}

export const isApiKey = (token: string) => keyPattern.test(token)

/** What the database keeps: random secrets need no slow hash. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Whether a secret is the one whose hash was kept, in a time that does not tell how near it is. */
export function matchesHash(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), Buffer.from(hash, 'hex'))
}
