import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPersonalDataModule, type PersonalDataModule } from '../../../src/modules/users'
import { AppError } from '../../../src/platform/errors'
import { createAuditLog } from '../../../src/platform/audit'
import type { PersonalData } from '../../../src/platform/personal-data'
import {
  get,
  newAccount,
  password,
  post,
  startAccountsApp,
  type AccountsApp,
} from '../../support/accounts-app'

const dayMs = 24 * 3_600_000
const origin = { ipAddress: '192.0.2.1', userAgent: 'Firefox' }
let clockMs = Date.now()
let fixture: AccountsApp
let personalData: PersonalDataModule
const erased: string[] = []
const song = Buffer.alloc(300_000, 7)

/** Another module: it keeps a song of everybody, and fails at first when it is asked to let go of it. */
let failing = false
/** Somebody who still takes money of the account. */
let cannotEnd = false
const songs: PersonalData = {
  async *export(userId) {
    yield { name: 'songs.json', json: { owner: userId, bytes: 300_000n } }
    yield { name: 'songs/1.flac', bytes: song.length, open: async () => Readable.from([song]) }
  },
  async erase(userId) {
    if (failing) throw new Error('the store is down')
    erased.push(userId)
  },
}

beforeAll(async () => {
  fixture = await startAccountsApp({
    now: () => clockMs,
    async beforeDeletion() {
      if (cannotEnd) throw new AppError('unavailable', { message: 'The payment gateway does not answer.' })
    },
    routes(app, database) {
      const audit = createAuditLog({ database })
      const logger = { info: () => undefined, error: () => undefined }
      personalData = createPersonalDataModule({
        database,
        audit,
        logger,
        sources: [songs],
        now: () => clockMs,
      })
      void app.register(personalData.routes)
    },
  })
})
afterAll(() => fixture.close())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const login = async (identifier: string) =>
  (await post(fixture.app, '/api/users/login', { identifier, password })).json()

describe('sessions', () => {
  const list = async (token: string) => (await get(fixture.app, '/api/users/sessions', token)).json().data

  it('are listed once a log-in, with what is known of them, and say which one asks', async () => {
    const { access_token: access, refresh_token: first, user } = await newAccount(fixture, 'ada')
    const web = await fixture.users.createWebSession(user.id, origin)
    clockMs += 10 * 60_000
    const refreshed = await post(fixture.app, '/api/users/refresh', { refresh_token: first })
    await fixture.users.authenticateWeb(web.token)
    const sessions = await list(refreshed.json().access_token)
    expect(sessions).toHaveLength(2)
    const [api, browser] = ['api', 'web'].map((kind) =>
      sessions.find((session: { kind: string }) => session.kind === kind),
    )
    expect(api).toMatchObject({ current: true, ip_address: '127.0.0.1' })
    expect(browser).toMatchObject({ current: false, user_agent: 'Firefox', ip_address: '192.0.2.1' })
    expect(new Date(browser.last_used_at).getTime()).toBe(clockMs)
    expect(JSON.stringify(sessions)).not.toMatch(/hash/i)
    expect(await list(access)).toHaveLength(2)
  })

  it('can be ended one by one, at once for their tokens, and never those of others', async () => {
    const mine = await newAccount(fixture, 'grace')
    const other = await login('grace')
    const stranger = await newAccount(fixture, 'stranger')
    const { id } = (await list(other.access_token)).find((session: { current: boolean }) => session.current)
    const end = (token: string) =>
      fixture.app.inject({ method: 'DELETE', url: `/api/users/sessions/${id}`, headers: bearer(token) })
    expect((await end(stranger.access_token)).statusCode).toBe(404)
    expect((await end(mine.access_token)).statusCode).toBe(204)
    expect((await end(mine.access_token)).statusCode).toBe(404)
    expect((await get(fixture.app, '/api/users/profile', other.access_token)).statusCode).toBe(401)
    const refresh = await post(fixture.app, '/api/users/refresh', { refresh_token: other.refresh_token })
    expect(refresh.statusCode).toBe(401)
    expect((await get(fixture.app, '/api/users/profile', mine.access_token)).statusCode).toBe(200)
  })

  it('can all be ended but the one that asks', async () => {
    const { access_token: access, refresh_token: refresh, user } = await newAccount(fixture, 'lin')
    const web = await fixture.users.createWebSession(user.id, origin)
    await fixture.users.authenticateWeb(web.token)
    const other = await login('lin')
    const ended = await fixture.app.inject({
      method: 'DELETE',
      url: '/api/users/sessions',
      headers: bearer(access),
    })
    expect(ended.statusCode).toBe(204)
    expect(await list(access)).toMatchObject([{ current: true }])
    expect(await fixture.users.authenticateWeb(web.token)).toBeNull()
    expect((await get(fixture.app, '/api/users/profile', other.access_token)).statusCode).toBe(401)
    expect((await post(fixture.app, '/api/users/refresh', { refresh_token: refresh })).statusCode).toBe(200)
  })
})

describe('taking one’s data along', () => {
  it('gives a zip file of everything, without what would let others in', async () => {
    const { access_token: access, user } = await newAccount(fixture, 'mary')
    expect((await get(fixture.app, '/api/users/export')).statusCode).toBe(401)
    const answer = await get(fixture.app, '/api/users/export', access)
    expect(answer.headers['content-type']).toBe('application/zip')
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="timbre-[\d-]+\.zip"$/)
    const files = unzipSync(new Uint8Array(answer.rawPayload))
    expect(Object.keys(files).sort()).toEqual([
      'account.json',
      'security-events.json',
      'sessions.json',
      'songs.json',
      'songs/1.flac',
    ])
    expect(Buffer.from(files['songs/1.flac']!).equals(song)).toBe(true)
    const json = (name: string) => JSON.parse(strFromU8(files[name]!))
    expect(json('account.json')).toMatchObject({ id: user.id, email: 'mary@example.com' })
    expect(json('songs.json')).toEqual({ owner: user.id, bytes: 300_000 })
    expect(json('sessions.json')).toHaveLength(1)
    for (const name of Object.keys(files)) expect(strFromU8(files[name]!)).not.toMatch(/argon2|Hash/)
  })

  it('is made while it is read', async () => {
    const { user } = await newAccount(fixture, 'streamed')
    const stream = personalData.exportOf(user.id)
    expect(unzipSync(new Uint8Array(await buffer(stream)))).toHaveProperty(['songs/1.flac'])
  })
})

describe('deleting an account', () => {
  const ask = (token: string, body: object) => post(fixture.app, '/api/users/delete', body, bearer(token))

  it('needs the password, ends all sessions at once, and is called off by a log-in', async () => {
    const { access_token: access, refresh_token: refresh, user } = await newAccount(fixture, 'joan')
    expect((await ask(access, {})).statusCode).toBe(400)
    expect((await ask(access, { current_password: 'wrong' })).json().code).toBe('invalid_credentials')
    const answer = await ask(access, { current_password: password })
    expect(answer.statusCode).toBe(202)
    expect(new Date(answer.json().delete_at).getTime()).toBe(clockMs + 30 * dayMs)
    expect(fixture.notices.at(-1)).toMatchObject({ userId: user.id, event: 'account.deletion' })
    expect((await get(fixture.app, '/api/users/profile', access)).statusCode).toBe(401)
    expect((await post(fixture.app, '/api/users/refresh', { refresh_token: refresh })).statusCode).toBe(401)

    clockMs += 29 * dayMs
    await personalData.eraseDue()
    const { access_token: back } = await login('joan')
    expect((await get(fixture.app, '/api/users/profile', back)).statusCode).toBe(200)
    clockMs += 10 * dayMs
    await personalData.eraseDue()
    expect((await login('joan')).user.id).toBe(user.id)
  })

  it('leaves after thirty days nothing but a row that names nobody, for the ledger', async () => {
    const { access_token: access, user } = await newAccount(fixture, 'hedy')
    await fixture.database.minuteEntry.create({
      data: {
        id: user.id,
        userId: user.id,
        kind: 'grant',
        seconds: 60,
        balanceAfter: 60,
        idempotencyKey: `test:${user.id}`,
      },
    })
    await ask(access, { current_password: password })
    clockMs += 30 * dayMs
    failing = true
    expect(await personalData.eraseDue()).toBe(0)
    failing = false
    const twice = await Promise.all([personalData.eraseDue(), personalData.eraseDue()])
    expect(twice.sort()).toEqual([0, 1])
    expect(await personalData.eraseDue()).toBe(0)
    expect(erased).toContain(user.id)

    const row = await fixture.database.user.findUniqueOrThrow({ where: { id: user.id } })
    expect(JSON.stringify(row)).not.toMatch(/hedy/i)
    expect(row.erasedAt).not.toBeNull()
    expect(await fixture.database.minuteEntry.count({ where: { userId: user.id } })).toBe(1)
    for (const count of [
      fixture.database.session.count({ where: { userId: user.id } }),
      fixture.database.accountToken.count({ where: { userId: user.id } }),
      fixture.database.auditEntry.count({ where: { userId: user.id, ipAddress: { not: null } } }),
    ]) {
      expect(await count).toBe(0)
    }
    const events = await fixture.database.auditEntry.count({
      where: { userId: user.id, action: 'user.erased' },
    })
    expect(events).toBe(1)
    for (const identifier of ['hedy', row.username, row.email]) {
      expect(await login(identifier)).toMatchObject({ code: 'invalid_credentials' })
    }
    // The names are free again.
    expect((await newAccount(fixture, 'hedy')).user.id).not.toBe(user.id)
  })

  it('is not begun while a subscription cannot be ended', async () => {
    const { access_token: token, user } = await newAccount(fixture, 'paying')
    cannotEnd = true
    expect((await ask(token, { current_password: password })).statusCode).toBe(503)
    cannotEnd = false
    const row = await fixture.database.user.findUniqueOrThrow({ where: { id: user.id } })
    expect(row.deleteAfter).toBeNull()
    expect((await ask(token, { current_password: password })).statusCode).toBe(202)
  })

  it('is refused to the last administrator', async () => {
    const admin = await newAccount(fixture, 'boss')
    await fixture.database.user.update({ where: { id: admin.user.id }, data: { role: 'admin' } })
    const answer = await ask(admin.access_token, { current_password: password })
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'conflict'])
    const second = await newAccount(fixture, 'deputy')
    await fixture.database.user.update({ where: { id: second.user.id }, data: { role: 'admin' } })
    expect((await ask(admin.access_token, { current_password: password })).statusCode).toBe(202)
  })
})
