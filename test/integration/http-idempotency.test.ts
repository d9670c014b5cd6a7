import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AppError } from '../../src/platform/errors'
import { principalOf, requireUser } from '../../src/platform/http'
import { newId } from '../../src/platform/ids'
import { newAccount, password, post, startAccountsApp, type AccountsApp } from '../support/accounts-app'

const leaseMs = 3000
let fixture: AccountsApp
let accessToken: string
let userId: string
/** What the next charge does after it was written. */
let outcome: 'ok' | 'refuse' | 'break' = 'ok'
let durationMs = 30

beforeAll(async () => {
  fixture = await startAccountsApp({
    leaseMs,
    routes(app, database) {
      app.post(
        '/api/charge',
        {
          onRequest: requireUser,
          config: { idempotent: true },
          schema: { body: z.object({ item: z.string() }) },
        },
        async (request, reply) => {
          const { userId: owner } = principalOf(request)
          const { item } = request.body as { item: string }
          await database.auditEntry.create({
            data: { id: newId(), userId: owner, action: `charge ${item}` },
          })
          await sleep(durationMs)
          if (outcome === 'refuse') throw new AppError('insufficient_minutes')
          if (outcome === 'break') throw new Error('broken')
          return reply.code(201).send({ item, charge: newId() })
        },
      )
    },
  })
  const account = await newAccount(fixture, 'payer')
  accessToken = account.access_token
  userId = account.user.id
})
afterAll(() => fixture.close())

const charge = (item: string, key: string, token = accessToken) =>
  post(fixture.app, '/api/charge', { item }, { authorization: `Bearer ${token}`, 'idempotency-key': key })
const executions = (item: string) =>
  fixture.database.auditEntry.count({ where: { action: `charge ${item}` } })

describe('Idempotency-Key', () => {
  it('replays the stored answer, and refuses another body', async () => {
    const key = randomUUID()
    const first = await charge('apple', key)
    const second = await charge('apple', key)
    expect([first.statusCode, second.statusCode]).toEqual([201, 201])
    expect(second.body).toBe(first.body)
    expect(second.headers['content-type']).toBe(first.headers['content-type'])
    expect(first.headers['idempotent-replayed']).toBeUndefined()
    expect(second.headers['idempotent-replayed']).toBe('true')
    const other = await charge('pear', key)
    expect([other.statusCode, other.json().code]).toEqual([422, 'idempotency_mismatch'])
    expect([await executions('apple'), await executions('pear')]).toEqual([1, 0])
    const record = await fixture.database.idempotencyRecord.findFirstOrThrow({ where: { key } })
    expect(record.expiresAt.getTime() - Date.now()).toBeGreaterThan(23.9 * 3600_000)
  })

  it('executes one of fifty requests at once; the others wait for it or get its answer', async () => {
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 50 }, () => charge('melon', key)))
    expect(await executions('melon')).toBe(1)
    const created = answers.filter((answer) => answer.statusCode === 201)
    const waiting = answers.filter((answer) => answer.statusCode === 409)
    expect(created.length + waiting.length).toBe(50)
    expect(created.filter((answer) => !answer.headers['idempotent-replayed'])).toHaveLength(1)
    expect(new Set(created.map((answer) => answer.body)).size).toBe(1)
    for (const answer of waiting) {
      expect(answer.json().code).toBe('idempotency_in_flight')
      expect(answer.headers['retry-after']).toBe('1')
    }
    expect((await charge('melon', key)).body).toBe(created[0]!.body)
    expect((await charge('grape', key)).statusCode).toBe(422)
  })

  it('belongs to an account: others may use the same one', async () => {
    const key = randomUUID()
    const other = await newAccount(fixture, 'neighbour')
    const mine = await charge('fig', key)
    const theirs = await charge('fig', key, other.access_token)
    expect(theirs.statusCode).toBe(201)
    expect(theirs.json().charge).not.toBe(mine.json().charge)
  })

  it('replays refusals, but executes again after an error of ours', async () => {
    const refused = randomUUID()
    outcome = 'refuse'
    expect((await charge('plum', refused)).statusCode).toBe(402)
    outcome = 'ok'
    const replayed = await charge('plum', refused)
    expect(replayed.statusCode).toBe(402)
    expect(replayed.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'idempotent-replayed': 'true',
    })

    const broken = randomUUID()
    outcome = 'break'
    expect((await charge('kiwi', broken)).statusCode).toBe(500)
    outcome = 'ok'
    expect((await charge('kiwi', broken)).statusCode).toBe(201)
  })

  it('stores nothing for a body that is not valid', async () => {
    const key = randomUUID()
    const headers = { authorization: `Bearer ${accessToken}`, 'idempotency-key': key }
    expect((await post(fixture.app, '/api/charge', { item: 7 }, headers)).statusCode).toBe(400)
    expect((await charge('lime', key)).statusCode).toBe(201)
  })

  it('stays taken while a request is at work, for longer than a lease', async () => {
    const key = randomUUID()
    durationMs = leaseMs + 1500
    const slow = charge('quince', key)
    await sleep(leaseMs + 700)
    expect((await charge('quince', key)).statusCode).toBe(409)
    expect((await slow).statusCode).toBe(201)
    durationMs = 30
    expect(await executions('quince')).toBe(1)
  })

  it('is not blocked for ever by a process that died', async () => {
    const key = randomUUID()
    await fixture.idempotency.claim(userId, key, 'a'.repeat(64))
    expect((await fixture.idempotency.claim(userId, key, 'a'.repeat(64))).outcome).toBe('in_flight')
    await sleep(leaseMs + 200)
    const again = await fixture.idempotency.claim(userId, key, 'a'.repeat(64))
    if (again.outcome !== 'execute') throw new Error(again.outcome)
    await sleep(leaseMs - 1000)
    await fixture.idempotency.renew(again.recordId)
    await sleep(1500)
    expect((await fixture.idempotency.claim(userId, key, 'a'.repeat(64))).outcome).toBe('in_flight')
  })

  it('lets one of many take over what a dead process left, and the dead one cannot answer any more', async () => {
    const key = randomUUID()
    const dead = await fixture.idempotency.claim(userId, key, 'b'.repeat(64))
    await sleep(leaseMs + 200)
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => fixture.idempotency.claim(userId, key, 'b'.repeat(64))),
    )
    const winners = claims.filter((claim) => claim.outcome === 'execute')
    expect(winners).toHaveLength(1)
    if (dead.outcome !== 'execute') throw new Error(dead.outcome)
    await fixture.idempotency.complete(dead.recordId, { statusCode: 201, body: 'stale' })
    expect((await fixture.idempotency.claim(userId, key, 'b'.repeat(64))).outcome).toBe('in_flight')
  })

  it('is forgotten by the sweep when it is over, not before', async () => {
    const [old, young] = [randomUUID(), randomUUID()]
    await charge('date', old)
    await charge('date', young)
    await fixture.database.idempotencyRecord.updateMany({
      where: { key: old },
      data: { expiresAt: new Date(Date.now() - 1) },
    })
    expect(await fixture.idempotency.sweep()).toBeGreaterThanOrEqual(1)
    const left = await fixture.database.idempotencyRecord.findMany({ where: { key: { in: [old, young] } } })
    expect(left.map((record) => record.key)).toEqual([young])
  })

  it.each([['x'.repeat(256)], ['with space'], ['']])('is refused when it is no key: %j', async (key) => {
    const answer = await charge('nut', key)
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ field: 'Idempotency-Key' }] })
  })

  it('works for registrations, without keeping anything of the password', async () => {
    const key = randomUUID()
    const body = { username: 'retrying', email: 'retrying@example.com', password }
    const register = (payload: object) =>
      post(fixture.app, '/api/users/register', payload, { 'idempotency-key': key })
    const first = await register(body)
    const second = await register(body)
    expect([first.statusCode, second.statusCode]).toEqual([201, 201])
    expect(second.body).toBe(first.body)
    expect((await register({ ...body, username: 'someone' })).statusCode).toBe(422)
    expect((await post(fixture.app, '/api/users/register', body)).statusCode).toBe(409)
  })
})
