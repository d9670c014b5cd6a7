// `npm run db:migrate`: brings the configured database up to date. The embedded one is started for it.
import path from 'node:path'
import { loadConfig } from '../../src/config'
import { ensureDatabase, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres'
import { migrateDatabase } from '../../src/platform/database/migrate'

const config = loadConfig()
const log = (message: string) => console.log(message)

async function migrate(url: string): Promise<void> {
  await ensureDatabase(url)
  const applied = await migrateDatabase(url, path.join(config.rootDir, 'prisma/migrations'), {
    queue: !config.REDIS_URL,
  })
  log(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}.`)
}

try {
  if (config.DATABASE_URL) {
    await migrate(config.DATABASE_URL)
  } else {
    const postgres = await startEmbeddedPostgres(path.join(config.dataDir, 'postgres'), { log })
    try {
      await migrate(postgres.url('timbre'))
    } finally {
      await postgres.stop()
    }
  }
} catch (error) {
  log(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
