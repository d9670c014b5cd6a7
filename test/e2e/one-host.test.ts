import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noisySpeech } from '../fixtures/recordings'
import { signUp } from '../support/api-client'
import { startTestDatabase, type TestDatabase } from '../support/database'
import { findFreePort } from '../support/free-port'
import { redisMissing, startTestRedis, type TestRedis } from '../support/redis'
import { s3ServerMissing, s3StartTimeoutMs, startS3Server, type TestS3Server } from '../support/s3-server'

const missing = redisMissing ?? s3ServerMissing

/** The roles of docker-compose.yml as processes: the built server and a worker of its own, around three services. */
describe.skipIf(missing)(`one host ${missing ?? ''}`, () => {
  let database: TestDatabase
  let redis: TestRedis | null
  let s3: TestS3Server
  let folder: string
  let url: string
  const processes: ChildProcess[] = []

  const startRole = (args: string[], environment: Record<string, string>, readyWhen: string) => {
    const child = spawn(process.execPath, ['dist/main.js', ...args], {
      env: { NODE_ENV: 'production', PATH: process.env.PATH, HOME: folder, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    processes.push(child)
    return new Promise<void>((resolve, reject) => {
      let output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString()
          if (output.includes(readyWhen)) resolve()
        })
      }
      child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}:\n${output}`)))
    })
  }

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-one-host-'))
    ;[database, redis, s3] = await Promise.all([startTestDatabase(), startTestRedis(), startS3Server()])
    const port = await findFreePort()
    url = `http://127.0.0.1:${port}`
    const environment = {
      PORT: String(port),
      DATABASE_URL: database.url,
      REDIS_URL: redis?.url ?? '',
      S3_ENDPOINT: s3.endpoint,
      S3_REGION: s3.region,
      S3_ACCESS_KEY: s3.accessKey,
      S3_SECRET_KEY: s3.secretKey,
      S3_BUCKET: `timbre-${randomUUID()}`,
      JWT_SECRET: randomUUID() + randomUUID(),
      ADMIN_PASSWORD: 'a password of the tests',
    }
    const data = (name: string) => ({ TIMBRE_DATA: path.join(folder, name) })
    await startRole([], { ...environment, ...data('server') }, 'ready: ')
    await startRole(
      ['--worker', '--capabilities', 'noise-removal'],
      { ...environment, ...data('worker'), WORKER_PORT: String(await findFreePort()) },
      'worker takes jobs',
    )
  }, s3StartTimeoutMs)

  afterAll(async () => {
    for (const child of processes) child.kill('SIGKILL')
    await Promise.all([database.stop(), redis?.stop(), s3.stop()])
    rmSync(folder, { recursive: true, force: true })
  })

  it('is ready, with all three services in use', async () => {
    const answer = await fetch(`${url}/readyz`)
    expect(await answer.json()).toMatchObject({ status: 'ready' })
  })

  it('takes a recording, cleans it in the worker and hands it out of S3', { timeout: 120_000 }, async () => {
    const client = await signUp({ url })
    const { job_id: id } = await client.start(noisySpeech({ seconds: 2 }))
    let job = await client.get<{ status: string; error: unknown }>(`/api/audio/job-status/${id}`)
    while (['pending', 'processing'].includes(job.status)) {
      await sleep(100)
      job = await client.get(`/api/audio/job-status/${id}`)
    }
    expect(job).toMatchObject({ status: 'completed', error: null })
    const download = await client.request('GET', `/api/audio/download-audio/${id}`)
    expect(download.status).toBe(302)
    const address = download.headers.get('location') ?? ''
    expect(address.startsWith(s3.endpoint)).toBe(true)
    const audio = await fetch(address)
    expect(audio.status).toBe(200)
    expect((await audio.arrayBuffer()).byteLength).toBeGreaterThan(10_000)
  })

  it('ends both roles on SIGTERM with nothing failed', { timeout: 60_000 }, async () => {
    const codes = processes.map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of processes) child.kill('SIGTERM')
    expect(await Promise.all(codes)).toEqual([0, 0])
  })
})
