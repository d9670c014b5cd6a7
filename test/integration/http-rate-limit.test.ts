import { Agent, get as httpGet } from 'node:http'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { get, newAccount, startAccountsApp, type AccountsApp } from '../support/accounts-app'

const limit = 200
let fixture: AccountsApp
beforeAll(async () => {
  fixture = await startAccountsApp({
    settings: { RATE_LIMIT_PER_MINUTE: String(limit) },
    routes(app) {
      app.get('/api/ping', async () => ({ pong: true }))
      app.get('/healthz', { config: { exempt: true } }, async () => ({ status: 'ok' }))
    },
  })
})
afterAll(() => fixture.close())

const from = (remoteAddress: string, url = '/api/ping') => fixture.app.inject({ url, remoteAddress })

describe('rate limits', () => {
  it('state the balance with every answer', async () => {
    const first = await from('192.0.2.10')
    expect(first.headers).toMatchObject({
      'ratelimit-policy': `"burst";q=${limit};w=60`,
      ratelimit: `"burst";r=${limit - 1};t=60`,
    })
    expect((await from('192.0.2.10')).headers.ratelimit).toMatch(`"burst";r=${limit - 2};t=`)
    expect((await from('192.0.2.11')).headers.ratelimit).toMatch(`"burst";r=${limit - 1};t=60`)
  })

  it('count per account when somebody is logged in, whatever the address', async () => {
    const { access_token: token } = await newAccount(fixture, 'busy')
    const one = await get(fixture.app, '/api/ping', token)
    const two = await fixture.app.inject({
      url: '/api/ping',
      remoteAddress: '192.0.2.77',
      headers: { authorization: `Bearer ${token}` },
    })
    expect([one, two].map((answer) => /r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1])).toEqual([
      String(limit - 1),
      String(limit - 2),
    ])
  })

  it('refuse what is too much, in form and with a time to wait', async () => {
    const answers = await Promise.all(Array.from({ length: limit + 30 }, () => from('192.0.2.20')))
    const refused = answers.filter((answer) => answer.statusCode === 429)
    expect(refused).toHaveLength(30)
    expect(refused[0]!.headers).toMatchObject({
      'content-type': 'application/problem+json',
      ratelimit: expect.stringMatching(/^"burst";r=0;t=\d+$/),
    })
    const wait = Number(refused[0]!.headers['retry-after'])
    expect(wait).toBeGreaterThan(50)
    expect(wait).toBeLessThanOrEqual(60)
    expect(refused[0]!.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      status: 429,
      retry_after_seconds: wait,
    })
    // Unknown addresses count as well; what is exempt does not.
    expect((await from('192.0.2.20', '/api/nowhere')).statusCode).toBe(429)
    const health = await from('192.0.2.20', '/healthz')
    expect(health.statusCode).toBe(200)
    expect(health.headers.ratelimit).toBeUndefined()
  })

  it('see one host behind the many addresses of an IPv6 network', async () => {
    await from('2001:db8:1:2::1')
    expect((await from('2001:db8:1:2:ffff::9')).headers.ratelimit).toMatch(`r=${limit - 2};`)
    expect((await from('2001:db8:1:3::1')).headers.ratelimit).toMatch(`r=${limit - 1};`)
  })

  it('survive 300 requests a second over real sockets, and serve on', async () => {
    await fixture.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = fixture.app.server.address() as AddressInfo
    const agent = new Agent({ keepAlive: true, maxSockets: 50 })
    const request = async (path: string) => {
      const [response] = await once(httpGet({ port, host: '127.0.0.1', path, agent }), 'response')
      response.resume()
      await once(response, 'end')
      return response.statusCode as number
    }
    const statuses: Promise<number>[] = []
    const started = performance.now()
    for (let tick = 0; tick < 30; tick += 1) {
      for (let index = 0; index < 30; index += 1) statuses.push(request('/api/ping'))
      await sleep(Math.max(0, started + (tick + 1) * 100 - performance.now()))
    }
    const counts = new Map<number, number>()
    for (const status of await Promise.all(statuses)) counts.set(status, (counts.get(status) ?? 0) + 1)
    agent.destroy()
    const served = counts.get(200) ?? 0
    expect(Object.fromEntries(counts)).toEqual({ 200: served, 429: 900 - served })
    // Other tests made a few requests from this address before.
    expect(served).toBeLessThanOrEqual(limit)
    expect(served).toBeGreaterThan(limit - 10)
    expect((await from('192.0.2.30')).statusCode).toBe(200)
  })
})
