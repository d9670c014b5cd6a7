import { createECDH } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { deriveVapidKeys } from './vapid'

describe('keys of web push', () => {
  it('are the same for the same secret, and a pair on P-256', () => {
    const keys = deriveVapidKeys('secret')
    expect(deriveVapidKeys('secret')).toEqual(keys)
    expect(deriveVapidKeys('another').privateKey).not.toBe(keys.privateKey)
    const curve = createECDH('prime256v1')
    curve.setPrivateKey(Buffer.from(keys.privateKey, 'base64url'))
    expect(curve.getPublicKey().toString('base64url')).toBe(keys.publicKey)
    expect([keys.publicKey.length, keys.privateKey.length]).toEqual([87, 43])
  })
})
