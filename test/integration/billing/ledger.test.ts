import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLedger, type Ledger } from '../../../src/modules/billing/ledger'
import { createDatabase, type Database } from '../../../src/platform/database'
import { newId } from '../../../src/platform/ids'
import { startTestDatabase, type TestDatabase } from '../../support/database'

let testDatabase: TestDatabase
let database: Database
let ledger: Ledger

beforeAll(async () => {
  testDatabase = await startTestDatabase()
  database = createDatabase({ url: testDatabase.url, maxConnections: 8 })
  ledger = createLedger({ database })
})

afterAll(async () => {
  await database.$disconnect()
  await testDatabase.stop()
})

async function newUser(): Promise<string> {
  const id = newId()
  await database.user.create({
    data: { id, username: id, email: `${id}@example.org`, passwordHash: 'none' },
  })
  return id
}

const balanceOf = async (userId: string) =>
  (await database.user.findUniqueOrThrow({ where: { id: userId } })).secondsRemaining

const lotsOf = async (userId: string) =>
  (await database.minuteLot.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } })).map(
    (lot) => lot.secondsLeft,
  )

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)

async function expectExact(): Promise<void> {
  expect((await ledger.verify()).differences).toEqual([])
}

test('spends what expires first, then what is oldest', async () => {
  const userId = await newUser()
  const credit = (seconds: number, expiresAt?: Date) =>
    ledger.credit({ userId, kind: 'grant', seconds, idempotencyKey: newId(), expiresAt })
  await credit(100)
  await credit(100)
  await credit(100, inDays(30))
  await credit(100, inDays(3))
  await ledger.debitDownload({ userId, jobId: newId(), seconds: 150 })
  expect(await lotsOf(userId)).toEqual([100, 100, 50, 0])
  await ledger.debitDownload({ userId, jobId: newId(), seconds: 120 })
  expect(await lotsOf(userId)).toEqual([30, 100, 0, 0])
  expect(await balanceOf(userId)).toBe(130)
  await expectExact()
})

test('a key works once', async () => {
  const userId = await newUser()
  const options = { userId, kind: 'purchase', seconds: 60, idempotencyKey: newId() } as const
  const answers = await Promise.all(Array.from({ length: 8 }, () => ledger.credit(options)))
  expect(answers.filter(Boolean)).toHaveLength(1)
  expect(await balanceOf(userId)).toBe(60)
  expect((await database.user.findUniqueOrThrow({ where: { id: userId } })).paid).toBe(true)
  await expectExact()
})

test('takes back no more than there is, and the payment’s own minutes first', async () => {
  const userId = await newUser()
  const transactionId = newId()
  await database.transaction.create({
    data: {
      ...{ id: transactionId, userId, gateway: 'stripe', amountMinor: 500, currency: 'USD', seconds: 300 },
      ...{ status: 'paid', paidAt: new Date() },
    },
  })
  await ledger.credit({ userId, kind: 'grant', seconds: 100, idempotencyKey: newId() })
  await ledger.credit({ userId, kind: 'purchase', seconds: 300, idempotencyKey: newId(), transactionId })
  const part = { userId, kind: 'refund', seconds: 200, idempotencyKey: newId(), transactionId } as const
  expect(await ledger.takeBack(part)).toEqual({ takenSeconds: 200 })
  expect(await ledger.takeBack(part)).toEqual({ takenSeconds: 200 })
  expect(await lotsOf(userId)).toEqual([100, 100])
  const rest = { ...part, seconds: 500, idempotencyKey: newId() }
  expect(await ledger.takeBack(rest)).toEqual({ takenSeconds: 200 })
  const late = { ...part, idempotencyKey: newId() }
  expect(await ledger.takeBack(late)).toEqual({ takenSeconds: 0 })
  await ledger.credit({ userId, kind: 'grant', seconds: 50, idempotencyKey: newId() })
  expect(await ledger.takeBack(late)).toEqual({ takenSeconds: 0 })
  expect(await balanceOf(userId)).toBe(50)
  await expectExact()
})

test('minutes whose time is over are neither spent nor kept', async () => {
  const userId = await newUser()
  const credit = (seconds: number, expiresAt?: Date) =>
    ledger.credit({ userId, kind: 'grant', seconds, idempotencyKey: newId(), expiresAt })
  await credit(100, new Date(Date.now() - 1000))
  await credit(40)
  await expect(ledger.debitDownload({ userId, jobId: newId(), seconds: 60 })).rejects.toMatchObject({
    code: 'insufficient_minutes',
    details: { seconds_needed: 60, seconds_remaining: 40 },
  })
  expect(await ledger.expireLots()).toBe(1)
  expect(await ledger.expireLots()).toBe(0)
  expect(await balanceOf(userId)).toBe(40)
  await expectExact()
})

test('names what does not add up', async () => {
  const userId = await newUser()
  await ledger.credit({ userId, kind: 'grant', seconds: 100, idempotencyKey: newId() })
  await database.user.update({ where: { id: userId }, data: { secondsRemaining: 90 } })
  const { differences } = await ledger.verify()
  expect(differences.map(({ rule, expected, found }) => ({ rule, expected, found }))).toEqual([
    { rule: 'a balance is the sum of its entries', expected: 100, found: 90 },
    { rule: 'a balance is what is left in its lots', expected: 100, found: 90 },
    { rule: 'each entry goes on from the balance that another left', expected: 0, found: 1 },
  ])
  await database.user.update({ where: { id: userId }, data: { secondsRemaining: 100 } })
  await expectExact()
})
