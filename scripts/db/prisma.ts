// Runs Prisma's command line against a throw-away database: `npm run prisma -- migrate dev --name add_labels`.
// Set DATABASE_URL to run it against a database of your own.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ensureDatabase, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres'

async function runPrisma(environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, ['node_modules/prisma/build/index.js', ...process.argv.slice(2)], {
    env: environment,
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

async function withThrowAwayDatabase(): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-prisma-'))
  const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'), { log: () => undefined })
  try {
    await ensureDatabase(postgres.url('timbre'))
    return await runPrisma({ ...process.env, DATABASE_URL: postgres.url('timbre') })
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = process.env.DATABASE_URL ? await runPrisma(process.env) : await withThrowAwayDatabase()
