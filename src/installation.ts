import { createHmac, randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import type { Config } from './config'
import { ensureDatabase, startEmbeddedPostgres } from './platform/database/embedded-postgres'
import { migrateDatabase } from './platform/database/migrate'

/** What is settled before the modules are built: where the data lies and which secret this installation has. */
export interface Installation {
  databaseUrl: string
  secret: string
  close(): Promise<void>
}

/**
 * The embedded role starts its own database, brings it up to date and makes a secret; with `DATABASE_URL` everything
 * is given, and migrations are the operator's (`npm run db:migrate`).
 */
export async function openInstallation(
  config: Config,
  say: (message: string) => void,
): Promise<Installation> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const secret = config.JWT_SECRET ?? keepSecret(path.join(config.dataDir, 'secret'))
  if (config.DATABASE_URL) {
    return { databaseUrl: config.DATABASE_URL, secret, close: () => Promise.resolve() }
  }
  const postgres = await startEmbeddedPostgres(path.join(config.dataDir, 'postgres'), { log: say })
  const databaseUrl = postgres.url('timbre')
  try {
    await ensureDatabase(databaseUrl)
    await migrateDatabase(databaseUrl, path.join(config.rootDir, 'prisma', 'migrations'), {
      queue: config.REDIS_URL === undefined,
    })
  } catch (error) {
    await postgres.stop()
    throw error
  }
  return { databaseUrl, secret, close: () => postgres.stop() }
}

/** The file's secret, made where there is none. Written whole or not at all. */
function keepSecret(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const secret = randomBytes(32).toString('base64url')
  const unfinished = `${file}.unfinished`
  const descriptor = openSync(unfinished, 'w', 0o600)
  writeSync(descriptor, `${secret}\n`)
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(unfinished, file)
  return secret
}

/** A key for one purpose, so that a signature made for one thing is worth nothing for another. */
export function deriveKey(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(`timbre ${purpose}`).digest('base64url')
}
