import { setTimeout as sleep } from 'node:timers/promises'
import { hash } from 'argon2'
import { describe, expect, it } from 'vitest'
import { createPasswordHasher, passwordProblem } from './passwords'
import { refusedPasswords } from './refused-passwords'

describe('password hasher', () => {
  it('verifies what it hashed, however the letters were composed', async () => {
    const hasher = await createPasswordHasher()
    const stored = await hasher.hash('naïve café 1')
    expect(stored).toMatch(/^\$argon2id\$/)
    expect(await hasher.hash('naïve café 1')).not.toBe(stored)
    expect(await hasher.verify(stored, 'naïve café 1'.normalize('NFD'))).toBe(true)
    expect(await hasher.verify(stored, 'naive cafe 1')).toBe(false)
  })

  it('never accepts a password for no account, not even that of the stand-in', async () => {
    const hasher = await createPasswordHasher()
    expect(await hasher.verify(null, 'no account has this password')).toBe(false)
  })

  it('knows hashes of weaker settings', async () => {
    const hasher = await createPasswordHasher()
    expect(hasher.isOutdated(await hash('x', { memoryCost: 4096, timeCost: 2, parallelism: 1 }))).toBe(true)
    expect(hasher.isOutdated(await hasher.hash('x'))).toBe(false)
  })

  it('runs so many at once, lets others wait, and turns the rest away', async () => {
    const hasher = await createPasswordHasher({ concurrency: 2, maxWaiting: 3 })
    let running = 0
    let most = 0
    const work = async () => {
      running += 1
      most = Math.max(most, running)
      await sleep(20)
      running -= 1
      throw new Error('work may fail')
    }
    const results = await Promise.allSettled(Array.from({ length: 7 }, () => hasher.inTurn('address', work)))
    const reasons = results.map(
      (result) => (result as PromiseRejectedResult).reason as Error & { code?: string },
    )
    expect(reasons.filter((reason) => reason.message === 'work may fail')).toHaveLength(5)
    expect(reasons.filter((reason) => reason.code === 'unavailable')).toHaveLength(2)
    expect(most).toBe(2)
    expect(await hasher.inTurn('address', () => Promise.resolve('free again'))).toBe('free again')
  })
})

describe('passwordProblem', () => {
  const account = { username: 'Ada.Lovelace', email: 'ada@example.com' }

  it('accepts what is neither known nor the account itself', () => {
    expect(passwordProblem('a phrase of my own', account)).toBeNull()
  })

  it.each(['ada.lovelace', 'ADA@example.com', 'Password1', 'qwertyuiop', 'aaaaaaaa', 'abababab'])(
    'refuses %s',
    (password) => {
      expect(passwordProblem(password, account)).toEqual(expect.any(String))
    },
  )

  it('lists only passwords that the length would let through, in the form that is compared', () => {
    expect(refusedPasswords.size).toBeGreaterThan(200)
    for (const password of refusedPasswords) {
      expect(password.length, password).toBeGreaterThanOrEqual(8)
      expect(password).toBe(password.toLowerCase())
    }
  })
})
