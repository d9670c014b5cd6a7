import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { runMigrations } from 'bullmq'
import pg from 'pg'
import { AppError } from '../errors'

export interface MigrateOptions {
  /** Whether BullMQ keeps its queues in this database (no Redis): its own schema is migrated too. */
  queue: boolean
}

/** The advisory lock that Prisma's schema engine takes. */
const prismaLock = 72707369

const migrationTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`

interface MigrationRow {
  migration_name: string
  checksum: string
  finished_at: Date | null
}

/**
 * Brings the database at `url` up to date with `migrationsDir`, as `prisma migrate deploy` does and in its bookkeeping
 * (table, checksums, lock), without needing Prisma's command line. Safe to run from several processes at once.
 * @returns the names of the migrations that were applied now.
 * @throws AppError `conflict` when an earlier migration failed half-way or an applied one was edited.
 */
export async function migrateDatabase(
  url: string,
  migrationsDir: string,
  { queue }: MigrateOptions,
): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [prismaLock])
    const applied = await applyMigrations(client, readMigrations(migrationsDir))
    if (queue) await runMigrations(client)
    return applied
  } finally {
    await client.end()
  }
}

interface Migration {
  name: string
  sql: string
  checksum: string
}

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(path.join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

async function applyMigrations(client: pg.Client, migrations: Migration[]): Promise<string[]> {
  await client.query(migrationTable)
  const { rows } = await client.query<MigrationRow>(
    'SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
  )
  const unfinished = rows.find((row) => row.finished_at === null)
  if (unfinished) {
    throw new AppError('conflict', {
      message: `The migration ${unfinished.migration_name} failed half-way. Repair the database, then run npx prisma migrate resolve.`,
    })
  }
  const done = new Map(rows.map((row) => [row.migration_name, row.checksum]))
  const applied: string[] = []
  for (const migration of migrations) {
    const checksum = done.get(migration.name)
    if (checksum === undefined) {
      await applyMigration(client, migration)
      applied.push(migration.name)
    } else if (checksum !== migration.checksum) {
      throw new AppError('conflict', {
        message: `The migration ${migration.name} was edited after it was applied to this database.`,
      })
    }
  }
  return applied
}

/** A migration and its bookkeeping are one transaction: after a failure the next start simply tries again. */
async function applyMigration(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(sql)
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}
