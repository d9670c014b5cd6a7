import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeAudio } from '../../fixtures/audio-files'
import { signUp, type ApiClient } from '../../support/api-client'
import { rootDir, startProduct, type TestProduct } from '../../support/product'

const spoken = path.join(rootDir, 'test/fixtures/speech/weather.opus')
const fields = { capability: 'speech-to-text' }

describe('speech to text on unusual recordings, and when it is stopped', () => {
  let product: TestProduct
  let client: ApiClient
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'timbre-speech-'))
    product = await startProduct({ environment: { PREVIEW_SECONDS: '0', SIGNUP_FREE_MINUTES: '600' } })
    await product.startWorker()
    client = await signUp(product)
  })
  afterAll(async () => {
    await product.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** A file that ffmpeg makes of these arguments. */
  async function made(name: string, args: string[]): Promise<Buffer> {
    const file = path.join(folder, name)
    makeAudio([...args, file])
    return readFile(file)
  }
  const textOf = async (file: Buffer) => {
    const job = await client.finished((await client.start(file, fields)).job_id, 120_000)
    expect(job.error).toBeNull()
    return job.output!
  }

  it('hears the same at 8 kHz, in eight channels, and at 44.1 kHz as in the original', async () => {
    const original = await textOf(await readFile(spoken))
    expect(original.preview_text).not.toBe('')
    for (const [name, args] of [
      ['telephone.wav', ['-ar', '8000', '-c:a', 'pcm_mulaw']],
      ['eight.flac', ['-ac', '8']],
      ['music-rate.mp3', ['-ar', '44100', '-ac', '2']],
    ] as const) {
      const output = await textOf(await made(name, ['-i', spoken, ...args]))
      expect(output.duration_seconds).toBeCloseTo(original.duration_seconds, 0)
      expect(output.preview_text, name).not.toBe('')
    }
  })

  it('gives no text for a tenth of a second, and for an hour of silence', async () => {
    const blink = await textOf(await made('blink.wav', ['-i', spoken, '-t', '0.1']))
    expect(blink).toMatchObject({ preview_text: '', cost_seconds: 1 })
    const silence = ['-f', 'lavfi', '-i', 'anullsrc=r=16000:cl=mono', '-t', '3600']
    const hour = await textOf(await made('silence.flac', silence))
    expect(hour).toMatchObject({ preview_text: '', duration_seconds: 3600 })
  }, 180_000)

  it('fails with a reason on a damaged file', async () => {
    const broken = Buffer.concat([(await readFile(spoken)).subarray(0, 200), Buffer.alloc(2000, 7)])
    const job = await client.finished((await client.start(broken, fields)).job_id)
    expect(job).toMatchObject({ status: 'failed', error: { code: 'invalid_media' } })
  })

  const long = () => made('long.opus', ['-stream_loop', '120', '-i', spoken, '-c', 'copy'])

  it('shows text while it works, and stops within two seconds when it is canceled', async () => {
    const { job_id } = await client.start(await long(), fields)
    await client.until(job_id, ({ progress }) => (progress.text ?? '').length > 0)
    const canceledAt = performance.now()
    await client.request('POST', `/api/audio/jobs/${job_id}/cancel`)
    const job = await client.finished(job_id)
    expect(job).toMatchObject({ status: 'canceled', output: null })
    expect(performance.now() - canceledAt).toBeLessThan(2_000)
  })

  it('completes once where the worker is killed in the middle', async () => {
    const { job_id } = await client.start(await long(), fields)
    await client.until(job_id, ({ progress }) => progress.fraction > 0.1)
    await product.endWorkers()
    await product.startWorker()
    const job = await client.finished(job_id, 180_000)
    expect(job).toMatchObject({ status: 'completed', error: null })
    expect(job.output!.duration_seconds).toBeGreaterThan(480)
  }, 180_000)
})
