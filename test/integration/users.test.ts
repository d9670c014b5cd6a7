import argon2 from 'argon2'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { get, newAccount, password, post, startAccountsApp, type AccountsApp } from '../support/accounts-app'

// The real library; its calls can be looked at.
vi.mock('argon2', async (importOriginal) => {
  const real = await importOriginal<typeof argon2>()
  const verify = vi.fn(real.verify)
  return { ...real, verify, default: { ...real, verify } }
})

const origin = { ipAddress: '192.0.2.1', userAgent: 'test' }

describe('accounts', () => {
  let fixture: AccountsApp
  const registered: string[] = []
  beforeAll(async () => {
    fixture = await startAccountsApp({
      async onRegistered(userId, client) {
        registered.push(userId)
        const { username } = await client.user.update({
          where: { id: userId },
          data: { secondsRemaining: 601 },
        })
        if (username === 'unlucky') throw new Error('the grant failed')
      },
    })
  })
  afterAll(() => fixture.close())

  const register = (body: object) => post(fixture.app, '/api/users/register', body)

  it('registers, grants in the same transaction, and never shows the password', async () => {
    const answer = await register({ username: 'Ada.L', email: 'Ada@Example.com', password })
    expect(answer.statusCode).toBe(201)
    const { user } = answer.json()
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      username: 'Ada.L',
      display_name: 'Ada.L',
      email: 'Ada@Example.com',
      email_verified: false,
      role: 'user',
      status: 'active',
      created_at: expect.stringMatching(/Z$/),
    })
    expect(registered).toContain(user.id)
    const row = await fixture.database.user.findUniqueOrThrow({ where: { id: user.id } })
    expect(row.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(fixture.log.join('')).not.toContain(password)
  })

  it('leaves nothing behind when the grant fails', async () => {
    const answer = await register({ username: 'unlucky', email: 'unlucky@example.com', password })
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('the grant failed')
    expect(await fixture.database.user.count({ where: { username: 'unlucky' } })).toBe(0)
  })

  it('refuses names that are taken in whatever case', async () => {
    await newAccount(fixture, 'grace_h')
    const name = await register({ username: 'GRACE_H', email: 'other@example.com', password })
    expect([name.statusCode, name.json().code]).toEqual([409, 'username_taken'])
    const email = await register({ username: 'grace2', email: 'Grace_H@EXAMPLE.com', password })
    expect([email.statusCode, email.json().code]).toEqual([409, 'email_taken'])
    // An underscore is no wildcard.
    expect((await register({ username: 'graceXh', email: 'gx@example.com', password })).statusCode).toBe(201)
  })

  it('lets one of many registrations of a name at the same time win', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        register({ username: index % 2 ? 'Racer' : 'racer', email: `racer${index}@example.com`, password }),
      ),
    )
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([201, ...Array<number>(7).fill(409)])
    expect(new Set(answers.filter((a) => a.statusCode === 409).map((a) => a.json().code))).toEqual(
      new Set(['username_taken']),
    )
  })

  it.each([
    ['short user name', { username: 'ab' }, 'username'],
    ['user name with a slash', { username: '../etc' }, 'username'],
    ['no e-mail address', { email: 'nobody' }, 'email'],
    ['short password', { password: 'seven77' }, 'password'],
    ['endless password', { password: 'x1Y'.repeat(100) }, 'password'],
    ['password that everybody has', { password: 'Password123' }, 'password'],
    ['password of one character', { password: 'zzzzzzzzzzz' }, 'password'],
    ['password that is the user name', { username: 'longusername', password: 'LongUsername' }, 'password'],
    ['password that is the address', { email: 'me@example.com', password: 'me@example.com' }, 'password'],
  ])('names the field of a bad registration: %s', async (_, change, field) => {
    const answer = await register({ username: 'newcomer', email: 'new@example.com', password, ...change })
    expect(answer.statusCode).toBe(400)
    const problem = answer.json()
    expect(problem.code).toBe('validation_failed')
    expect(problem.errors).toEqual([{ field, message: expect.any(String) }])
  })

  it('holds the same rules for callers that are no route', async () => {
    const bad = { username: '../etc', email: 'nobody', password: 'short' }
    await expect(fixture.users.register(bad, origin)).rejects.toMatchObject({
      code: 'validation_failed',
      details: { errors: [{ field: 'username' }, { field: 'email' }, { field: 'password' }] },
    })
    const endless = { identifier: 'ada', password: 'x'.repeat(257) }
    await expect(fixture.users.login(endless, origin)).rejects.toMatchObject({ code: 'validation_failed' })
  })

  it('logs in by user name or address in any case, and answers uniformly otherwise', async () => {
    await newAccount(fixture, 'lin')
    for (const identifier of ['lin', 'LIN', 'Lin@example.COM', ' lin ']) {
      const answer = await post(fixture.app, '/api/users/login', { identifier, password })
      expect(answer.statusCode, identifier).toBe(200)
      expect(answer.json()).toMatchObject({
        token_type: 'Bearer',
        expires_in: 900,
        user: { username: 'lin' },
      })
    }
    const wrong = await post(fixture.app, '/api/users/login', { identifier: 'lin', password: 'wrong' })
    const unknown = await post(fixture.app, '/api/users/login', { identifier: 'nobody', password: 'wrong' })
    const comparable = (body: object) => ({ ...body, request_id: '' })
    expect(comparable(unknown.json())).toEqual(comparable(wrong.json()))
    expect(unknown.statusCode).toBe(401)
    expect(Object.keys(unknown.headers)).toEqual(Object.keys(wrong.headers))
  })

  it('does equal work for accounts that do not exist: one verification of one kind of hash', async () => {
    await newAccount(fixture, 'known')
    const kinds: string[] = []
    for (const identifier of ['known', 'nobody']) {
      vi.mocked(argon2.verify).mockClear()
      await post(fixture.app, '/api/users/login', { identifier, password: 'not the password' })
      const hashes = vi.mocked(argon2.verify).mock.calls.map(([hash]) => hash)
      expect(hashes).toHaveLength(1)
      // Algorithm, version and cost stand before the salt.
      kinds.push(hashes[0]!.split('$').slice(0, 4).join('$'))
    }
    expect(kinds[1]).toBe(kinds[0])
  })

  it('shows and changes the profile', async () => {
    const { access_token: token, user } = await newAccount(fixture, 'mary')
    const headers = { authorization: `Bearer ${token}` }
    const put = (payload: object) =>
      fixture.app.inject({ method: 'PUT', url: '/api/users/profile', payload, headers })
    expect((await get(fixture.app, '/api/users/profile', token)).json()).toMatchObject({ id: user.id })
    expect((await put({ display_name: ' Mary S. ' })).json()).toMatchObject({ display_name: 'Mary S.' })

    expect((await put({ email: 'm@example.org' })).json()).toMatchObject({
      code: 'validation_failed',
      errors: [{ field: 'current_password' }],
    })
    const wrong = await put({ email: 'm@example.org', current_password: 'wrong' })
    expect([wrong.statusCode, wrong.json().code]).toEqual([401, 'invalid_credentials'])
    const taken = await put({ email: 'LIN@example.com', current_password: password })
    expect([taken.statusCode, taken.json().code]).toEqual([409, 'email_taken'])
    // Another address counts once it is confirmed.
    const asked = await put({ email: 'm@example.org', current_password: password })
    expect(asked.json()).toMatchObject({ email: 'mary@example.com' })
  })

  it('ends all sessions with a new password', async () => {
    const { access_token: token, refresh_token, user } = await newAccount(fixture, 'joan')
    const web = await fixture.users.createWebSession(user.id, origin)
    expect(await fixture.users.authenticateWeb(web.token)).not.toBeNull()
    const changed = await fixture.app.inject({
      method: 'PUT',
      url: '/api/users/profile',
      headers: { authorization: `Bearer ${token}` },
      payload: { new_password: 'another fine phrase', current_password: password },
    })
    expect(changed.statusCode).toBe(200)
    expect((await post(fixture.app, '/api/users/refresh', { refresh_token })).statusCode).toBe(401)
    expect(await fixture.users.authenticateWeb(web.token)).toBeNull()
    const login = (given: string) =>
      post(fixture.app, '/api/users/login', { identifier: 'joan', password: given })
    expect((await login(password)).statusCode).toBe(401)
    expect((await login('another fine phrase')).statusCode).toBe(200)
  })

  it('tells the account status', async () => {
    const { access_token: token, user } = await newAccount(fixture, 'hedy')
    expect((await get(fixture.app, '/api/users/account-status', token)).json()).toEqual({
      user_id: user.id,
      username: 'hedy',
      role: 'user',
      status: 'active',
      paid_status: 'free',
      minutes_remaining: 10.01,
      seconds_remaining: 601,
      created_at: expect.any(String),
    })
  })

  it('creates one administrator, however many processes start at once', async () => {
    const created = await Promise.all([1, 2, 3, 4].map(() => fixture.users.ensureAdmin()))
    const admins = created.filter((admin) => admin !== null)
    expect(admins).toHaveLength(1)
    expect(await fixture.users.ensureAdmin()).toBeNull()
    const { email, generatedPassword } = admins[0]!
    expect(generatedPassword).toMatch(/^\w{20}$/)
    const answer = await post(fixture.app, '/api/users/login', {
      identifier: email,
      password: generatedPassword,
    })
    expect(answer.json().user.role).toBe('admin')
  })

  it('lists accounts for administrators only, page by page in both directions', async () => {
    await fixture.users.ensureAdmin()
    const { access_token: plain } = await newAccount(fixture, 'curious')
    expect((await get(fixture.app, '/api/users')).statusCode).toBe(401)
    expect((await get(fixture.app, '/api/users', plain)).statusCode).toBe(403)

    const boss = await newAccount(fixture, 'boss')
    await fixture.database.user.update({ where: { id: boss.user.id }, data: { role: 'admin' } })
    const { json } = await post(fixture.app, '/api/users/login', { identifier: 'boss', password })
    const token = json().access_token as string
    const page = async (query: string) => (await get(fixture.app, `/api/users?${query}`, token)).json()

    const all = await page('limit=100')
    expect(all).toMatchObject({ object: 'list', url: '/api/users', has_more: false })
    const ids = all.data.map((user: { id: string }) => user.id) as string[]
    expect(ids).toEqual([...ids].sort().reverse())
    const walked: string[] = []
    for (let after = ''; ;) {
      const part = await page(`limit=3${after && `&starting_after=${after}`}`)
      walked.push(...part.data.map((user: { id: string }) => user.id))
      if (!part.has_more) break
      after = walked.at(-1)!
    }
    expect(walked).toEqual(ids)
    const before = await page(`limit=2&ending_before=${ids[4]}`)
    expect(before.data.map((user: { id: string }) => user.id)).toEqual(ids.slice(2, 4))
    expect(before.has_more).toBe(true)
    expect((await page(`limit=2&ending_before=${ids[2]}`)).has_more).toBe(false)

    for (const query of ['limit=0', 'limit=101', 'limit=x', 'starting_after=7']) {
      expect(await page(query), query).toMatchObject({ status: 400, code: 'validation_failed' })
    }
    expect(await page(`starting_after=${ids[0]}&ending_before=${ids[1]}`)).toMatchObject({ status: 400 })
  })

  it('refuses suspended accounts everywhere, at once', async () => {
    const { access_token: token, refresh_token, user } = await newAccount(fixture, 'banned')
    const web = await fixture.users.createWebSession(user.id, origin)
    await fixture.users.authenticateWeb(web.token)
    await fixture.users.setStatus(user.id, 'suspended', { userId: user.id, ipAddress: null })

    expect((await get(fixture.app, '/api/users/profile', token)).json()).toMatchObject({
      status: 403,
      code: 'account_suspended',
    })
    expect(await fixture.users.authenticateWeb(web.token)).toBeNull()
    expect((await post(fixture.app, '/api/users/refresh', { refresh_token })).statusCode).toBe(401)
    const login = (given: string) =>
      post(fixture.app, '/api/users/login', { identifier: 'banned', password: given })
    expect((await login(password)).json().code).toBe('account_suspended')
    expect((await login('wrong')).json().code).toBe('invalid_credentials')

    await fixture.users.setStatus(user.id, 'active', { userId: user.id, ipAddress: null })
    expect((await login(password)).statusCode).toBe(200)
  })
})

describe('closed registration', () => {
  it('answers 403', async () => {
    const fixture = await startAccountsApp({ settings: { SIGNUP_ENABLED: 'false' } })
    try {
      const answer = await post(fixture.app, '/api/users/register', {
        username: 'late',
        email: 'late@example.com',
        password,
      })
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'forbidden'])
    } finally {
      await fixture.close()
    }
  })
})
