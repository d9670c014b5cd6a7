import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ensureDatabase, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres'
import { migrateDatabase } from '../../src/platform/database/migrate'
import { ledgerChaos } from '../ledger/chaos'

/** `npm run bench -- ledger-chaos --seconds 1800`: the ledger under load while its connections are cut. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      accounts: { type: 'string', default: '20' },
      clients: { type: 'string', default: '16' },
      'cut-every-ms': { type: 'string', default: '200' },
    },
  })
  const folder = await mkdtemp(path.join(os.tmpdir(), 'timbre-chaos-'))
  const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'), { log: () => undefined })
  try {
    const url = postgres.url('timbre')
    await ensureDatabase(url)
    await migrateDatabase(url, path.resolve('prisma/migrations'), { queue: false })
    const report = await ledgerChaos({
      url,
      seconds: Number(values.seconds),
      leastChanges: 1,
      accounts: Number(values.accounts),
      clients: Number(values.clients),
      cutEveryMs: Number(values['cut-every-ms']),
    })
    console.table(report)
    if (report.lost + report.doubled + report.differences > 0) process.exitCode = 1
  } finally {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
