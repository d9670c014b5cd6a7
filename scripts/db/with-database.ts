import path from 'node:path'
import type { Config } from '../../src/config'
import { createDatabase, type Database } from '../../src/platform/database'
import { startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres'
import { findPostmaster } from '../../src/platform/database/embedded-postgres-process'

/** Works with the configured database, whether the product is running or not: an embedded one is started for it. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const folder = path.join(config.dataDir, 'postgres')
  const running = config.DATABASE_URL ? null : findPostmaster(folder)
  const started =
    config.DATABASE_URL || running ? null : await startEmbeddedPostgres(folder, { log: () => undefined })
  const url = config.DATABASE_URL ?? started?.url('timbre') ?? socketUrl(running?.socketDir ?? '')
  const database = createDatabase({ url, maxConnections: 4 })
  try {
    return await work(database)
  } finally {
    await database.$disconnect()
    await started?.stop()
  }
}

const socketUrl = (folder: string) =>
  `postgresql://timbre@localhost/timbre?host=${encodeURIComponent(folder)}`
