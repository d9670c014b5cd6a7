import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signUp } from '../../support/api-client'
import { startProduct, type TestProduct } from '../../support/product'
import { noisySpeech } from '../../fixtures/recordings'

describe('a job from request to download', () => {
  let product: TestProduct

  beforeAll(async () => {
    product = await startProduct()
    await product.startWorker()
  })
  afterAll(() => product.stop())

  it('runs, reports its result, and is charged once at the first download', async () => {
    const client = await signUp(product)
    const before = await client.balance()
    const accepted = await client.start(noisySpeech({ seconds: 2.5 }))
    expect(accepted).toMatchObject({
      status: 'pending',
      capability: 'noise-removal',
      error: null,
      output: null,
    })

    const job = await client.finished(accepted.job_id)
    expect(job.error).toBeNull()
    expect(job).toMatchObject({ status: 'completed', progress: { fraction: 1 } })
    expect(job.output).toMatchObject({ duration_seconds: 2.5, cost_seconds: 3, downloaded: false })
    expect(job.output!.waveform.output.length).toBeGreaterThan(0)

    for (let download = 0; download < 2; download++) {
      const answer = await client.request('GET', `/api/audio/download-audio/${job.job_id}`)
      expect(answer.status).toBe(302)
      expect(await client.balance()).toBe(before - 3)
    }
  })
})
