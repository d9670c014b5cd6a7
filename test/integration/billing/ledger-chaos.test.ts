import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerChaos } from '../../../scripts/ledger/chaos'
import { startTestDatabase, type TestDatabase } from '../../support/database'

let testDatabase: TestDatabase
beforeAll(async () => {
  testDatabase = await startTestDatabase()
})
afterAll(() => testDatabase.stop())

test('nothing is lost or charged twice while connections are cut', { timeout: 120_000 }, async () => {
  const report = await ledgerChaos({
    ...{ url: testDatabase.url, seconds: 3, leastChanges: 60, accounts: 5, clients: 8, cutEveryMs: 200 },
  })
  expect(report).toMatchObject({ lost: 0, doubled: 0, differences: 0 })
  expect(report.cut).toBeGreaterThan(3)
})
