import { Secret, TOTP } from 'otpauth'

const stepMs = 30_000
/** Steps before and after the present one that are accepted: clocks differ, and people type slowly. */
const window = 1
/** 160 bits, as RFC 4226 recommends. */
const secretBytes = 20
const issuer = 'Timbre'

/** A new shared secret, in base 32. */
export function newTotpSecret(): string {
  return new Secret({ size: secretBytes }).base32
}

/** The address that code generators read, from a QR code for example. */
export function otpauthUrl(secret: string, account: string): string {
  return totpOf(secret, account).toString()
}

/**
 * The time step that a six-digit code belongs to (RFC 6238: SHA-1, 30 s), or null for a wrong one.
 * @param secret In base 32.
 */
export function stepOfCode(secret: string, code: string, nowMs: number): number | null {
  const delta = totpOf(secret).validate({ token: code, timestamp: nowMs, window })
  return delta === null ? null : Math.floor(nowMs / stepMs) + delta
}

function totpOf(secret: string, label = issuer): TOTP {
  return new TOTP({ issuer, label, algorithm: 'SHA1', digits: 6, period: stepMs / 1000, secret })
}
