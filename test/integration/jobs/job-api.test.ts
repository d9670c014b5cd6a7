import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AcceptedJob, JobView } from '../../../src/modules/jobs'
import { noisySpeech } from '../../fixtures/recordings'
import { signUp, type ApiClient } from '../../support/api-client'
import { startProduct, type TestProduct } from '../../support/product'

interface JobEvent {
  id: number
  job: JobView
}

describe('the job API', () => {
  let product: TestProduct
  let client: ApiClient
  beforeAll(async () => {
    product = await startProduct()
    await product.startWorker()
    client = await signUp(product)
  })
  afterAll(() => product.stop())

  async function events(jobId: string, lastEventId?: number): Promise<JobEvent[]> {
    const headers = lastEventId === undefined ? undefined : { 'last-event-id': String(lastEventId) }
    const answer = await client.request('GET', `/api/audio/jobs/${jobId}/events`, undefined, headers)
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const text = await answer.text()
    return text
      .split('\n\n')
      .filter((block) => block.startsWith('id: '))
      .map((block) => {
        const [id, event, data] = block.split('\n')
        expect(event).toBe('event: job')
        return { id: Number(id!.slice(4)), job: JSON.parse(data!.slice(6)) as JobView }
      })
  }

  it('streams changes to the end, and picks up after Last-Event-ID', async () => {
    const { job_id: jobId } = await client.start(noisySpeech({ seconds: 20 }))
    const seen = await events(jobId)
    expect(seen.length).toBeGreaterThanOrEqual(3)
    expect(seen.at(-1)!.job.status).toBe('completed')
    const ids = seen.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
    const fractions = seen.map(({ job }) => job.progress.fraction)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))

    const missed = await events(jobId, ids[0])
    expect(missed.map(({ id }) => id)).toEqual([ids.at(-1)])
    expect(await events(jobId, ids.at(-1))).toEqual([])
  })

  it('starts a job once its promised upload is there', async () => {
    const answer = await client.request('POST', '/api/audio/process-audio', {
      input_type: 'audio',
      capability: 'noise-removal',
      filename: 'talk.wav',
      content_type: 'audio/wav',
    })
    expect(answer.status).toBe(202)
    const accepted = (await answer.json()) as AcceptedJob
    expect(accepted).toMatchObject({ status: 'pending', progress: { stage: 'waiting-for-upload' } })
    const { url, method, headers } = accepted.upload!
    const sent = await fetch(url, { method, headers, body: new Uint8Array(noisySpeech({ seconds: 1 })) })
    expect(sent.status).toBe(200)
    const job = await client.finished(accepted.job_id)
    expect(job.status).toBe('completed')
    expect(job.output!.filename).toBe('talk.noise-removal.flac')
  })

  it('gives the output in every format, whole and as a download, and charges once', async () => {
    const { job_id: jobId } = await client.start(noisySpeech({ seconds: 2, channels: 2 }))
    await client.finished(jobId)
    const before = await client.balance()
    const types = {
      wav: 'audio/wav',
      mp3: 'audio/mpeg',
      flac: 'audio/flac',
      opus: 'audio/ogg',
      m4a: 'audio/mp4',
    }
    for (const [format, type] of Object.entries(types)) {
      const answer = await client.request('GET', `/api/audio/download-audio/${jobId}?format=${format}`)
      expect(answer.status).toBe(302)
      const file = await fetch(answer.headers.get('location')!)
      expect(file.status).toBe(200)
      expect(file.headers.get('content-type')).toBe(type)
      expect(file.headers.get('content-disposition')).toContain(`recording.noise-removal.${format}`)
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(1000)
    }
    const path = `/api/audio/download-audio/${jobId}`
    const loud = await client.request(
      'GET',
      `${path}?format=mp3&loudness=streaming&bit_rate=64&sample_rate=44100`,
    )
    const quiet = await client.request('GET', `${path}?format=mp3&loudness=broadcast`)
    const files = await Promise.all([loud, quiet].map((answer) => fetch(answer.headers.get('location')!)))
    const [a, b] = await Promise.all(files.map((file) => file.arrayBuffer()))
    expect(a!.byteLength).toBeGreaterThan(1000)
    expect(a!.byteLength).toBeLessThan(b!.byteLength / 2)
    expect((await client.request('GET', `${path}?loudness=loudest`)).status).toBe(400)
    expect((await client.request('GET', `${path}?sample_rate=12345`)).status).toBe(400)
    expect(await client.balance()).toBe(before - 2)
    expect((await client.job(jobId)).output!.downloaded).toBe(true)
    expect((await client.request('GET', `/api/audio/download-audio/${jobId}?format=exe`)).status).toBe(400)
  })

  it('refuses a download that the minutes do not suffice for, and charges nothing', async () => {
    const poor = await signUp(product)
    await product.container.database.user.update({
      where: { id: poor.userId },
      data: { secondsRemaining: 1 },
    })
    const { job_id: jobId } = await poor.start(noisySpeech({ seconds: 2 }))
    await poor.finished(jobId)
    const answer = await poor.request('GET', `/api/audio/download-audio/${jobId}`)
    expect(answer.status).toBe(402)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(await answer.json()).toMatchObject({
      code: 'insufficient_minutes',
      seconds_needed: 2,
      seconds_remaining: 1,
    })
    expect(await poor.balance()).toBe(1)
  })

  it('charges one of many concurrent first downloads, and never below zero', async () => {
    const racer = await signUp(product)
    const { job_id: jobId } = await racer.start(noisySpeech({ seconds: 2 }))
    await racer.finished(jobId)
    const before = await racer.balance()
    const path = `/api/audio/download-audio/${jobId}`
    const answers = await Promise.all(Array.from({ length: 20 }, () => racer.request('GET', path)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 302))
    expect(await racer.balance()).toBe(before - 2)
    const entries = await product.container.database.minuteEntry.findMany({ where: { userId: racer.userId } })
    expect(entries.reduce((sum, { seconds }) => sum + seconds, 0)).toBe(await racer.balance())
  })

  it('experiment 13: one idempotency key fifty times at once is one job; another body is refused', async () => {
    const { job_id: first } = await client.start(noisySpeech({ seconds: 1 }))
    const uploadId = (await client.finished(first)).input!.upload_id
    const body = { input_type: 'audio', input_data: uploadId, capability: 'noise-removal' }
    const key = { 'idempotency-key': createHash('sha256').update(first).digest('hex') }
    const send = (changes: object = {}) =>
      client.request('POST', '/api/audio/process-audio', { ...body, ...changes }, key)
    const answers = await Promise.all(Array.from({ length: 50 }, () => send()))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 409]))
    const accepted = await Promise.all(
      answers.filter(({ status }) => status === 202).map((answer) => answer.json()),
    )
    expect(new Set((accepted as JobView[]).map((job) => job.job_id)).size).toBe(1)
    const replay = await send()
    expect(replay.headers.get('idempotent-replayed')).toBe('true')
    expect((await send({ parameters: { strength: 0.5 } })).status).toBe(422)
    const made = await product.container.database.audioProcessingJob.count({
      where: { inputObjectId: uploadId! },
    })
    expect(made).toBe(2)
  })

  it('lists jobs newest first in pages, and deletes finished ones with their outputs', async () => {
    const lister = await signUp(product)
    const ids: string[] = []
    for (let index = 0; index < 3; index++) {
      const { job_id: jobId } = await lister.start(noisySpeech({ seconds: 0.5 }))
      await lister.finished(jobId)
      ids.unshift(jobId)
    }
    interface Page {
      has_more: boolean
      data: JobView[]
    }
    const first = await lister.get<Page>('/api/audio/jobs?limit=2&status=completed')
    expect(first.data.map((job) => job.job_id)).toEqual(ids.slice(0, 2))
    expect(first.has_more).toBe(true)
    const second = await lister.get<Page>(`/api/audio/jobs?limit=2&starting_after=${ids[1]}`)
    expect(second.data.map((job) => job.job_id)).toEqual(ids.slice(2))
    expect(second.has_more).toBe(false)

    expect((await lister.request('DELETE', `/api/audio/jobs/${ids[0]}`)).status).toBe(204)
    expect((await lister.request('GET', `/api/audio/job-status/${ids[0]}`)).status).toBe(404)
    for await (const { key } of product.container.objects.list(`jobs/${ids[0]}/`))
      throw new Error(`${key} was left`)
  })

  it('describes itself: capabilities, OpenAPI, health, readiness and metrics', async () => {
    const { data } = await client.get<{
      data: { id: string; parameters: { properties: object }; models: object[] }[]
    }>('/api/audio/capabilities')
    const noiseRemoval = data.find(({ id }) => id === 'noise-removal')!
    expect(Object.keys(noiseRemoval.parameters.properties)).toEqual(
      expect.arrayContaining(['strength', 'output']),
    )
    expect(noiseRemoval.models.length).toBeGreaterThanOrEqual(2)

    const openapi = await client.get<{ openapi: string; paths: Record<string, object> }>('/api/docs/json')
    expect(openapi.openapi).toMatch(/^3\.1/)
    expect(Object.keys(openapi.paths)).toEqual(
      expect.arrayContaining(['/api/audio/process-audio', '/api/users/login', '/api/storage/upload']),
    )
    expect((await fetch(`${product.url}/api/docs`)).status).toBe(200)
    expect((await fetch(`${product.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${product.url}/readyz`)).status).toBe(200)
    const metrics = await (await fetch(`${product.url}/metrics`)).text()
    expect(metrics).toContain('timbre_queue_jobs{')
    expect(metrics).toContain('timbre_http_request_duration_seconds_bucket')
  })
})
