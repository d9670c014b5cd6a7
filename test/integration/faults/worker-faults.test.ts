import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/modules/jobs'
import { signUp, type ApiClient } from '../../support/api-client'
import { startProduct, type TestProduct } from '../../support/product'
import { noisySpeech } from '../../fixtures/recordings'

const lockMs = 10_000
const stallIntervalMs = 5_000

/** Number of times that outputs of the job lie in the store, and of times that it was charged. */
async function traces(product: TestProduct, jobId: string) {
  let outputs = 0
  for await (const { key } of product.container.objects.list(`jobs/${jobId}/`)) {
    if (key.includes('/output.')) outputs += 1
  }
  const debits = await product.container.database.minuteEntry.count({ where: { jobId } })
  return { outputs, debits }
}

describe('faults of workers', () => {
  let product: TestProduct
  let client: ApiClient

  beforeAll(async () => {
    product = await startProduct({ faulty: true })
    client = await signUp(product)
  })
  afterEach(() => product.endWorkers())
  afterAll(() => product.stop())

  async function startFaulty(parameters: object): Promise<JobView> {
    const answer = await client.request('POST', '/api/audio/process-audio', {
      input_type: 'text',
      input_data: 'anything',
      capability: 'faulty',
      parameters,
    })
    expect(answer.status).toBe(202)
    return (await answer.json()) as JobView
  }

  it('experiment 1: a worker killed in mid-inference leaves one output and one debit, within lock + stall interval + 1 s', async () => {
    const doomed = await product.startWorker()
    const { job_id: jobId } = await client.start(noisySpeech({ seconds: 240, sampleRateHz: 16_000 }))
    await client.until(jobId, (job) => job.progress.fraction > 0.1)
    await doomed.end('SIGKILL')
    const killedAt = Date.now()

    await product.startWorker()
    await client.until(jobId, (job) => job.status !== 'processing' || job.progress.fraction < 0.1, 30_000)
    expect(Date.now() - killedAt).toBeLessThan(lockMs + stallIntervalMs + 1000)
    const job = await client.finished(jobId, 120_000)
    expect(job.status).toBe('completed')
    await client.request('GET', `/api/audio/download-audio/${jobId}`)
    await client.request('GET', `/api/audio/download-audio/${jobId}`)
    expect(await traces(product, jobId)).toEqual({ outputs: 1, debits: 1 })
  }, 180_000)

  it('experiment 2: a worker killed between storing the output and completing the job leaves one output', async () => {
    const { database } = product.container
    // The completing update waits for a lock that this test holds, so the worker dies exactly between the two.
    await database.$executeRaw`
      CREATE FUNCTION wait_to_complete() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NEW; END'`
    await database.$executeRaw`
      CREATE TRIGGER wait_to_complete BEFORE UPDATE ON audio_processing_jobs FOR EACH ROW
        WHEN (NEW.status = 'completed') EXECUTE FUNCTION wait_to_complete()`
    const worker = await product.startWorker()
    const { job_id: jobId } = await database.$transaction(
      async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(77)`
        const started = await startFaulty({ behaviour: 'finish' })
        await expect
          .poll(async () => (await traces(product, started.job_id)).outputs, { timeout: 20_000 })
          .toBe(1)
        await worker.end('SIGKILL')
        await tx.$executeRaw`
          SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted`
        return started
      },
      { timeout: 30_000, maxWait: 5000 },
    )
    await database.$executeRaw`DROP TRIGGER wait_to_complete ON audio_processing_jobs`

    await product.startWorker()
    const job = await client.finished(jobId, 60_000)
    expect(job.status).toBe('completed')
    const row = await database.audioProcessingJob.findUniqueOrThrow({ where: { id: jobId } })
    expect(row.attempt).toBe(2)
    const { storage, jobs } = product.container
    await storage.sweep([jobs.sweptPrefix], new Date(Date.now() + 7_200_000))
    expect(await traces(product, jobId)).toEqual({ outputs: 1, debits: 0 })
  }, 120_000)

  it('experiment 3: sixty seconds of blocking computation are no stall and no second run', async () => {
    await product.startWorker()
    await product.startWorker()
    const { job_id: jobId } = await startFaulty({ behaviour: 'block', seconds: 60 })
    const job = await client.finished(jobId, 90_000)
    expect(job.status).toBe('completed')
    const row = await product.container.database.audioProcessingJob.findUniqueOrThrow({
      where: { id: jobId },
    })
    expect(row).toMatchObject({ attempt: 1, failures: 0 })
  }, 120_000)

  it('experiment 4: an input that crashes the native library twice fails with a reason, costs nothing, and others go on', async () => {
    await product.startWorker()
    const before = await client.balance()
    const crashing = await startFaulty({ behaviour: 'segfault' })
    const healthy = await startFaulty({ behaviour: 'finish' })
    const failed = await client.finished(crashing.job_id, 60_000)
    expect(failed.status).toBe('failed')
    expect(failed.error).toMatchObject({ code: 'runner_crashed' })
    expect(failed.error!.message).toContain('SIGSEGV')
    const row = await product.container.database.audioProcessingJob.findUniqueOrThrow({
      where: { id: crashing.job_id },
    })
    expect(row.attempt).toBe(2)
    expect((await client.finished(healthy.job_id)).status).toBe('completed')
    expect((await client.request('GET', `/api/audio/download-audio/${crashing.job_id}`)).status).toBe(409)
    expect(await client.balance()).toBe(before)
  }, 120_000)

  it('experiment 5: a worker that is told to stop hands its job back, and nothing is lost', async () => {
    const worker = await product.startWorker({ SHUTDOWN_SECONDS: '4' })
    const quick = await startFaulty({ behaviour: 'finish', seconds: 0.5 })
    await client.until(quick.job_id, (job) => job.status === 'processing')
    const endless = await startFaulty({ behaviour: 'finish', seconds: 30 })
    await client.until(endless.job_id, (job) => job.status === 'processing', 20_000)
    const toldAt = Date.now()
    await worker.end('SIGTERM')
    expect(Date.now() - toldAt).toBeLessThan(8000)
    expect((await client.job(quick.job_id)).status).toBe('completed')
    expect((await client.job(endless.job_id)).status).toBe('pending')
    await client.request('POST', `/api/audio/jobs/${endless.job_id}/cancel`)
  }, 60_000)

  it('a canceled job stops within two seconds, even when its engine never looks up', async () => {
    await product.startWorker()
    const { job_id: jobId } = await startFaulty({ behaviour: 'hang' })
    await client.until(jobId, (job) => job.status === 'processing')
    const canceledAt = Date.now()
    await client.request('POST', `/api/audio/jobs/${jobId}/cancel`)
    const job = await client.finished(jobId, 10_000)
    expect(job.status).toBe('canceled')
    expect(Date.now() - canceledAt).toBeLessThan(2000)
  }, 60_000)

  it('a job that hangs is ended at its deadline with the reason', async () => {
    await product.startWorker({ FAULTY_DEADLINE_MS: '2000' })
    const { job_id: jobId } = await startFaulty({ behaviour: 'hang' })
    const job = await client.finished(jobId, 20_000)
    expect(job.status).toBe('failed')
    expect(job.error).toMatchObject({ code: 'deadline_exceeded' })
  }, 60_000)

  it('a pending job is canceled at once, without a worker', async () => {
    const { job_id: jobId } = await startFaulty({ behaviour: 'finish' })
    const answer = await client.request('POST', `/api/audio/jobs/${jobId}/cancel`)
    expect(((await answer.json()) as JobView).status).toBe('canceled')
  })
})
