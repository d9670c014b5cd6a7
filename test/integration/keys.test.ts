import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectStatus, signUp, type ApiClient } from '../support/api-client'
import { startProduct, type TestProduct } from '../support/product'

interface Key {
  id: string
  key: string
  prefix: string
  scopes: string[]
  last_used_at: string | null
  seconds_this_month: number
}

describe('API keys', () => {
  let product: TestProduct
  let client: ApiClient

  beforeAll(async () => {
    product = await startProduct()
    client = await paying()
  })
  afterAll(() => product.stop())

  async function paying(): Promise<ApiClient> {
    const account = await signUp(product)
    await product.container.database.user.update({ where: { id: account.userId }, data: { paid: true } })
    return account
  }

  async function make(fields: object = {}, owner = client): Promise<Key> {
    const answer = await owner.request('POST', '/api/keys', {
      name: 'Test',
      scopes: ['jobs:read'],
      ...fields,
    })
    return (await (await expectStatus(answer, 201)).json()) as Key
  }

  const call = (key: string, path: string, init: { method?: string; body?: object } = {}) =>
    fetch(product.url + path, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${key}`,
        ...(init.body ? { 'content-type': 'application/json' } : {}),
      },
      redirect: 'manual',
      ...(init.body ? { body: JSON.stringify(init.body) } : {}),
    })

  it('are for accounts that have paid', async () => {
    const guest = await signUp(product)
    const answer = await guest.request('POST', '/api/keys', { name: 'Mine', scopes: ['jobs:read'] })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ code: 'paid_account_needed' })
  })

  it('are shown once and kept as a hash', async () => {
    const made = await make()
    expect(made.key).toMatch(/^tk_[A-Za-z0-9_-]{32}$/)
    const { data } = await client.get<{ data: Key[] }>('/api/keys')
    const listed = data.find(({ id }) => id === made.id)!
    expect(listed).toMatchObject({ prefix: made.key.slice(0, 11) })
    expect(listed).not.toHaveProperty('key')
    const row = await product.container.database.apiKey.findUniqueOrThrow({ where: { id: made.id } })
    expect(JSON.stringify(row)).not.toContain(made.key)
    const audited = await product.container.database.auditEntry.findMany({ where: { userId: client.userId } })
    expect(audited.map(({ action }) => action)).toContain('key.created')
    expect(JSON.stringify(audited)).not.toContain(made.key)
  })

  it('are taken as a bearer token and as xi-api-key, for what their scopes allow', async () => {
    const { key } = await make({ scopes: ['jobs:read', 'storage:*'] })
    expect((await call(key, '/api/audio/jobs')).status).toBe(200)
    const named = await fetch(`${product.url}/api/storage`, { headers: { 'xi-api-key': key } })
    expect(named.status).toBe(200)
    const refused = await call(key, '/api/voice-library')
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ code: 'insufficient_scope', scope: 'voices:read' })
    // Keys are managed by people.
    expect((await call(key, '/api/keys')).status).toBe(403)
    const body = { name: 'More', scopes: ['*'] }
    expect((await call(key, '/api/keys', { method: 'POST', body })).status).toBe(403)
  })

  it('start jobs of the capabilities in their scopes alone', async () => {
    const { key } = await make({ scopes: ['text-to-speech:write'] })
    const start = (capability: string) =>
      call(key, '/api/audio/process-audio', {
        ...{ method: 'POST', body: { input_type: 'text', input_data: 'Hello.', capability } },
      })
    expect((await start('text-to-speech')).status).toBe(202)
    expect((await start('sound-effects')).status).toBe(403)
    const models = await call(key, '/v1/models')
    expect(models.status).toBe(200)
    const form = new FormData()
    form.set('model', 'whisper-1')
    const listening = await fetch(`${product.url}/v1/audio/transcriptions`, {
      ...{ method: 'POST', headers: { authorization: `Bearer ${key}` }, body: form },
    })
    expect(listening.status).toBe(403)
    expect(await listening.json()).toMatchObject({ error: { code: 'insufficient_permissions' } })
  })

  it('are refused once revoked or expired, without a restart', async () => {
    const { id, key } = await make()
    expect((await call(key, '/api/audio/jobs')).status).toBe(200)
    await expectStatus(await client.request('DELETE', `/api/keys/${id}`), 204)
    const refused = await call(key, '/api/audio/jobs')
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ code: 'token_invalid' })

    const brief = await make({ expires_at: new Date(Date.now() + 1500).toISOString() })
    expect((await call(brief.key, '/api/audio/jobs')).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1600))
    expect(await (await call(brief.key, '/api/audio/jobs')).json()).toMatchObject({ code: 'token_expired' })
    const past = { name: 'Past', scopes: ['jobs:read'], expires_at: '2020-01-01T00:00:00Z' }
    await expectStatus(await client.request('POST', '/api/keys', past), 400)
  })

  it('are rotated with an overlap', async () => {
    const { id, key: first } = await make()
    const rotate = async (overlap: number) => {
      const answer = await client.request('POST', `/api/keys/${id}/rotate`, { overlap_seconds: overlap })
      return ((await (await expectStatus(answer, 200)).json()) as Key).key
    }
    const second = await rotate(60)
    expect((await call(first, '/api/audio/jobs')).status).toBe(200)
    expect((await call(second, '/api/audio/jobs')).status).toBe(200)
    const third = await rotate(0)
    expect((await call(first, '/api/audio/jobs')).status).toBe(401)
    expect((await call(second, '/api/audio/jobs')).status).toBe(401)
    expect((await call(third, '/api/audio/jobs')).status).toBe(200)
  })

  it('are limited in requests a minute, and say so', async () => {
    const { key } = await make({ requests_per_minute: 3 })
    const statuses: number[] = []
    for (let index = 0; index < 5; index++) statuses.push((await call(key, '/api/audio/jobs')).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    const refused = await call(key, '/api/audio/jobs')
    expect(refused.headers.get('ratelimit-policy')).toBe('"key";q=3;w=60')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('spend no more than their minutes a month, however many ask at the same time', async () => {
    const { id } = await make({ minutes_per_month: 1 })
    const { spending } = product.container.keys
    const grant = { id, scopes: [], requestsPerMinute: null }
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => spending.reserve(grant, 10)))
    const granted = taken.filter((one) => one.status === 'fulfilled')
    expect(granted).toHaveLength(6)
    const refused = taken.find((one) => one.status === 'rejected')
    expect(refused!.reason).toMatchObject({ code: 'key_limit_reached', status: 402 })
    expect(await spending.left(grant)).toBe(0)
    await granted[0]!.value()
    expect(await spending.left(grant)).toBe(10)
  })

  it('tell what they were used for', async () => {
    const { id, key } = await make()
    for (let index = 0; index < 3; index++) await call(key, '/api/audio/jobs')
    const { data } = await client.get<{ data: { day: string; requests: number; seconds: number }[] }>(
      `/api/keys/${id}/usage`,
    )
    expect(data).toEqual([{ day: new Date().toISOString().slice(0, 10), requests: 3, seconds: 0 }])
    const listed = await client.get<{ data: Key[] }>('/api/keys')
    expect(listed.data.find((one) => one.id === id)!.last_used_at).not.toBeNull()
  })

  it('are nobody else’s to see or change', async () => {
    const { id } = await make()
    const stranger = await paying()
    for (const [method, path, body] of [
      ['PATCH', `/api/keys/${id}`, { name: 'Theirs' }],
      ['POST', `/api/keys/${id}/rotate`, {}],
      ['DELETE', `/api/keys/${id}`],
      ['GET', `/api/keys/${id}/usage`],
    ] as const) {
      expect((await stranger.request(method, path, body)).status).toBe(404)
    }
    expect((await stranger.get<{ data: Key[] }>('/api/keys')).data).toEqual([])
    const changed = await client.request('PATCH', `/api/keys/${id}`, { name: 'New', scopes: ['voices:read'] })
    expect(await changed.json()).toMatchObject({ name: 'New', scopes: ['voices:read'] })
    await expectStatus(await client.request('PATCH', `/api/keys/${id}`, { scopes: ['admin:all'] }), 400)
  })

  it('do nothing for an account that was suspended', async () => {
    const owner = await paying()
    const { key } = await make({}, owner)
    const { database } = product.container
    await database.user.update({ where: { id: owner.userId }, data: { status: 'suspended' } })
    const answer = await call(key, '/api/audio/jobs')
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ code: 'account_suspended' })
  })
})
