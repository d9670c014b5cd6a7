import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { findFreePort } from './free-port'

export interface TestRedis {
  url: string
  /** Ends the server as a crash would; null where the server is not ours (REDIS_TEST_URL). */
  kill: (() => Promise<void>) | null
  /** Starts a killed server again, on the same port with what its append-only file holds. */
  restart: (() => Promise<void>) | null
  stop(): Promise<void>
}

const givenUrl = process.env.REDIS_TEST_URL
const installed = spawnSync('redis-server', ['--version']).status === 0

/** Why no Redis can be had here, as an ending of a test title; null where there is one. */
export const redisMissing: string | null =
  givenUrl || installed ? null : '(skipped: needs redis-server on PATH or REDIS_TEST_URL)'

/** An empty Redis of this test file alone: REDIS_TEST_URL, else a `redis-server` of our own, else null. */
export async function startTestRedis(): Promise<TestRedis | null> {
  if (givenUrl) return useGivenRedis(givenUrl)
  return installed ? startOwnRedis() : null
}

/** Test files that run at the same time take a numbered database each. */
async function useGivenRedis(base: string): Promise<TestRedis> {
  const url = new URL(base)
  url.pathname = `/${Number(process.env.VITEST_POOL_ID ?? 0) % 16}`
  const client = new Redis(url.toString())
  await client.flushdb()
  client.disconnect()
  return { url: url.toString(), kill: null, restart: null, stop: () => Promise.resolve() }
}

async function startOwnRedis(): Promise<TestRedis> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-redis-'))
  const port = await findFreePort()
  let child = await spawnRedis(folder, port)
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => end('SIGKILL'),
    restart: async () => {
      child = await spawnRedis(folder, port)
    },
    async stop() {
      process.off('exit', endWithUs)
      await end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function spawnRedis(folder: string, port: number): Promise<ChildProcess> {
  const child = spawn(
    'redis-server',
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'],
    ],
    { stdio: 'ignore' },
  )
  const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => 50 })
  client.on('error', () => undefined)
  try {
    while (!(await answers(client))) {
      if (child.exitCode !== null) throw new Error(`redis-server exited with ${child.exitCode}`)
      await sleep(20)
    }
  } finally {
    client.disconnect()
  }
  return child
}

async function answers(client: Redis): Promise<boolean> {
  try {
    await client.ping()
    return true
  } catch {
    return false
  }
}
