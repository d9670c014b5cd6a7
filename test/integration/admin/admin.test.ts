import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../src/platform/ids'
import { expectStatus, signUp, type ApiClient } from '../../support/api-client'
import { startProduct, type TestProduct } from '../../support/product'

let product: TestProduct
let admin: ApiClient
let user: ApiClient

beforeAll(async () => {
  product = await startProduct({ environment: { SIGNUP_FREE_MINUTES: '10' } })
  admin = await signUp(product)
  await product.container.database.user.update({ where: { id: admin.userId }, data: { role: 'admin' } })
  const login = await fetch(`${product.url}/api/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: admin.credentials.username, password: admin.credentials.password }),
  })
  const { access_token: token } = (await login.json()) as { access_token: string }
  const request: ApiClient['request'] = (method, path, body, headers) =>
    fetch(product.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  admin = {
    ...admin,
    request,
    get: async (path) => (await (await expectStatus(await request('GET', path), 200)).json()) as never,
  }
  user = await signUp(product)
}, 240_000)
afterAll(() => product.stop())

const send = async (status: number, method: string, path: string, body?: unknown) =>
  (await (await expectStatus(await admin.request(method, path, body), status)).json()) as Record<
    string,
    unknown
  >
const actions = async (userId: string) => {
  const { data } = await admin.get<{ data: { action: string; details: object }[] }>(
    `/api/admin/audit-log?user_id=${userId}&limit=100`,
  )
  return data.map(({ action, details }) => ({ action, ...details }))
}

async function failedJob(capability = 'text-to-speech'): Promise<string> {
  const id = newId()
  await product.container.database.audioProcessingJob.create({
    data: {
      ...{
        id,
        userId: user.userId,
        capability,
        modelId: 'timbre-clara',
        status: 'failed',
        inputType: 'text',
      },
      ...{ inputText: 'Hello.', parameters: {}, seed: 1, attempt: 1 },
      ...{ errorCode: 'engine_failed', errorMessage: 'The model failed.', completedAt: new Date() },
    },
  })
  return id
}

describe('accounts', { timeout: 120_000 }, () => {
  it('are found, changed, suspended and reinstated, and every step is audited', async () => {
    const path = `/api/admin/users/${user.userId}`
    const found = await admin.get<{ data: { id: string }[] }>(
      `/api/admin/users?search=${user.credentials.username.toUpperCase()}&role=user`,
    )
    expect(found.data.map(({ id }) => id)).toEqual([user.userId])
    const changed = await send(200, 'PATCH', path, { display_name: 'Ada L.', email: 'ada.l@example.org' })
    expect(changed).toMatchObject({
      display_name: 'Ada L.',
      email: 'ada.l@example.org',
      email_verified: false,
    })
    expect(await send(409, 'PATCH', path, { email: admin.credentials.email })).toMatchObject({
      code: 'email_taken',
    })
    await send(200, 'PATCH', path, { status: 'suspended' })
    expect((await user.request('GET', '/api/users/profile')).status).toBe(403)
    await send(200, 'PATCH', path, { status: 'active' })
    expect((await user.request('GET', '/api/users/profile')).status).toBe(200)
    const mine = `/api/admin/users/${admin.userId}`
    expect(await send(409, 'PATCH', mine, { role: 'user' })).toMatchObject({ code: 'conflict' })
    expect(await send(409, 'PATCH', mine, { status: 'suspended' })).toMatchObject({ code: 'conflict' })
    expect(await actions(user.userId)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          action: 'user.administered',
          by: admin.userId,
          email: 'ada.l@example.org',
        }),
        expect.objectContaining({ action: 'user.status_changed', by: admin.userId, status: 'suspended' }),
        expect.objectContaining({ action: 'user.status_changed', by: admin.userId, status: 'active' }),
      ]),
    )
  })

  it('get minutes and lose them, never below zero, once per idempotency key, with the reason on record', async () => {
    const path = `/api/admin/users/${user.userId}/minutes`
    const before = await user.balance()
    const body = { minutes: 2.5, reason: 'Sorry for the trouble' }
    const key = { 'idempotency-key': newId() }
    for (let turn = 0; turn < 2; turn += 1) {
      await expectStatus(await admin.request('POST', path, body, key), 200)
    }
    expect(await user.balance()).toBe(before + 150)
    const taken = await send(200, 'POST', path, { minutes: -100_000, reason: 'A test' })
    expect(taken).toMatchObject({ seconds: -(before + 150), account: { seconds_remaining: 0 } })
    expect(await actions(user.userId)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'user.minutes_granted', seconds: 150, ...{ reason: body.reason } }),
        expect.objectContaining({ action: 'user.minutes_taken', seconds: -(before + 150) }),
      ]),
    )
    expect((await product.container.billing.ledger.verify()).differences).toEqual([])
  })

  it('with a new role lose their sessions at once', async () => {
    const promoted = await signUp(product)
    await send(200, 'PATCH', `/api/admin/users/${promoted.userId}`, { role: 'admin' })
    expect((await promoted.request('GET', '/api/users/profile')).status).toBe(401)
  })
})

describe('operations', { timeout: 120_000 }, () => {
  it('show failed jobs with their reasons, run them again, and tell their owners of each end once', async () => {
    const id = await failedJob()
    const { jobs } = product.container
    await Promise.all([jobs.tellFinished(), jobs.tellFinished()])
    type Told = { data: { event: string; body: string; href: string }[]; unread: number }
    const told = () => user.get<Told>('/api/notifications?event=job.failed')
    expect(await told()).toMatchObject({
      unread: 1,
      data: [{ href: `/jobs/${id}`, body: 'The model failed. A job that fails costs nothing.' }],
    })
    const failed = await admin.get<{ data: object[] }>('/api/admin/jobs?status=failed')
    expect(failed.data).toMatchObject([
      { id, error: { code: 'engine_failed', message: 'The model failed.' }, user: { id: user.userId } },
    ])
    await send(202, 'POST', `/api/admin/jobs/${id}/retry`)
    expect(await user.job(id)).toMatchObject({ status: 'pending', error: null })
    expect(await send(409, 'POST', `/api/admin/jobs/${id}/retry`)).toMatchObject({ code: 'conflict' })
    expect((await told()).data).toHaveLength(1)
  })

  it('pause a queue, resume it, and run what failed in it again', async () => {
    const path = '/api/admin/queues/text-to-speech'
    expect(await send(200, 'POST', `${path}/pause`)).toMatchObject({ paused: true })
    await failedJob()
    const retried = await send(200, 'POST', `${path}/retry`, { code: 'engine_failed' })
    expect(retried).toEqual({ retried: 1 })
    const { data } = await admin.get<{ data: { name: string; paused: boolean; jobs: object }[] }>(
      '/api/admin/queues',
    )
    expect(data.find(({ name }) => name === 'text-to-speech')).toMatchObject({
      ...{ paused: true, deliveries: { waiting: 2, active: 0 }, jobs: { pending: 2, failed: 0 } },
    })
    expect(await send(200, 'POST', `${path}/resume`)).toMatchObject({ paused: false })
    expect(await send(404, 'POST', '/api/admin/queues/nothing/pause')).toMatchObject({ code: 'not_found' })
    expect((await actions(admin.userId)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['queue.paused', 'queue.retried', 'queue.resumed', 'job.retried']),
    )
  })

  it('tell of every dependency, of money, and of mails that were kept', async () => {
    const health = await admin.get<{ checks: { name: string; status: string; detail: string }[] }>(
      '/api/admin/health',
    )
    const status = Object.fromEntries(health.checks.map((check) => [check.name, check.status]))
    expect(status).toMatchObject({
      ...{ database: 'ok', queue: 'ok', objects: 'ok', mail: 'ok', ffmpeg: 'ok', models: 'ok', disk: 'ok' },
      ...{ gateways: 'off', workers: 'failing' },
    })
    expect(await admin.get('/api/admin/revenue?by=plan')).toMatchObject({ by: 'plan', data: [] })
    const csv = await admin.request('GET', '/api/admin/transactions?format=csv')
    expect(csv.headers.get('content-type')).toContain('text/csv')
    await product.container.notifications.notify({
      ...{ userId: user.userId, event: 'minutes.low', data: { minutes: '1' }, idempotencyKey: newId() },
    })
    type Mails = { data: { id: string; subject: string }[] }
    const lowMail = async () =>
      (await admin.get<Mails>('/api/admin/mailbox')).data.find(
        ({ subject }) => subject === 'Few minutes are left',
      )
    await expect.poll(lowMail, { timeout: 10_000 }).toBeDefined()
    const mail = await send(200, 'GET', `/api/admin/mailbox/${(await lowMail())!.id}`)
    expect(mail.html).toContain('1 minutes of downloads are left.')
    expect((await actions(admin.userId)).map(({ action }) => action)).toContain('mailbox.read')
  })

  it('are for administrators alone', async () => {
    for (const path of [
      'users',
      'jobs',
      'queues',
      'workers',
      'health',
      'audit-log',
      'revenue',
      'transactions',
      'mailbox',
    ]) {
      expect((await user.request('GET', `/api/admin/${path}`)).status).toBe(403)
      expect((await fetch(`${product.url}/api/admin/${path}`)).status).toBe(401)
    }
  })
})
