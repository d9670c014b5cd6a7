import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import {
  ensureDatabase,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../src/platform/database/embedded-postgres'
import { migrateDatabase } from '../../../src/platform/database/migrate'
import type { JobView } from '../../../src/modules/jobs'
import { noisySpeech } from '../../fixtures/recordings'
import { signUp, type ApiClient } from '../../support/api-client'
import { rootDir, startProduct, type TestProduct } from '../../support/product'
import { redisMissing, startTestRedis } from '../../support/redis'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'timbre-fault-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A PostgreSQL that belongs to one test, to be stopped and killed. */
async function startOwnPostgres(): Promise<{ folder: string; server: EmbeddedPostgres; url: string }> {
  const folder = path.join(await temporaryFolder(), 'postgres')
  const server = await startEmbeddedPostgres(folder, { log: () => undefined })
  const url = server.url('timbre')
  await ensureDatabase(url)
  await migrateDatabase(url, path.join(rootDir, 'prisma', 'migrations'), { queue: true })
  return { folder, server, url }
}

async function start(options: Parameters<typeof startProduct>[0]): Promise<TestProduct> {
  const product = await startProduct(options)
  undo.push(() => product.stop())
  return product
}

async function startText(client: ApiClient, seconds = 0): Promise<Response> {
  return client.request('POST', '/api/audio/process-audio', {
    input_type: 'text',
    input_data: 'anything',
    capability: 'faulty',
    parameters: { behaviour: 'finish', seconds },
  })
}

describe('faults of the database', () => {
  it('experiment 8: a hard stop of PostgreSQL loses no acknowledged job', async () => {
    const { server, url } = await startOwnPostgres()
    undo.push(() => server.stop())
    const product = await start({ faulty: true, databaseUrl: url })
    const client = await signUp(product)
    const acknowledged: string[] = []
    const acknowledge = async (count: number) => {
      for (const enough = acknowledged.length + count; acknowledged.length < enough;) {
        const answer = await startText(client)
        expect([202, 503]).toContain(answer.status)
        if (answer.status === 202) acknowledged.push(((await answer.json()) as JobView).job_id)
      }
    }
    await acknowledge(20)
    const writing = acknowledge(40)
    await sleep(200)
    process.kill(server.pid(), 'SIGKILL')
    await writing
    const kept = await product.container.database.audioProcessingJob.count({
      where: { id: { in: acknowledged } },
    })
    expect(acknowledged).toHaveLength(60)
    expect(kept).toBe(acknowledged.length)
  }, 120_000)

  it('experiment 9: PostgreSQL away for 30 seconds answers 503, and everything goes on without a restart', async () => {
    const { folder, server, url } = await startOwnPostgres()
    const product = await start({ faulty: true, databaseUrl: url })
    await product.startWorker()
    const client = await signUp(product)
    const running = (await (await startText(client, 10)).json()) as JobView
    await client.until(running.job_id, (job) => job.status === 'processing')
    await server.stop()
    const awayUntil = Date.now() + 30_000
    const ask = () => client.request('GET', `/api/audio/job-status/${running.job_id}`)
    // What was read a moment ago may be shown for another second.
    await expect.poll(async () => (await ask()).status, { timeout: 5000 }).toBe(503)
    const answer = await ask()
    expect(answer.headers.get('retry-after')).not.toBeNull()
    expect((await client.request('GET', '/readyz')).status).toBe(503)
    expect((await client.request('GET', '/healthz')).status).toBe(200)
    await sleep(Math.max(0, awayUntil - Date.now()))
    const again = await startEmbeddedPostgres(folder, { log: () => undefined })
    undo.splice(1, 0, () => again.stop())
    await expect
      .poll(async () => (await client.request('GET', '/readyz')).status, { timeout: 30_000 })
      .toBe(200)
    expect((await client.finished(running.job_id)).status).toBe('completed')
    const next = (await (await startText(client)).json()) as JobView
    expect((await client.finished(next.job_id)).status).toBe('completed')
  }, 180_000)
})

describe(`faults of Redis ${redisMissing ?? ''}`, () => {
  it.skipIf(redisMissing !== null || process.env.REDIS_TEST_URL !== undefined)(
    'experiment 6: Redis killed and started again: every accepted job completes once',
    async () => {
      const redis = await startTestRedis()
      undo.push(() => redis!.stop())
      const product = await start({ faulty: true, environment: { REDIS_URL: redis!.url } })
      await product.startWorker()
      const client = await signUp(product)
      const accepted: string[] = []
      const accept = async () => {
        const answer = await startText(client)
        expect([202, 503]).toContain(answer.status)
        if (answer.status === 202) accepted.push(((await answer.json()) as JobView).job_id)
      }
      for (let index = 0; index < 20; index++) await accept()
      await redis!.kill!()
      for (let index = 0; index < 5; index++) await accept()
      await sleep(2000)
      await redis!.restart!()
      for (let index = 0; index < 5; index++) await accept()
      const jobs = await Promise.all(accepted.map((id) => client.finished(id, 150_000)))
      expect(accepted.length).toBeGreaterThanOrEqual(25)
      expect(jobs.map(({ status }) => status)).toEqual(accepted.map(() => 'completed'))
    },
    240_000,
  )

  it.skipIf(redisMissing !== null || process.env.REDIS_TEST_URL !== undefined)(
    'experiment 7: Redis out of memory: what is not kept is refused with 503, nothing is debited for it, and all goes on',
    async () => {
      const redis = await startTestRedis()
      undo.push(() => redis!.stop())
      const console = new Redis(redis!.url)
      undo.push(() => Promise.resolve(console.disconnect()))
      const product = await start({ faulty: true, environment: { REDIS_URL: redis!.url } })
      await product.startWorker()
      const client = await signUp(product)
      const before = await client.balance()
      const done = await client.finished(((await (await startText(client, 2)).json()) as JobView).job_id)
      await console.config('SET', 'maxmemory', '1')
      const kept: string[] = []
      for (let index = 0; index < 3; index++) {
        const answer = await startText(client)
        expect([202, 503]).toContain(answer.status)
        if (answer.status === 202) kept.push(((await answer.json()) as JobView).job_id)
        else expect(answer.headers.get('retry-after')).not.toBeNull()
      }
      for (const id of kept) expect((await client.job(id)).status).toBe('pending')
      expect(await client.balance()).toBe(before)
      await console.config('SET', 'maxmemory', '0')
      const next = (await (await startText(client)).json()) as JobView
      for (const id of [...kept, next.job_id])
        expect((await client.finished(id, 100_000)).status).toBe('completed')
      expect((await client.request('GET', `/api/audio/download-audio/${done.job_id}`)).status).toBe(302)
    },
    180_000,
  )
})

describe('faults of the store', () => {
  it('experiment 11: an output of which one byte differs is not handed out, and not charged', async () => {
    const dataDir = await temporaryFolder()
    const product = await start({ dataDir })
    await product.startWorker()
    const client = await signUp(product)
    const before = await client.balance()
    const { job_id: jobId } = await client.start(noisySpeech({ seconds: 3 }))
    expect((await client.finished(jobId)).status).toBe('completed')
    const folder = path.join(dataDir, 'store', 'objects', 'jobs', jobId)
    const files = await readdir(folder, { recursive: true })
    const output = files.find((name) => /output\.[a-z0-9]+@/.test(name) && !name.endsWith('.json'))!
    await flipByte(path.join(folder, output))
    for (const path of [
      `/api/audio/download-audio/${jobId}`,
      `/api/audio/download-audio/${jobId}?format=mp3`,
    ]) {
      const answer = await client.request('GET', path)
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        500,
        'checksum_mismatch',
      ])
    }
    expect(await client.balance()).toBe(before)
  }, 120_000)
})

/** Content is read-only; who breaks a disk does not ask. */
async function flipByte(file: string): Promise<void> {
  await chmod(file, 0o600)
  const content = await readFile(file)
  const middle = content.length >> 1
  content[middle] = content[middle]! ^ 1
  await writeFile(file, content)
}

const canMount = process.getuid?.() === 0 && process.platform === 'linux'
describe(
  canMount ? 'faults of the disk' : 'faults of the disk (needs root on Linux, to mount a small disk)',
  () => {
    it.skipIf(!canMount)(
      'experiment 10: a full disk fails the job cleanly: nothing charged, no partial file',
      async () => {
        const folder = await temporaryFolder()
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder])
        undo.push(() => Promise.resolve(execFileSync('umount', ['-l', folder])))
        const product = await start({ dataDir: folder, environment: { JOB_ATTEMPTS: '2' } })
        await product.startWorker()
        const client = await signUp(product)
        const before = await client.balance()
        // Seven megabytes of input leave too little for the work folder and the output beside it.
        const { job_id: jobId } = await client.start(noisySpeech({ seconds: 73 }))
        const job = await client.finished(jobId, 90_000)
        expect(job.status).toBe('failed')
        expect(job.error).toMatchObject({ code: 'disk_full' })
        expect(await client.balance()).toBe(before)
        const objects: string[] = []
        for await (const { key } of product.container.objects.list('jobs/')) objects.push(key)
        expect(objects).toEqual([])
        expect(await readdir(path.join(folder, 'work'))).toEqual([])
        const upload = await client.process(noisySpeech({ seconds: 73 }), 'another.wav')
        expect(upload.status).toBe(507)
      },
      120_000,
    )
  },
)
