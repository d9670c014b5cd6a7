import { createECDH, createHmac } from 'node:crypto'

export interface VapidKeys {
  publicKey: string
  privateKey: string
}

/**
 * The key pair by which push services know this installation (RFC 8292). Made from its secret, so that it is there from
 * the first start on, stays the same, and is shared by all processes.
 */
export function deriveVapidKeys(secret: string): VapidKeys {
  const curve = createECDH('prime256v1')
  for (let counter = 0; ; counter += 1) {
    const candidate = createHmac('sha256', secret).update(`vapid ${counter}`).digest()
    try {
      curve.setPrivateKey(candidate)
    } catch {
      // Not a number below the order of the curve: one in four thousand million.
      continue
    }
    return {
      publicKey: curve.getPublicKey().toString('base64url'),
      privateKey: candidate.toString('base64url'),
    }
  }
}
