import { Secret, TOTP } from 'otpauth'
import { describe, expect, it } from 'vitest'
import { newTotpSecret, otpauthUrl, stepOfCode } from './totp'

/** RFC 6238, appendix B: the SHA-1 vectors; of their eight digits ours are the last six. */
const rfcSecret = Secret.fromUTF8('12345678901234567890').base32
const vectors: [timeSeconds: number, code: string][] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
]

describe('TOTP', () => {
  it.each(vectors)('accepts the code of RFC 6238 at %i s', (timeSeconds, code) => {
    const step = Math.floor(timeSeconds / 30)
    expect(stepOfCode(rfcSecret, code.slice(-6), timeSeconds * 1000)).toBe(step)
  })

  it('accepts the codes of the step before and after, and says which it was; no others', () => {
    const [timeSeconds, code] = vectors[2]!
    const step = Math.floor(timeSeconds / 30)
    const at = (offsetSteps: number) =>
      stepOfCode(rfcSecret, code.slice(-6), (timeSeconds + offsetSteps * 30) * 1000)
    expect([-2, -1, 0, 1, 2].map(at)).toEqual([null, step, step, step, null])
  })

  it('refuses what is no code', () => {
    for (const code of ['', '12345', '1234567', 'abcdef', '000000']) {
      expect(stepOfCode(rfcSecret, code, 59_000), code).toBeNull()
    }
  })

  it('makes secrets of 160 bits, and addresses that generators understand', () => {
    const secret = newTotpSecret()
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(newTotpSecret()).not.toBe(secret)
    const url = new URL(otpauthUrl(secret, 'ada@example.com'))
    expect(url.protocol).toBe('otpauth:')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      issuer: 'Timbre',
      secret,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
    expect(new TOTP({ secret }).generate({ timestamp: 5_000_000 })).toHaveLength(6)
  })
})
