import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { unzipSync } from 'fflate'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPersonalDataModule } from '../../../src/modules/users'
import { personalDataSources } from '../../../src/personal-data-sources'
import { createAuditLog } from '../../../src/platform/audit'
import { createDatabase, type Database } from '../../../src/platform/database'
import { newId } from '../../../src/platform/ids'
import { createDiskObjectStore, type ObjectStore } from '../../../src/platform/objects'
import { startTestDatabase, type TestDatabase } from '../../support/database'

/** What stays of somebody: money and minutes, under a number that names nobody. */
const kept = ['minute_entries', 'minute_lots', 'subscriptions', 'transactions']

interface Column {
  column_name: string
  data_type: string
  udt_name: string
  character_maximum_length: number | null
}

let testDatabase: TestDatabase
let database: Database
let objects: ObjectStore
let client: pg.Client
let folder: string
const userId = newId()
const ids = { job: newId(), unpaid: newId(), upload: newId(), voice: newId() }
const outputOf = (jobId: string) => `jobs/${jobId}/1/output.flac`

beforeAll(async () => {
  testDatabase = await startTestDatabase()
  database = createDatabase({ url: testDatabase.url, maxConnections: 4 })
  folder = await mkdtemp(path.join(tmpdir(), 'timbre-erasure-'))
  objects = createDiskObjectStore({ root: folder, secret: 'x'.repeat(40), baseUrl: 'http://localhost' })
  client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.$disconnect()
  await testDatabase.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The columns that refer to a user, of every table that has one. */
async function userColumns(): Promise<{ table: string; column: string }[]> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `SELECT c.conrelid::regclass::text AS table, a.attname AS column
     FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass ORDER BY 1`,
  )
  return rows
}

/** A row of a table with something in every column that needs it. */
async function insertRow(table: string, given: Record<string, unknown>): Promise<void> {
  const { rows: columns } = await client.query<Column>(
    `SELECT column_name, data_type, udt_name, character_maximum_length FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = $1 AND is_nullable = 'NO' AND column_default IS NULL`,
    [table],
  )
  const values = { ...given }
  for (const column of columns) values[column.column_name] ??= await something(column)
  const names = Object.keys(values)
  const places = names.map((_, index) => `$${index + 1}`)
  await client.query(
    `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(values),
  )
}

async function something({ data_type: type, udt_name: name, character_maximum_length: length }: Column) {
  if (type === 'uuid') return newId()
  if (type === 'jsonb') return '{}'
  if (type === 'ARRAY') return '{}'
  if (type === 'boolean') return false
  if (type === 'USER-DEFINED') {
    const { rows } = await client.query<{ label: string }>(
      `SELECT (enum_range(NULL::"${name}"))[1]::text AS label`,
    )
    return rows[0]!.label
  }
  if (/int|double|numeric/.test(type)) return 1
  if (/timestamp|date/.test(type)) return new Date()
  return length === 3 ? 'USD' : newId().slice(0, length ?? undefined)
}

const result = (jobId: string) => ({
  ...{ outputKey: outputOf(jobId), previewKey: null, inputPreviewKey: null, contentType: 'audio/flac' },
  ...{ durationSeconds: 1, costSeconds: 1, inputSeconds: 1, sampleRateHz: 16000, channels: 1, bytes: 4 },
  ...{ sha256: null, waveform: { input: [], output: [] } },
  metrics: { timingsMs: {}, realTimeFactor: 0.1, provider: 'cpu' },
})

describe('erasing an account', () => {
  it('removes what every table and the object store keep of somebody, but for the ledger', async () => {
    await insertRow('users', {
      id: userId,
      username: 'hedy',
      email: 'hedy@example.com',
      delete_after: new Date(),
    })
    const columns = await userColumns()
    expect(columns.map(({ table }) => table)).toEqual(expect.arrayContaining(kept))
    // Without foreign keys to other tables in the way: it is the users' that count.
    await client.query('SET session_replication_role = replica')
    const details: Record<string, Record<string, unknown>> = {
      account_tokens: { email: 'hedy@example.com' },
      objects: { id: ids.upload, key: `uploads/${ids.upload}`, status: 'stored', stored_at: new Date() },
      voice_library: { id: ids.voice, sample_key: `voices/${ids.voice}/sample.flac` },
      audio_processing_jobs: { id: ids.job, result: JSON.stringify(result(ids.job)) },
    }
    for (const { table, column } of columns) await insertRow(table, { ...details[table], [column]: userId })
    await insertRow('audio_processing_jobs', {
      ...{ id: ids.unpaid, user_id: userId, result: JSON.stringify(result(ids.unpaid)) },
    })
    await client.query('SET session_replication_role = DEFAULT')
    const keys = [
      outputOf(ids.job),
      outputOf(ids.unpaid),
      `uploads/${ids.upload}`,
      `voices/${ids.voice}/sample.flac`,
    ]
    for (const key of keys)
      await objects.put(key, Buffer.from(key.slice(0, 4)), { contentType: 'audio/flac' })

    const personalData = createPersonalDataModule({
      database,
      audit: createAuditLog({ database }),
      logger: {
        info: () => undefined,
        error: (details: unknown) => expect.fail(String((details as { err: unknown }).err)),
      },
      sources: personalDataSources({
        ...{ database, objects, events: { publish: () => Promise.resolve() } },
        isPaid: (jobId) => Promise.resolve(jobId === ids.job),
      }),
    })

    const files = Object.keys(unzipSync(new Uint8Array(await buffer(personalData.exportOf(userId)))))
    expect(files).toEqual(
      expect.arrayContaining([
        `jobs/${ids.job}/output.flac`,
        `voices/${ids.voice}/sample.flac`,
        'minutes.json',
      ]),
    )
    expect(files.some((name) => name.startsWith(`uploads/${ids.upload}`))).toBe(true)
    // What was not paid for is not given away.
    expect(files.filter((name) => name.startsWith(`jobs/${ids.unpaid}`))).toEqual([
      `jobs/${ids.unpaid}/job.json`,
    ])

    expect(await personalData.eraseDue()).toBe(1)
    const left: string[] = []
    for (const { table, column } of columns) {
      const { rowCount } = await client.query(`SELECT 1 FROM ${table} WHERE "${column}" = $1`, [userId])
      if (rowCount) left.push(table)
    }
    expect(left.sort()).toEqual(kept)
    for (const key of keys) expect(await objects.stat(key), key).toBeNull()
    const row = await database.user.findUniqueOrThrow({ where: { id: userId } })
    expect(JSON.stringify(row)).not.toMatch(/hedy/)
  })
})
