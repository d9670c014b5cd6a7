import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { inject } from 'vitest'
import { newId } from '../../src/platform/ids'
import type { TestPostgres } from './global-setup'

export interface TestDatabase {
  url: string
  /** Drops the database; connections that are still open are cut. */
  stop(): Promise<void>
}

/** A migrated, empty database of this test file alone, on the real PostgreSQL of the test run. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, template } = await askForPostgres()
  const name = `test_${newId().replaceAll('-', '')}`
  await administrate(adminUrl, async (client) => {
    // Cloning needs the template to itself: files that start at the same time take turns.
    await client.query('SELECT pg_advisory_lock(1)')
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`)
  })
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return {
    url: url.toString(),
    stop: () =>
      administrate(adminUrl, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      }),
  }
}

async function askForPostgres(): Promise<TestPostgres> {
  const answer = JSON.parse(await text(connect(inject('postgresSocket')))) as TestPostgres | { error: string }
  if ('error' in answer) throw new Error(answer.error)
  return answer
}

async function administrate(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
