import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  get,
  newAccount,
  password,
  post,
  startAccountsApp,
  type AccountsApp,
} from '../../support/accounts-app'

const hourMs = 3_600_000
const origin = { ipAddress: '192.0.2.1', userAgent: 'test' }
let clockMs = Date.now()
let fixture: AccountsApp
const verified: string[] = []
beforeAll(async () => {
  fixture = await startAccountsApp({
    now: () => clockMs,
    onVerified: async (userId) => void verified.push(userId),
  })
})
afterAll(() => fixture.close())

const noticesOf = (userId: string, event: string) =>
  fixture.notices.filter((notice) => notice.userId === userId && notice.event === event)
/** The token in the newest link that an account was sent. */
function tokenOf(userId: string, event: string): string {
  const link = String(noticesOf(userId, event).at(-1)?.data.link)
  return new URL(link).searchParams.get('token')!
}
const verify = (token: string) => post(fixture.app, '/api/users/verify-email', { token })

describe('confirming an e-mail address', () => {
  it('takes the link that registering sends, once, and keeps only its hash', async () => {
    const { user, access_token: access } = await newAccount(fixture, 'ada')
    const [notice] = noticesOf(user.id, 'account.verify_email')
    expect(notice!.data.link).toMatch(/^http:\/\/localhost:3000\/verify-email\?token=/)
    const token = tokenOf(user.id, 'account.verify_email')
    const rows = await fixture.database.accountToken.findMany({ where: { userId: user.id } })
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(token)
    expect((await get(fixture.app, '/api/users/profile', access)).json().email_verified).toBe(false)

    const uses = await Promise.all(Array.from({ length: 6 }, () => verify(token)))
    expect(uses.map(({ statusCode }) => statusCode).sort()).toEqual([200, 410, 410, 410, 410, 410])
    expect(verified.filter((id) => id === user.id)).toHaveLength(1)
    expect((await get(fixture.app, '/api/users/profile', access)).json().email_verified).toBe(true)
  })

  it('refuses links that are made up, changed, too old, or of another kind', async () => {
    const { user } = await newAccount(fixture, 'grace')
    const token = tokenOf(user.id, 'account.verify_email')
    const changed = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`
    for (const wrong of ['x', 'a.b', changed, token.split('.')[0]!]) {
      expect((await verify(wrong)).json()).toMatchObject({ status: 410, code: 'link_invalid' })
    }
    const reset = await post(fixture.app, '/api/users/password-reset/confirm', {
      token,
      new_password: 'a fine new phrase',
    })
    expect(reset.statusCode).toBe(410)
    clockMs += 73 * hourMs
    expect((await verify(token)).statusCode).toBe(410)
  })

  it('sends the link again, a few times an hour, and not to who has confirmed', async () => {
    const { user, access_token: access } = await newAccount(fixture, 'lin')
    const resend = () =>
      post(fixture.app, '/api/users/verify-email/resend', {}, { authorization: `Bearer ${access}` })
    const statuses: number[] = []
    for (let time = 0; time < 6; time += 1) statuses.push((await resend()).statusCode)
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
    expect((await verify(tokenOf(user.id, 'account.verify_email'))).statusCode).toBe(200)
    expect((await resend()).statusCode).toBe(409)
  })

  it('changes an address only once the new one is confirmed, and tells the old one', async () => {
    const { user, access_token: access } = await newAccount(fixture, 'mary')
    await newAccount(fixture, 'holder')
    const put = (payload: object) =>
      fixture.app.inject({
        method: 'PUT',
        url: '/api/users/profile',
        headers: { authorization: `Bearer ${access}` },
        payload,
      })
    const taken = await put({ email: 'HOLDER@example.com', current_password: password })
    expect(taken.json().code).toBe('email_taken')
    expect((await put({ email: 'new@example.org', current_password: password })).statusCode).toBe(200)
    const [asked] = noticesOf(user.id, 'account.email_change')
    expect([asked!.to, asked!.data.new_email]).toEqual(['new@example.org', 'new@example.org'])
    expect(noticesOf(user.id, 'account.security').at(-1)!.to).toBe('mary@example.com')

    const old = tokenOf(user.id, 'account.verify_email')
    const confirmed = await verify(tokenOf(user.id, 'account.email_change'))
    expect(confirmed.json()).toMatchObject({ email: 'new@example.org', email_verified: true })
    expect(noticesOf(user.id, 'account.security').at(-1)).toMatchObject({
      to: 'mary@example.com',
      data: { title: 'The e-mail address of your account was changed' },
    })
    // The link to the address before proves nothing any more.
    expect((await verify(old)).statusCode).toBe(410)
  })

  it('lets one of two accounts win that change to the same address', async () => {
    const both = await Promise.all(['twin1', 'twin2'].map((name) => newAccount(fixture, name)))
    for (const { access_token: access } of both) {
      const answer = await fixture.app.inject({
        method: 'PUT',
        url: '/api/users/profile',
        headers: { authorization: `Bearer ${access}` },
        payload: { email: 'shared@example.org', current_password: password },
      })
      expect(answer.statusCode).toBe(200)
    }
    const answers = await Promise.all(
      both.map(({ user }) => verify(tokenOf(user.id, 'account.email_change'))),
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
  })
})

describe('a forgotten password', () => {
  const ask = (email: string) => post(fixture.app, '/api/users/password-reset', { email })
  const reset = (token: string, given: string) =>
    post(fixture.app, '/api/users/password-reset/confirm', { token, new_password: given })

  it('is set anew by a link, which ends all sessions and proves the address', async () => {
    const { user, refresh_token: refresh } = await newAccount(fixture, 'joan')
    const web = await fixture.users.createWebSession(user.id, origin)
    expect(await fixture.users.authenticateWeb(web.token)).not.toBeNull()
    expect((await ask('JOAN@example.com')).statusCode).toBe(202)
    await vi.waitFor(() => expect(noticesOf(user.id, 'account.password_reset')).toHaveLength(1))
    const token = tokenOf(user.id, 'account.password_reset')

    const weak = await reset(token, 'password123')
    expect(weak.json()).toMatchObject({ status: 400, errors: [{ field: 'new_password' }] })
    expect((await reset(token, 'another fine phrase')).statusCode).toBe(204)
    expect((await reset(token, 'yet another phrase')).statusCode).toBe(410)
    expect((await post(fixture.app, '/api/users/refresh', { refresh_token: refresh })).statusCode).toBe(401)
    expect(await fixture.users.authenticateWeb(web.token)).toBeNull()
    const login = (given: string) =>
      post(fixture.app, '/api/users/login', { identifier: 'joan', password: given })
    expect((await login(password)).statusCode).toBe(401)
    expect((await login('another fine phrase')).json().user.email_verified).toBe(true)
    expect(noticesOf(user.id, 'account.security').at(-1)!.data.title).toBe('Your password was changed')
  })

  it('is worth an hour, and a link that was used makes the others worthless', async () => {
    const { user } = await newAccount(fixture, 'hedy')
    await ask('hedy@example.com')
    await ask('hedy@example.com')
    await vi.waitFor(() => expect(noticesOf(user.id, 'account.password_reset')).toHaveLength(2))
    const tokens = noticesOf(user.id, 'account.password_reset').map(({ data }) =>
      new URL(String(data.link)).searchParams.get('token')!,
    )
    expect((await reset(tokens[1]!, 'one good phrase')).statusCode).toBe(204)
    expect((await reset(tokens[0]!, 'two good phrases')).statusCode).toBe(410)
    await ask('hedy@example.com')
    await vi.waitFor(() => expect(noticesOf(user.id, 'account.password_reset')).toHaveLength(3))
    clockMs += hourMs + 1
    const late = await reset(tokenOf(user.id, 'account.password_reset'), 'three good phrases')
    expect(late.statusCode).toBe(410)
  })

  it('answers alike for addresses that have no account, limits included', async () => {
    await newAccount(fixture, 'known')
    const answers = async (email: string) => {
      const all = []
      for (let time = 0; time < 4; time += 1) {
        const remoteAddress = `203.0.113.${time}`
        const url = '/api/users/password-reset'
        all.push(await fixture.app.inject({ method: 'POST', url, payload: { email }, remoteAddress }))
      }
      return all
    }
    const [known, unknown] = [await answers('known@example.com'), await answers('nobody@example.com')]
    expect(known.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202, 429])
    expect(unknown.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202, 429])
    for (const [index, answer] of known.slice(0, 3).entries()) {
      expect(answer.body).toBe(unknown[index]!.body)
      expect(Object.keys(answer.headers)).toEqual(Object.keys(unknown[index]!.headers))
    }
  })

  it('takes no longer for addresses that have an account: the link is made behind the answer', async () => {
    const { user } = await newAccount(fixture, 'timed')
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const real = fixture.database.$transaction.bind(fixture.database)
    const spy = vi.spyOn(fixture.database, '$transaction').mockImplementation((async (work: never) => {
      await held
      return real(work)
    }) as never)
    try {
      // Nothing of it is done yet, and still there is the answer.
      expect((await ask('timed@example.com')).statusCode).toBe(202)
      expect(noticesOf(user.id, 'account.password_reset')).toHaveLength(0)
    } finally {
      release()
      await vi.waitFor(() => expect(noticesOf(user.id, 'account.password_reset')).toHaveLength(1))
      spy.mockRestore()
    }
  })
})

describe('where the operator asks for a confirmed address', () => {
  it('lets an account start and buy once it has one', async () => {
    const app = await startAccountsApp({ settings: { REQUIRE_VERIFIED_EMAIL: 'true' } })
    try {
      const { user } = await newAccount(app, 'newcomer')
      await expect(app.users.requireVerifiedEmail(user.id)).rejects.toMatchObject({
        code: 'email_not_verified',
        status: 403,
      })
      const link = String(app.notices.find(({ event }) => event === 'account.verify_email')!.data.link)
      const token = new URL(link).searchParams.get('token')!
      expect((await post(app.app, '/api/users/verify-email', { token })).statusCode).toBe(200)
      await expect(app.users.requireVerifiedEmail(user.id)).resolves.toBeUndefined()
    } finally {
      await app.close()
    }
  })
})

describe('leaked passwords', () => {
  it('are asked for by five digits of their hash where a server is named, and let pass when it is down', async () => {
    const leaked = 'an unlucky phrase of mine'
    const hash = createHash('sha1').update(leaked).digest('hex').toUpperCase()
    const asked: { url: string; padding: unknown }[] = []
    let broken = false
    const server = createServer((request, response) => {
      asked.push({ url: request.url!, padding: request.headers['add-padding'] })
      if (broken) return response.writeHead(503).end()
      const rows = [`${'0'.repeat(35)}:0`, `${hash.slice(5)}:42`, `${'F'.repeat(35)}:7`]
      response.end(request.url === `/range/${hash.slice(0, 5)}` ? rows.join('\r\n') : '')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const app = await startAccountsApp({
      settings: { BREACHED_PASSWORDS_URL: `http://127.0.0.1:${port}/range/` },
    })
    try {
      const register = (username: string, given: string) =>
        post(app.app, '/api/users/register', { username, email: `${username}@example.com`, password: given })
      const refused = await register('unlucky', leaked)
      expect(refused.json()).toMatchObject({ status: 400, errors: [{ field: 'password' }] })
      expect(asked).toEqual([{ url: `/range/${hash.slice(0, 5)}`, padding: 'true' }])
      expect((await register('lucky', 'a phrase nobody has lost')).statusCode).toBe(201)
      broken = true
      expect((await register('unlucky', leaked)).statusCode).toBe(201)
      expect(app.log.join('')).toContain('password not looked up among leaked ones')
      expect(app.log.join('')).not.toContain(leaked)
    } finally {
      await app.close()
      server.close()
    }
  })
})
