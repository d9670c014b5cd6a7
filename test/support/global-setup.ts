import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import {
  ensureDatabase,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/platform/database/embedded-postgres'
import { findPostmaster, isAlive } from '../../src/platform/database/embedded-postgres-process'
import { migrateDatabase } from '../../src/platform/database/migrate'

/** What a test file is told about the run's database server. */
export interface TestPostgres {
  /** Connection string of the server's own database. */
  adminUrl: string
  /** Name of the migrated database that others are cloned from. */
  template: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Unix socket that answers every connection with a `TestPostgres` in JSON. */
    postgresSocket: string
  }
}

const folderPrefix = 'timbre-test-'

/**
 * One PostgreSQL for the whole run, started when the first test file asks for it: runs without database tests do not
 * pay for it.
 */
export default function setup(project: TestProject): () => Promise<void> {
  removeLeftovers()
  const folder = mkdtempSync(path.join(os.tmpdir(), folderPrefix))
  writeFileSync(path.join(folder, 'pid'), String(process.pid))
  let starting: Promise<EmbeddedPostgres> | undefined
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    starting ??= startTemplate(path.join(folder, 'postgres'))
    starting.then(
      (postgres) => {
        const answer: TestPostgres = { adminUrl: postgres.url('postgres'), template: 'template_timbre' }
        socket.end(JSON.stringify(answer))
      },
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    )
  })
  const socketPath = path.join(folder, 'control')
  server.listen(socketPath)
  project.provide('postgresSocket', socketPath)
  return async () => {
    server.close()
    await (await starting?.catch(() => undefined))?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startTemplate(dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(dataDir, {
    log: () => undefined,
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '300' },
  })
  const url = postgres.url('template_timbre')
  await ensureDatabase(url)
  await migrateDatabase(url, path.resolve('prisma/migrations'), { queue: true })
  return postgres
}

/** Stops the servers of runs that were killed. */
function removeLeftovers(): void {
  for (const name of readdirSync(os.tmpdir()).filter((entry) => entry.startsWith(folderPrefix))) {
    const folder = path.join(os.tmpdir(), name)
    const pidFile = path.join(folder, 'pid')
    if (!existsSync(pidFile) || isAlive(Number(readFileSync(pidFile, 'utf8')))) continue
    const postmaster = findPostmaster(path.join(folder, 'postgres'))
    if (postmaster) process.kill(postmaster.pid, 'SIGQUIT')
    rmSync(folder, { recursive: true, force: true })
  }
}
