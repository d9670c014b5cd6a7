import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  get,
  newAccount,
  password,
  post,
  secret,
  startAccountsApp,
  type AccountsApp,
} from '../support/accounts-app'

const origin = { ipAddress: '192.0.2.1', userAgent: 'test' }
let fixture: AccountsApp
beforeAll(async () => {
  fixture = await startAccountsApp()
})
afterAll(() => fixture.close())

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token made by hand, so that nothing of the library under test is trusted. */
function forge(claims: object, options: { alg?: string; key?: string } = {}): string {
  const { alg = 'HS256', key = secret } = options
  const input = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`
  if (alg === 'none') return `${input}.`
  const hash = alg.replace('HS', 'sha')
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`
}

describe('access tokens', () => {
  const nowSeconds = () => Math.floor(Date.now() / 1000)
  const claimsOf = (userId: string) => ({
    sub: userId,
    role: 'user',
    iss: 'timbre',
    iat: nowSeconds(),
    exp: nowSeconds() + 600,
  })

  it('carry the documented claims for fifteen minutes', async () => {
    const { access_token: token, user } = await newAccount(fixture, 'claims')
    const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
    expect(JSON.parse(header!)).toMatchObject({ alg: 'HS256' })
    const claims = JSON.parse(payload!)
    expect(claims).toEqual({
      sub: user.id,
      role: 'user',
      sid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iss: 'timbre',
      iat: expect.any(Number),
      exp: Number(claims.iat) + 900,
    })
  })

  it('are accepted when made with our secret (the forgeries below fail for their own reason)', async () => {
    const { user } = await newAccount(fixture, 'handmade')
    expect((await get(fixture.app, '/api/users/profile', forge(claimsOf(user.id)))).statusCode).toBe(200)
  })

  it('are refused when unsigned, tampered with, expired, foreign or incomplete', async () => {
    const { access_token: token, user } = await newAccount(fixture, 'victim')
    const claims = claimsOf(user.id)
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const admin = encode({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), role: 'admin' })
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const rsaInput = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
    const without = (name: string) =>
      forge(Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)))
    const forgeries: Record<string, string> = {
      none: forge(claims, { alg: 'none' }),
      'none with the old signature': `${encode({ alg: 'none' })}.${payload}.${signature}`,
      'tampered payload': `${header}.${admin}.${signature}`,
      'tampered signature': `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      'no signature': `${header}.${payload}.`,
      'wrong key': forge(claims, { key: 'another secret that is long enough, surely' }),
      HS512: forge(claims, { alg: 'HS512' }),
      RS256: `${rsaInput}.${createSign('sha256').update(rsaInput).sign(privateKey).toString('base64url')}`,
      'wrong issuer': forge({ ...claims, iss: 'elsewhere' }),
      'wrong role': forge({ ...claims, role: 'root' }),
      'subject that is no id': forge({ ...claims, sub: '1 OR 1=1' }),
      'no expiry': without('exp'),
      'no subject': without('sub'),
      'no issuer': without('iss'),
      rubbish: 'rubbish',
      'three dots': '...',
    }
    for (const [name, forgery] of Object.entries(forgeries)) {
      // Twice, so that nothing wrong is remembered as right.
      for (let time = 1; time <= 2; time++) {
        const answer = await get(fixture.app, '/api/users/profile', forgery)
        expect([answer.statusCode, answer.json().code], name).toEqual([401, 'token_invalid'])
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
      }
    }
    const expired = await get(
      fixture.app,
      '/api/users/profile',
      forge({ ...claims, iat: nowSeconds() - 20, exp: nowSeconds() - 1 }),
    )
    expect([expired.statusCode, expired.json().code]).toEqual([401, 'token_expired'])
  })

  it('expire although they were verified and remembered before', async () => {
    const { user } = await newAccount(fixture, 'shortlived')
    const token = forge({ ...claimsOf(user.id), exp: nowSeconds() + 2 })
    expect((await get(fixture.app, '/api/users/profile', token)).statusCode).toBe(200)
    expect((await get(fixture.app, '/api/users/profile', token)).statusCode).toBe(200)
    await sleep(3100)
    expect((await get(fixture.app, '/api/users/profile', token)).json().code).toBe('token_expired')
  })

  it('are not needed where nobody has to be logged in, so that a stale one does not block a log-in', async () => {
    await newAccount(fixture, 'stale')
    const answer = await post(
      fixture.app,
      '/api/users/login',
      { identifier: 'stale', password },
      { authorization: 'Bearer rubbish' },
    )
    expect(answer.statusCode).toBe(200)
  })
})

describe('refresh tokens', () => {
  const refresh = (token: string) => post(fixture.app, '/api/users/refresh', { refresh_token: token })

  it('rotate, and are stored as hashes only', async () => {
    const { refresh_token: first, user } = await newAccount(fixture, 'rotator')
    const answer = await refresh(first)
    expect(answer.statusCode).toBe(200)
    const { refresh_token: second, access_token: token } = answer.json()
    expect(second).not.toBe(first)
    expect((await get(fixture.app, '/api/users/profile', token)).statusCode).toBe(200)
    const rows = await fixture.database.session.findMany({ where: { userId: user.id } })
    expect(JSON.stringify(rows)).not.toContain(first)
    expect(JSON.stringify(rows)).not.toContain(second)
  })

  it('end the whole family when one is used twice, but no other log-in, and leave a trace', async () => {
    const { refresh_token: first, user } = await newAccount(fixture, 'robbed')
    const other = (await post(fixture.app, '/api/users/login', { identifier: 'robbed', password })).json()
    const second = (await refresh(first)).json().refresh_token
    const third = (await refresh(second)).json().refresh_token
    const reuse = await refresh(first)
    expect([reuse.statusCode, reuse.json().code]).toEqual([401, 'refresh_token_reused'])
    expect((await refresh(third)).statusCode).toBe(401)
    expect((await refresh(other.refresh_token)).statusCode).toBe(200)
    const trace = await fixture.database.auditEntry.findMany({
      where: { userId: user.id, action: 'session.reuse_detected' },
    })
    expect(trace).toHaveLength(1)
  })

  it('let one of many uses at the same time win, after which the family is dead', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { refresh_token: token, user } = await newAccount(fixture, `hasty${round}`)
      const answers = await Promise.all(Array.from({ length: 12 }, () => refresh(token)))
      const won = answers.filter((answer) => answer.statusCode === 200)
      expect(won).toHaveLength(1)
      expect(answers.filter((answer) => answer.statusCode === 401)).toHaveLength(11)
      expect((await refresh(won[0]!.json().refresh_token)).statusCode).toBe(401)
      expect(await fixture.database.session.count({ where: { userId: user.id, revokedAt: null } })).toBe(0)
    }
  })

  it('leave no survivor when an old token is reused while the newest one is rotating', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { refresh_token: first, user } = await newAccount(fixture, `chase${round}`)
      const second = (await refresh(first)).json().refresh_token as string
      await Promise.all([refresh(second), refresh(first), refresh(first)])
      expect(await fixture.database.session.count({ where: { userId: user.id, revokedAt: null } })).toBe(0)
    }
  })

  it('are refused when unknown or expired', async () => {
    expect((await refresh('unknown')).json()).toMatchObject({ status: 401, code: 'token_invalid' })
    const { refresh_token: token, user } = await newAccount(fixture, 'absent')
    await fixture.database.session.updateMany({
      where: { userId: user.id },
      data: { expiresAt: new Date(Date.now() - 1) },
    })
    expect((await refresh(token)).json()).toMatchObject({ status: 401, code: 'token_expired' })
    expect(await fixture.users.sweepSessions()).toBeGreaterThanOrEqual(1)
    expect(await fixture.database.session.count({ where: { userId: user.id } })).toBe(0)
  })

  it('end with a log-out, which says nothing about unknown tokens', async () => {
    const { refresh_token: token } = await newAccount(fixture, 'leaver')
    const logout = (given: string) => post(fixture.app, '/api/users/logout', { refresh_token: given })
    expect((await logout(token)).statusCode).toBe(204)
    expect((await logout(token)).statusCode).toBe(204)
    expect((await logout('unknown')).statusCode).toBe(204)
    expect((await refresh(token)).json()).toMatchObject({ status: 401, code: 'token_invalid' })
  })
})

describe('web sessions', () => {
  const withCookie = (token: string, headers: Record<string, string> = {}) => ({
    headers: { cookie: `theme=dark; timbre_session=${token}`, ...headers },
  })

  it('log in by a cookie that scripts cannot read', async () => {
    const { user } = await newAccount(fixture, 'webby')
    const { token, setCookie } = await fixture.users.createWebSession(user.id, origin)
    expect(setCookie).toBe(`timbre_session=${token}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax`)
    const answer = await fixture.app.inject({ url: '/api/users/profile', ...withCookie(token) })
    expect(answer.json()).toMatchObject({ id: user.id })
    const row = await fixture.database.session.findFirstOrThrow({ where: { userId: user.id, kind: 'web' } })
    expect(row.tokenHash).not.toContain(token)
    expect(row).toMatchObject(origin)
  })

  it('are no refresh tokens, and refresh tokens are no sessions', async () => {
    const { refresh_token: refreshToken, user } = await newAccount(fixture, 'mixer')
    const { token } = await fixture.users.createWebSession(user.id, origin)
    expect((await post(fixture.app, '/api/users/refresh', { refresh_token: token })).statusCode).toBe(401)
    expect(await fixture.users.authenticateWeb(refreshToken)).toBeNull()
  })

  it('end with a log-out at once, although they were remembered', async () => {
    const { user } = await newAccount(fixture, 'webleaver')
    const { token } = await fixture.users.createWebSession(user.id, origin)
    expect((await fixture.app.inject({ url: '/api/users/profile', ...withCookie(token) })).statusCode).toBe(
      200,
    )
    const logout = await fixture.app.inject({
      method: 'POST',
      url: '/api/users/logout',
      ...withCookie(token, { 'sec-fetch-site': 'same-origin' }),
    })
    expect(logout.statusCode).toBe(204)
    expect(logout.headers['set-cookie']).toMatch(/^timbre_session=; Max-Age=0;/)
    expect((await fixture.app.inject({ url: '/api/users/profile', ...withCookie(token) })).statusCode).toBe(
      401,
    )
  })

  it('are prolonged by use, once a day', async () => {
    const { user } = await newAccount(fixture, 'regular')
    const { token } = await fixture.users.createWebSession(user.id, origin)
    const inTenDays = new Date(Date.now() + 10 * 24 * 3600_000)
    await fixture.database.session.updateMany({
      where: { userId: user.id, kind: 'web' },
      data: { expiresAt: inTenDays },
    })
    const first = await fixture.app.inject({ url: '/api/users/profile', ...withCookie(token) })
    expect(first.headers['set-cookie']).toContain(`timbre_session=${token}; Max-Age=2592000`)
    const row = await fixture.database.session.findFirstOrThrow({ where: { userId: user.id, kind: 'web' } })
    expect(row.expiresAt.getTime()).toBeGreaterThan(Date.now() + 29 * 24 * 3600_000)
    const second = await fixture.app.inject({ url: '/api/users/profile', ...withCookie(token) })
    expect(second.headers['set-cookie']).toBeUndefined()
  })

  it('are refused when expired or made up', async () => {
    const { user } = await newAccount(fixture, 'sleeper')
    const { token } = await fixture.users.createWebSession(user.id, origin)
    await fixture.database.session.updateMany({
      where: { userId: user.id, kind: 'web' },
      data: { expiresAt: new Date(Date.now() - 1) },
    })
    expect(await fixture.users.authenticateWeb(token)).toBeNull()
    expect(await fixture.users.authenticateWeb('A'.repeat(43))).toBeNull()
    expect(await fixture.users.authenticateWeb("' OR ''='")).toBeNull()
  })

  it('have a Secure cookie where the product is reached by https', async () => {
    const secure = await startAccountsApp({ settings: { PUBLIC_URL: 'https://studio.example' } })
    try {
      const { user } = await newAccount(secure, 'secured')
      expect((await secure.users.createWebSession(user.id, origin)).setCookie).toContain('; Secure')
    } finally {
      await secure.close()
    }
  })
})

describe('limits of failed log-ins', () => {
  let limited: AccountsApp
  beforeAll(async () => {
    limited = await startAccountsApp({ settings: { LOGIN_ATTEMPTS_PER_15_MINUTES: '5' } })
  })
  afterAll(() => limited.close())
  const login = (identifier: string, given: string, remoteAddress: string) =>
    limited.app.inject({
      method: 'POST',
      url: '/api/users/login',
      payload: { identifier, password: given },
      remoteAddress,
    })

  it('hold for an account from whatever address and by whatever name, also for many attempts at once', async () => {
    await newAccount(limited, 'target')
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        login(index % 2 ? 'target' : 'Target@example.com', 'wrong', `198.51.100.${index}`),
      ),
    )
    expect(answers.filter((answer) => answer.statusCode === 401)).toHaveLength(5)
    const refused = answers.filter((answer) => answer.statusCode === 429)
    expect(refused).toHaveLength(10)
    expect(Number(refused[0]!.headers['retry-after'])).toBeGreaterThan(880)
    expect(refused[0]!.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      code: 'rate_limited',
    })
    expect((await login('target', password, '198.51.100.99')).statusCode).toBe(429)
    const actions = await limited.database.auditEntry.groupBy({ by: ['action'], _count: true })
    const count = (action: string) => actions.find((row) => row.action === action)?._count ?? 0
    expect([count('login.failed'), count('login.limited')]).toEqual([5, 1])
  })

  it('hold for an address that tries many accounts, and for accounts that do not exist', async () => {
    const statuses: number[] = []
    for (let index = 0; index < 7; index += 1) {
      statuses.push((await login(`ghost${index}`, 'wrong', '203.0.113.5')).statusCode)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
    const one: number[] = []
    for (let index = 0; index < 6; index += 1) {
      one.push((await login('spectre', 'wrong', `203.0.113.${10 + index}`)).statusCode)
    }
    expect(one).toEqual([401, 401, 401, 401, 401, 429])
  })

  it('do not count successes, and start anew after one', async () => {
    await newAccount(limited, 'forgetful')
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 4; index += 1) {
        expect((await login('forgetful', 'wrong', `192.0.2.${round * 10 + index}`)).statusCode).toBe(401)
      }
      expect((await login('forgetful', password, '192.0.2.200')).statusCode).toBe(200)
    }
    const many = await Promise.all(
      Array.from({ length: 12 }, () => login('forgetful', password, '192.0.2.201')),
    )
    expect(many.every((answer) => answer.statusCode === 200)).toBe(true)
  })

  it('hold for the password asked for by the profile as well', async () => {
    const { access_token: token } = await newAccount(limited, 'hijacked')
    const statuses: number[] = []
    for (let index = 0; index < 6; index += 1) {
      const answer = await limited.app.inject({
        method: 'PUT',
        url: '/api/users/profile',
        headers: { authorization: `Bearer ${token}` },
        payload: { email: 'thief@example.com', current_password: `guess ${index}` },
        remoteAddress: '192.0.2.250',
      })
      statuses.push(answer.statusCode)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  })
})
