import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, password, startAccountsApp, type AccountsApp } from '../support/accounts-app'

let fixture: AccountsApp
let cookie: string
let accessToken: string
beforeAll(async () => {
  fixture = await startAccountsApp({
    settings: { PUBLIC_URL: 'https://studio.example' },
    routes(app) {
      app.addContentTypeParser('application/x-www-form-urlencoded', (_, __, done) => done(null, {}))
      app.addContentTypeParser('multipart/form-data', (_, __, done) => done(null, {}))
      app.post('/change', async (request) => ({ by: request.principal?.userId ?? null }))
      app.get('/change', async () => ({}))
    },
  })
  const account = await newAccount(fixture, 'surfer')
  accessToken = account.access_token
  const session = await fixture.users.createWebSession(account.user.id, { ipAddress: null, userAgent: null })
  cookie = session.setCookie.split(';', 1)[0]!
})
afterAll(() => fixture.close())

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const send = (headers: Record<string, string>, method: 'GET' | 'POST' = 'POST') =>
  fixture.app.inject({
    method,
    url: '/change',
    headers: { host: 'timbre.local:3000', ...headers },
    payload: headers['content-type'] ? 'a=1' : undefined,
  })

describe('requests that a foreign page could make a browser send', () => {
  const withCookie = () => ({ cookie })

  it.each([
    ['fetch of this site', { 'sec-fetch-site': 'same-origin' }],
    ['typed by the user', { 'sec-fetch-site': 'none' }],
    ['origin is the host', { origin: 'http://timbre.local:3000' }],
    ['origin is the public address', { origin: 'https://studio.example' }],
  ])('pass with the cookie: %s', async (_, headers) => {
    const answer = await send({ ...withCookie(), ...headers })
    expect(answer.statusCode).toBe(200)
    expect(answer.json().by).not.toBeNull()
    expect((await send({ ...withCookie(), ...form, ...headers })).statusCode).toBe(200)
  })

  it.each([
    ['other site', { 'sec-fetch-site': 'cross-site' }],
    ['sister site', { 'sec-fetch-site': 'same-site' }],
    [
      'other site that forges nothing but the origin',
      {
        'sec-fetch-site': 'cross-site',
        origin: 'https://studio.example',
      },
    ],
    ['other origin', { origin: 'https://evil.example' }],
    ['origin that begins like ours', { origin: 'https://studio.example.evil.example' }],
    ['other port', { origin: 'http://timbre.local:3001' }],
    ['hidden origin', { origin: 'null' }],
    ['nothing said', {}],
  ])('are refused with the cookie: %s', async (_, headers) => {
    const answer = await send({ ...withCookie(), ...headers })
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'csrf_failed'])
    expect((await send({ ...withCookie(), ...form, ...headers })).statusCode).toBe(403)
  })

  it('are refused as forms without a cookie too: a foreign page must not log anybody in', async () => {
    for (const type of [form, { 'content-type': 'multipart/form-data; boundary=x' }]) {
      expect((await send({ ...type, 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
      expect((await send({ ...type, origin: 'https://evil.example' })).statusCode).toBe(403)
      expect((await send({ ...type, 'sec-fetch-site': 'same-origin' })).statusCode).toBe(200)
    }
  })

  it('need nothing where there is nothing to abuse: bearer tokens, reading, clients without a cookie', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    const bearer = await send({ ...foreign, ...form, authorization: `Bearer ${accessToken}` })
    expect(bearer.statusCode).toBe(200)
    expect((await send({ ...withCookie(), ...foreign }, 'GET')).statusCode).toBe(200)
    expect((await send(form)).statusCode).toBe(200)
    const login = await fixture.app.inject({
      method: 'POST',
      url: '/api/users/login',
      payload: { identifier: 'surfer', password },
    })
    expect(login.statusCode).toBe(200)
  })

  it('are not excused by a refused token or another scheme beside the cookie', async () => {
    const foreign = { ...withCookie(), 'sec-fetch-site': 'cross-site' }
    expect((await send({ ...foreign, authorization: 'Basic YTpi' })).statusCode).toBe(403)
    // A page cannot send this one; if something does, the cookie counts for nothing.
    const answer = await send({ ...foreign, authorization: 'Bearer rubbish' })
    expect(answer.json()).toEqual({ by: null })
  })
})
