import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLedger, type Ledger } from '../../../src/modules/billing/ledger'
import { createDatabase, type Database, type DatabaseClient } from '../../../src/platform/database'
import { ensureDatabase } from '../../../src/platform/database/embedded-postgres'
import { migrateDatabase } from '../../../src/platform/database/migrate'
import { newId } from '../../../src/platform/ids'
import { startTestDatabase, type TestDatabase } from '../../support/database'

let testDatabase: TestDatabase
let database: Database
let ledger: Ledger

beforeAll(async () => {
  testDatabase = await startTestDatabase()
  database = createDatabase({ url: testDatabase.url, maxConnections: 16 })
  ledger = createLedger({ database })
})

afterAll(async () => {
  await database.$disconnect()
  await testDatabase.stop()
})

async function newUser(): Promise<string> {
  const id = newId()
  await database.user.create({ data: { id, username: id, email: `${id}@example.org`, passwordHash: 'none' } })
  return id
}

class Crash extends Error {}

/** Small numbers of keys, payments and jobs, so that the same ones meet often. */
const step = fc.record({
  what: fc.oneof(
    fc.record({
      kind: fc.constant('credit' as const),
      paid: fc.boolean(),
      key: fc.nat(9),
      seconds: fc.integer({ min: 1, max: 400 }),
      /** Days from now; below zero, it is over already. */
      expiresInDays: fc.option(fc.integer({ min: -2, max: 3 })),
    }),
    fc.record({
      kind: fc.constant('takeBack' as const),
      key: fc.nat(9),
      payment: fc.nat(2),
      seconds: fc.integer({ min: 1, max: 300 }),
    }),
    fc.record({ kind: fc.constant('debit' as const), job: fc.nat(7) }),
    fc.record({ kind: fc.constant('expire' as const), days: fc.integer({ min: 0, max: 3 }) }),
  ),
  /** The transaction is thrown away after the work was done in it. */
  crashes: fc.boolean(),
  /** Begun together with the step before. */
  concurrent: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const dayMs = 86_400_000
const costOf = (job: number) => [0, 30, 60, 90, 120, 180, 240, 300][job] ?? 0

interface World {
  userId: string
  run: string
  payments: string[]
  jobs: string[]
}

function work({ userId, run, payments, jobs }: World, { what }: Step, tx: DatabaseClient): Promise<unknown> {
  switch (what.kind) {
    case 'credit':
      return ledger.credit(
        {
          userId,
          kind: what.paid ? 'purchase' : 'grant',
          seconds: what.seconds,
          idempotencyKey: `${run}:credit:${what.key}`,
          transactionId: what.paid ? payments[what.key % 3] : undefined,
          expiresAt: what.expiresInDays === null ? null : new Date(Date.now() + what.expiresInDays * dayMs),
        },
        tx,
      )
    case 'takeBack':
      return ledger.takeBack(
        {
          userId,
          kind: 'refund',
          seconds: what.seconds,
          idempotencyKey: `${run}:take:${what.key}`,
          transactionId: payments[what.payment],
        },
        tx,
      )
    case 'debit':
      return ledger.debitDownload({ userId, jobId: jobs[what.job]!, seconds: costOf(what.job) }, tx)
    case 'expire':
      return Promise.resolve()
  }
}

async function perform(world: World, step: Step): Promise<void> {
  if (step.what.kind === 'expire') {
    await ledger.expireLots(new Date(Date.now() + step.what.days * dayMs))
    return
  }
  try {
    await database.$transaction(
      async (tx) => {
        await work(world, step, tx)
        if (step.crashes) throw new Crash()
      },
      { maxWait: 20_000, timeout: 20_000 },
    )
  } catch (error) {
    const expected = error instanceof Crash || (error as { code?: string }).code === 'insufficient_minutes'
    if (!expected) throw error
  }
}

async function newWorld(): Promise<World> {
  const userId = await newUser()
  const payments = [newId(), newId(), newId()]
  await database.transaction.createMany({
    data: payments.map((id) => ({
      ...{ id, userId, gateway: 'stripe', amountMinor: 100, currency: 'USD', seconds: 100 },
      ...{ status: 'paid' as const, paidAt: new Date() },
    })),
  })
  return { userId, run: newId(), payments, jobs: Array.from({ length: 8 }, () => newId()) }
}

test(
  'any interleaving of credits, debits, refunds, expiry and crashes adds up',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
        const world = await newWorld()
        let running: Promise<void>[] = []
        for (const next of steps) {
          if (!next.concurrent) await Promise.all(running.splice(0))
          running = [...running, perform(world, next)]
        }
        await Promise.all(running)
        await expectExact(world)
      }),
      { numRuns: 20 },
    )
    expect((await ledger.verify()).differences).toEqual([])
  },
)

async function expectExact({ userId, jobs }: World): Promise<void> {
  const [user, entries, lots] = await Promise.all([
    database.user.findUniqueOrThrow({ where: { id: userId } }),
    database.minuteEntry.findMany({ where: { userId } }),
    database.minuteLot.findMany({ where: { userId } }),
  ])
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  expect(user.secondsRemaining).toBeGreaterThanOrEqual(0)
  expect(sum(entries.map(({ seconds }) => seconds))).toBe(user.secondsRemaining)
  expect(sum(lots.map(({ secondsLeft }) => secondsLeft))).toBe(user.secondsRemaining)
  for (const [job, jobId] of jobs.entries()) {
    const debits = entries.filter((entry) => entry.jobId === jobId)
    expect(debits.map(({ seconds }) => Math.abs(seconds))).toEqual(debits.length === 0 ? [] : [costOf(job)])
  }
}

const serverUrl = process.env.TEST_DATABASE_URL
const servers = [
  { name: 'the embedded PostgreSQL', open: () => Promise.resolve(testDatabase.url), skip: false },
  {
    name: serverUrl ? 'a PostgreSQL server' : 'a PostgreSQL server (needs TEST_DATABASE_URL)',
    async open() {
      await ensureDatabase(serverUrl ?? '')
      await migrateDatabase(serverUrl ?? '', path.resolve('prisma/migrations'), { queue: false })
      return serverUrl ?? ''
    },
    skip: !serverUrl,
  },
]

for (const server of servers) {
  test.skipIf(server.skip)(
    `200 downloads at once with minutes for 10: 10 succeed on ${server.name}`,
    { timeout: 60_000 },
    async () => {
      const own = createDatabase({ url: await server.open(), maxConnections: 20 })
      const desk = createLedger({ database: own })
      const userId = newId()
      await own.user.create({
        data: { id: userId, username: userId, email: `${userId}@example.org`, passwordHash: 'none' },
      })
      await desk.credit({ userId, kind: 'grant', seconds: 610, idempotencyKey: newId() })
      const downloads = await Promise.allSettled(
        Array.from({ length: 200 }, () => desk.debitDownload({ userId, jobId: newId(), seconds: 60 })),
      )
      const refused = downloads.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
      expect(downloads.length - refused.length).toBe(10)
      expect(refused.map((reason: { status?: number }) => reason.status)).toEqual(
        Array.from({ length: 190 }, () => 402),
      )
      expect((await own.user.findUniqueOrThrow({ where: { id: userId } })).secondsRemaining).toBe(10)
      expect((await desk.verify()).differences.filter((difference) => difference.userId === userId)).toEqual(
        [],
      )
      await own.$disconnect()
    },
  )
}
