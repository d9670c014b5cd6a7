import { spawn } from 'node:child_process'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateDatabase } from '../../../src/platform/database/migrate'
import { startTestDatabase, type TestDatabase } from '../../support/database'

let database: TestDatabase
let client: pg.Client

beforeAll(async () => {
  database = await startTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})

afterAll(async () => {
  await client.end()
  await database.stop()
})

async function prisma(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['node_modules/prisma/build/index.js', ...args], {
    env: { ...process.env, DATABASE_URL: database.url },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output }
}

async function addUser(username: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO users (id, username, email, password_hash, updated_at)
     VALUES (gen_random_uuid(), $1, $1 || '@example.org', 'x', now()) RETURNING id`,
    [username],
  )
  return rows[0]?.id ?? ''
}

describe('the migrations', () => {
  it("make the database that prisma/schema.prisma describes, by Prisma's own comparison", async () => {
    const args = ['--from-config-datasource', '--to-schema', 'prisma/schema.prisma', '--exit-code']
    const { code, output } = await prisma('migrate', 'diff', ...args)
    expect(output).toContain('No difference detected')
    expect(code).toBe(0)
  })

  it("are recorded as Prisma's own deployment records them", async () => {
    const { code, output } = await prisma('migrate', 'status')
    expect(output).toContain('Database schema is up to date')
    expect(code).toBe(0)
  })

  it('are applied once', async () => {
    const migrate = () => migrateDatabase(database.url, path.resolve('prisma/migrations'), { queue: true })
    expect(await Promise.all([migrate(), migrate()])).toEqual([[], []])
  })

  it('notice an applied migration that was edited', async () => {
    await client.query(`UPDATE _prisma_migrations SET checksum = 'x' WHERE migration_name LIKE '%_init'`)
    const again = migrateDatabase(database.url, path.resolve('prisma/migrations'), { queue: false })
    await expect(again).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('the constraints', () => {
  it('keep a balance from going below zero', async () => {
    const id = await addUser('balance')
    const spend = client.query('UPDATE users SET seconds_remaining = -1 WHERE id = $1', [id])
    await expect(spend).rejects.toMatchObject({ constraint: 'users_seconds_remaining_check' })
  })

  it('take names that differ by case only for one name', async () => {
    await addUser('grace')
    await expect(addUser('Grace')).rejects.toMatchObject({ code: '23505' })
  })

  it('let the ledger grow only', async () => {
    const id = await addUser('ledger')
    const entry = [id, 'ledger-test']
    await client.query(
      `INSERT INTO minute_entries (id, user_id, kind, seconds, balance_after, idempotency_key)
       VALUES (gen_random_uuid(), $1, 'grant', 60, 60, $2)`,
      entry,
    )
    const change = client.query('UPDATE minute_entries SET seconds = 600 WHERE user_id = $1', [id])
    await expect(change).rejects.toThrow(/append-only/)
    await expect(client.query('DELETE FROM minute_entries WHERE user_id = $1', [id])).rejects.toThrow(
      /append-only/,
    )
  })

  it('refuse a completed job without a result', async () => {
    const id = await addUser('jobs')
    const insert = client.query(
      `INSERT INTO audio_processing_jobs
         (id, user_id, capability, model_id, status, input_type, parameters, seed, completed_at)
       VALUES (gen_random_uuid(), $1, 'noise-removal', 'm', 'completed', 'audio', '{}', 1, now())`,
      [id],
    )
    await expect(insert).rejects.toMatchObject({ constraint: 'audio_processing_jobs_result_check' })
  })
})
