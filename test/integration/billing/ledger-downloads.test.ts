import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../../src/platform/ids'
import { expectStatus, signUp, type ApiClient } from '../../support/api-client'
import { startProduct, type TestProduct } from '../../support/product'

const outputKey = 'jobs/none/1/output.wav'
let product: TestProduct

beforeAll(async () => {
  product = await startProduct({ environment: { SIGNUP_FREE_MINUTES: '10', LOW_MINUTES: '5' } })
  await product.container.objects.put(outputKey, Buffer.from('RIFF'), { contentType: 'audio/wav' })
})

afterAll(() => product.stop())

/** Completed jobs, as workers leave them; their outputs cost a minute each. */
async function completedJobs(
  userId: string,
  count: number,
  modelId = 'rnnoise',
  models = [modelId],
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId())
  const result = {
    ...{ outputKey, previewKey: null, inputPreviewKey: null, models },
    ...{ contentType: 'audio/wav', durationSeconds: 59.5, costSeconds: 60, inputSeconds: 59.5 },
    ...{ sampleRateHz: 48_000, channels: 1, bytes: 1, sha256: null, waveform: { input: [], output: [] } },
    metrics: { timingsMs: {}, realTimeFactor: 0.1, provider: 'cpu' },
  }
  await product.container.database.audioProcessingJob.createMany({
    data: ids.map((id) => ({
      ...{ id, userId, modelId, capability: 'noise-removal', status: 'completed' as const, seed: 1 },
      ...{ inputType: 'audio' as const, parameters: {}, result, completedAt: new Date() },
    })),
  })
  return ids
}

interface Paid {
  charged: boolean
  cost_seconds: number
  seconds_remaining: number
}

const pay = (client: ApiClient, jobId: string) =>
  client.request('POST', '/api/payment/download-minutes', { job_id: jobId })

test('200 outputs paid for at once with minutes for 10: 10 succeed, 190 get 402', async () => {
  const client = await signUp(product)
  const jobs = await completedJobs(client.userId, 200)
  const statuses = await Promise.all(jobs.map(async (id) => (await pay(client, id)).status))
  const count = (status: number) => statuses.filter((each) => each === status).length
  expect([count(200), count(402)]).toEqual([10, 190])
  expect(await client.balance()).toBe(0)
  expect((await product.container.billing.ledger.verify()).differences).toEqual([])
  const told = await product.container.database.notification.findMany({
    where: { userId: client.userId, event: 'minutes.low' },
  })
  expect(told).toHaveLength(1)
}, 120_000)

test('an output is paid for once, and only by its owner', async () => {
  const client = await signUp(product)
  const stranger = await signUp(product)
  const [jobId = ''] = await completedJobs(client.userId, 1)
  await expectStatus(await pay(stranger, jobId), 404)
  const answers = await Promise.all(
    [1, 2, 3, 4].map(async () => (await (await pay(client, jobId)).json()) as Paid),
  )
  expect(answers.filter(({ charged }) => charged)).toHaveLength(1)
  expect(answers.every(({ seconds_remaining }) => seconds_remaining === 540)).toBe(true)
  const { data } = await client.get<{ data: { kind: string; seconds: number; job_id: string | null }[] }>(
    '/api/payment/ledger',
  )
  expect(data.map(({ kind, seconds, job_id }) => [kind, seconds, job_id])).toEqual([
    ['download', -60, jobId],
    ['grant', 600, null],
  ])
})

test('what a non-commercial model made is not sold', async () => {
  const client = await signUp(product)
  const [free = '', sold = ''] = await completedJobs(client.userId, 2, 'piper-lessac')
  for (const refused of [
    await pay(client, free),
    await client.request('GET', `/api/audio/download-audio/${free}`),
  ]) {
    const problem = (await (await expectStatus(refused, 403)).json()) as { code: string; detail: string }
    expect(problem.code).toBe('licence_forbids_sale')
    expect(problem.detail).toContain('piper-lessac')
  }
  expect(await client.balance()).toBe(600)
  await product.container.billing.debitDownload({ userId: client.userId, jobId: sold, seconds: 60 })
  // What was bought while the operator held a licence stays its buyer's.
  const again = (await (await expectStatus(await pay(client, sold), 200)).json()) as Paid
  expect(again).toMatchObject({ charged: false, cost_seconds: 60 })
})

test('what a non-commercial model only helped to make is not sold either', async () => {
  const client = await signUp(product)
  const [dub = ''] = await completedJobs(client.userId, 1, 'dub_mo1', ['dub_mo1', 'nllb-200-distilled-600m'])
  const refused = await client.request('GET', `/api/audio/download-audio/${dub}`)
  const problem = (await (await expectStatus(refused, 403)).json()) as { code: string; detail: string }
  expect(problem.code).toBe('licence_forbids_sale')
  expect(problem.detail).toContain('nllb-200-distilled-600m')
  expect(await client.balance()).toBe(600)
})

test('owners are told once of minutes that expire soon', async () => {
  const client = await signUp(product)
  const { billing, database } = product.container
  await billing.ledger.credit({
    ...{ userId: client.userId, kind: 'purchase', seconds: 120, idempotencyKey: newId() },
    expiresAt: new Date(Date.now() + 3 * 86_400_000),
  })
  await Promise.all([billing.sweep(), billing.sweep()])
  await billing.sweep()
  const told = await database.notification.findMany({
    where: { userId: client.userId, event: 'minutes.expiring' },
  })
  expect(told).toHaveLength(1)
})
