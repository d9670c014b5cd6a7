import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { AppError } from '../errors'
import { choosePostgresAccount, giveTo, type PostgresAccount } from './embedded-postgres-account'
import { findPostgresBinaries, postgresMajorVersion } from './embedded-postgres-binaries'
import { findPostmaster, isAlive, removeForeignPidFile } from './embedded-postgres-process'

export interface EmbeddedPostgres {
  /** Connection string of a database in this server. */
  url(database: string): string
  /** Process id of the server; changes when it had to be started again. */
  pid(): number
  /** True when the server was left running by a process that was killed. */
  adopted: boolean
  /** Ends all connections and stops the server with a final checkpoint. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Called with short sentences for the person who waits. */
  log(message: string): void
  /** More server settings, such as `{ fsync: 'off' }` for tests. */
  settings?: Record<string, string>
}

interface Server {
  dataDir: string
  binDir: string
  socketDir: string
  account: PostgresAccount
  settings: Record<string, string>
}

const superuser = 'timbre'
/** SQLSTATE invalid_catalog_name. */
const noSuchDatabase = '3D000'
/** Longest path of a Unix socket that Linux (108) and macOS (104) take, with the terminating zero. */
const socketPathBytes = 103
/** Advisory lock that a running product holds, so that a second one does not share, and later stop, its database. */
const ownerLock = 7462423

const defaultSettings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  shared_buffers: '64MB',
  max_connections: '100',
  synchronous_commit: 'on',
  log_min_messages: 'log',
  log_checkpoints: 'off',
}

/**
 * Starts the PostgreSQL that npm brought, on a Unix socket only, with its files in `dataDir` (made at first start).
 * A server that survived its killed parent is adopted. If the server dies it is started again until `stop`.
 * @throws AppError `conflict` when another running Timbre uses the folder, `unavailable` when the server cannot start.
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  { log, settings = {} }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const startedAt = performance.now()
  const server = prepare(path.resolve(dataDir), settings)
  await initialise(server, log)
  const adopted = await ensureRunning(server)
  let owner = await takeOwnership(server)
  let stopping = false
  let revival: Promise<void> = Promise.resolve()
  const revive = async () => {
    log('The database went away; starting it again.')
    while (!stopping) {
      try {
        await ensureRunning(server)
        owner = await takeOwnership(server)
        watch()
        log('The database is back.')
        return
      } catch (error) {
        log(error instanceof Error ? error.message : String(error))
        await sleep(1000)
      }
    }
  }
  const watch = () =>
    owner.once('end', () => {
      if (!stopping) revival = revive()
    })
  watch()
  log(
    `Database ${adopted ? 'taken over' : 'ready'} after ${((performance.now() - startedAt) / 1000).toFixed(1)} s (PostgreSQL ${postgresMajorVersion}, ${server.account.description}).`,
  )
  return {
    url: (database) => connectionString(server, database),
    pid: () => findPostmaster(server.dataDir)?.pid ?? 0,
    adopted,
    async stop() {
      stopping = true
      await revival
      await owner.end().catch(() => undefined)
      await stopServer(server)
    },
  }
}

/** Creates the database that `url` names if there is none yet; an account that may not do that can still use one. */
export async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== noSuchDatabase) throw error
    await createMissingDatabase(url)
  } finally {
    await client.end()
  }
}

async function createMissingDatabase(url: string): Promise<void> {
  const server = new URL(url)
  const name = decodeURIComponent(server.pathname.slice(1))
  server.pathname = '/postgres'
  const client = new pg.Client({ connectionString: server.toString() })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}

function prepare(dataDir: string, settings: Record<string, string>): Server {
  const binDir = findPostgresBinaries()
  mkdirSync(path.dirname(dataDir), { recursive: true })
  const account = choosePostgresAccount({
    program: path.join(binDir, 'postgres'),
    folder: path.dirname(dataDir),
  })
  return { dataDir, binDir, socketDir: socketFolder(dataDir), account, settings }
}

/** In the data folder, where nobody else can reach it; below a short temporary folder where that path is too long. */
function socketFolder(dataDir: string): string {
  const fits = (folder: string) =>
    Buffer.byteLength(path.join(folder, '.s.PGSQL.5432.lock')) <= socketPathBytes
  const inside = path.join(dataDir, 'socket')
  if (fits(inside)) return inside
  const name = `timbre-pg-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`
  return [os.tmpdir(), '/tmp'].map((base) => path.join(base, name)).find(fits) ?? path.join('/tmp', name)
}

function connectionString({ socketDir }: Server, database: string): string {
  return `postgresql://${superuser}@localhost/${database}?host=${encodeURIComponent(socketDir)}`
}

async function initialise(server: Server, log: (message: string) => void): Promise<void> {
  const { dataDir, account } = server
  const versionFile = path.join(dataDir, 'PG_VERSION')
  if (existsSync(versionFile)) {
    const version = readFileSync(versionFile, 'utf8').trim()
    if (version !== postgresMajorVersion) {
      throw new AppError('unavailable', {
        message: `The database folder ${dataDir} was made by PostgreSQL ${version}, this Timbre brings ${postgresMajorVersion}. Move the data over with pg_dump of the former version.`,
      })
    }
    giveTo(account, dataDir)
    return
  }
  log('Creating the database (first start only).')
  // initdb writes PG_VERSION early: the folder gets its name only when all of it is there.
  const unfinished = `${dataDir}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  giveTo(account, unfinished)
  await runInitdb(server, unfinished)
  rmSync(dataDir, { recursive: true, force: true })
  renameSync(unfinished, dataDir)
}

async function runInitdb({ binDir, account, settings }: Server, folder: string): Promise<void> {
  const { file, args, ...identity } = account.command(path.join(binDir, 'initdb'), [
    ...['-D', folder, '-U', superuser, '--auth-local=trust', '--auth-host=reject', '--encoding=UTF8'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions'],
    ...(settings.fsync === 'off' ? ['--no-sync'] : []),
  ])
  const child = spawn(file, args, { ...identity, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  )
  if (code !== 0) {
    throw new AppError('unavailable', { message: `The database could not be created:\n${tail(output)}` })
  }
}

/** @returns whether a server was running already. */
async function ensureRunning(server: Server): Promise<boolean> {
  removeForeignPidFile(server.dataDir)
  const running = findPostmaster(server.dataDir)
  if (running) {
    // The folder may have been moved since: clients find the server where it listens now.
    server.socketDir = running.socketDir || server.socketDir
    await untilReady(server, () => isAlive(running.pid))
    return true
  }
  server.socketDir = socketFolder(server.dataDir)
  prepareSocketFolder(server)
  await spawnServer(server)
  return false
}

function prepareSocketFolder({ socketDir, account }: Server): void {
  mkdirSync(socketDir, { recursive: true, mode: 0o700 })
  const found = lstatSync(socketDir)
  if (found.uid === account.uid && found.isDirectory()) return
  if (found.uid !== process.getuid?.() || !found.isDirectory()) {
    throw new AppError('unavailable', {
      message: `${socketDir}, the folder for the database's socket, belongs to another user. Remove it.`,
    })
  }
  chownSync(socketDir, account.uid, account.gid)
}

async function spawnServer(server: Server): Promise<void> {
  const { dataDir, binDir, socketDir, account } = server
  const settings = { ...defaultSettings, unix_socket_directories: socketDir, ...server.settings }
  const { file, args, ...identity } = account.command(path.join(binDir, 'postgres'), [
    ...['-D', dataDir],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  const logFile = path.join(dataDir, 'server.log')
  const logDescriptor = openSync(logFile, 'w')
  // A group of its own: Ctrl-C in the terminal must not stop the database before the product.
  const child = spawn(file, args, {
    ...identity,
    cwd: '/',
    detached: true,
    stdio: ['ignore', logDescriptor, logDescriptor],
  })
  closeSync(logDescriptor)
  child.once('error', () => undefined)
  child.unref()
  await untilReady(
    server,
    () => child.exitCode === null && child.signalCode === null && child.pid !== undefined,
  )
}

/** Resolves when the server takes queries; recovery after a crash may keep it from that for a while. */
async function untilReady(server: Server, alive: () => boolean): Promise<void> {
  for (let waitMs = 10; ; waitMs = Math.min(waitMs * 1.5, 250)) {
    if (await takesQueries(server)) return
    if (!alive()) {
      const output = readFileSync(path.join(server.dataDir, 'server.log'), { encoding: 'utf8', flag: 'a+' })
      throw new AppError('unavailable', { message: `The embedded database did not start:\n${tail(output)}` })
    }
    await sleep(waitMs)
  }
}

async function takesQueries(server: Server): Promise<boolean> {
  const client = new pg.Client({ connectionString: connectionString(server, 'postgres') })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Takes the lock of the running product and keeps the connection that holds it. */
async function takeOwnership(server: Server): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: connectionString(server, 'postgres') })
  client.on('error', () => undefined)
  await client.connect()
  // A killed owner's connection may need a moment to be noticed.
  for (let attempt = 0; attempt < 20; attempt++) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      ownerLock,
    ])
    if (rows[0]?.taken) return client
    await sleep(50)
  }
  await client.end()
  throw new AppError('conflict', {
    message: `Another Timbre is running on ${path.dirname(server.dataDir)}. Stop it first, or set TIMBRE_DATA to another folder.`,
  })
}

async function stopServer({ dataDir }: Server): Promise<void> {
  const running = findPostmaster(dataDir)
  if (!running) return
  process.kill(running.pid, 'SIGINT')
  const deadline = performance.now() + 20_000
  while (isAlive(running.pid) && performance.now() < deadline) await sleep(10)
  if (isAlive(running.pid)) process.kill(running.pid, 'SIGQUIT')
}

function tail(output: string): string {
  return output.trim().split('\n').slice(-12).join('\n')
}
