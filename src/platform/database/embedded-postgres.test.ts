import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureDatabase, startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres'

// Nothing here loses power: writing through to the disk would only make the tests slow.
const quiet = { log: () => undefined, settings: { fsync: 'off' } }
let folder: string
let running: EmbeddedPostgres | undefined

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-embedded-'))
  chmodSync(folder, 0o755)
})

afterEach(async () => {
  await running?.stop()
  running = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

describe('startEmbeddedPostgres', () => {
  it('keeps what was committed over a stop and a start', async () => {
    const dataDir = path.join(folder, 'postgres')
    running = await startEmbeddedPostgres(dataDir, quiet)
    await ensureDatabase(running.url('shop'))
    await query(running.url('shop'), 'CREATE TABLE note AS SELECT 1 AS id')
    await running.stop()
    running = await startEmbeddedPostgres(dataDir, quiet)
    expect(running.adopted).toBe(false)
    expect(await query(running.url('shop'), 'SELECT id FROM note')).toEqual([{ id: 1 }])
    expect(await query(running.url('shop'), 'SHOW synchronous_commit')).toEqual([
      { synchronous_commit: 'on' },
    ])
  })

  it('listens on no network port', async () => {
    running = await startEmbeddedPostgres(path.join(folder, 'postgres'), quiet)
    expect(await query(running.url('postgres'), 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }])
  })

  it('starts again by itself after the server was killed, with nothing committed lost', async () => {
    running = await startEmbeddedPostgres(path.join(folder, 'postgres'), quiet)
    const url = running.url('postgres')
    await query(url, 'CREATE TABLE note AS SELECT 7 AS id')
    const killed = running.pid()
    process.kill(killed, 'SIGKILL')
    const deadline = performance.now() + 25_000
    let rows: unknown[] = []
    while (rows.length === 0 && performance.now() < deadline) {
      rows = await query(url, 'SELECT id FROM note').catch(() => [])
      await sleep(100)
    }
    expect(rows).toEqual([{ id: 7 }])
    expect(running.pid()).not.toBe(killed)
  })

  it('adopts a server whose parent was killed', async () => {
    const dataDir = path.join(folder, 'postgres')
    const pid = await startAndBeKilled(dataDir)
    running = await startEmbeddedPostgres(dataDir, quiet)
    expect(running.adopted).toBe(true)
    expect(running.pid()).toBe(pid)
  })

  it('refuses a folder that another running product uses', async () => {
    const dataDir = path.join(folder, 'postgres')
    running = await startEmbeddedPostgres(dataDir, quiet)
    await expect(startEmbeddedPostgres(dataDir, quiet)).rejects.toMatchObject({ code: 'conflict' })
    expect(await query(running.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('starts over after an interrupted creation, and next to a pid file of another process', async () => {
    const dataDir = path.join(folder, 'postgres')
    mkdirSync(`${dataDir}.unfinished`)
    writeFileSync(path.join(`${dataDir}.unfinished`, 'PG_VERSION'), '18\n')
    running = await startEmbeddedPostgres(dataDir, quiet)
    expect(existsSync(`${dataDir}.unfinished`)).toBe(false)
    await running.stop()
    writeFileSync(path.join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n`)
    running = await startEmbeddedPostgres(dataDir, quiet)
    expect(running.adopted).toBe(false)
  })

  it('finds a place for its socket below a folder with a very long name', async () => {
    running = await startEmbeddedPostgres(path.join(folder, 'x'.repeat(140), 'postgres'), quiet)
    expect(await query(running.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it.runIf(process.getuid?.() === 0)('runs for root below a folder that only root may enter', async () => {
    chmodSync(folder, 0o700)
    running = await startEmbeddedPostgres(path.join(folder, 'postgres'), quiet)
    expect(await query(running.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('says what to do about a data folder of another PostgreSQL version', async () => {
    const dataDir = path.join(folder, 'postgres')
    mkdirSync(dataDir)
    writeFileSync(path.join(dataDir, 'PG_VERSION'), '15\n')
    await expect(startEmbeddedPostgres(dataDir, quiet)).rejects.toThrow(/made by PostgreSQL 15.*pg_dump/)
  })
})

/** @returns the process id of the server that the killed parent left behind. */
async function startAndBeKilled(dataDir: string): Promise<number> {
  const script = `
    import { startEmbeddedPostgres } from './src/platform/database/embedded-postgres'
    const postgres = await startEmbeddedPostgres(process.argv[2], { log: () => undefined })
    process.stdout.write(String(postgres.pid()), () => process.kill(process.pid, 'SIGKILL'))`
  const file = path.join(folder, 'parent.mts')
  writeFileSync(file, script.replace('./src', path.resolve('src')))
  const child = spawn(process.execPath, ['--import', 'tsx', file, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  return Number(output)
}
