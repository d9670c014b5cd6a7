import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { unpackFiles } from '../../src/capabilities/dubbing/tar'
import type { AcceptedJob, JobView } from '../../src/modules/jobs'
import { wavFile, sine } from '../fixtures/audio-files'
import { expectStatus, signUp, type ApiClient } from '../support/api-client'
import { startProduct, type TestProduct } from '../support/product'

const rate = 16_000
const segments = [
  { start: 0.5, end: 1.5, text: 'One ship.', source_text: 'Uno.' },
  { start: 2, end: 3, text: 'Two ships.', source_text: 'Dos.' },
]

describe('a dub that goes on from another one', () => {
  let product: TestProduct
  let client: ApiClient
  let folder: string
  let first: JobView

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'timbre-dub-'))
    product = await startProduct({ environment: { PREVIEW_SECONDS: '0', SIGNUP_FREE_MINUTES: '60' } })
    await product.startWorker()
    client = await signUp(product)
    const recording = wavFile([sine(200, 4 * rate, rate, 0.2)], rate)
    const parameters = JSON.stringify(parametersOf(segments))
    const { job_id } = await client.start(recording, {
      ...{ capability: 'dubbing', model_name: 'dub_mo1', parameters },
    })
    first = await client.finished(job_id, 120_000)
  }, 150_000)
  afterAll(async () => {
    await product.stop()
    await rm(folder, { recursive: true, force: true })
  })

  function parametersOf(given: object[], more: object = {}) {
    return {
      ...{ target_language: 'en', source_language: 'es', keep_background: false, segments: given },
      ...more,
    }
  }

  const send = (given: object[], more: object = {}, by: ApiClient = client) =>
    by.request('POST', '/api/audio/process-audio', {
      ...{ input_type: 'audio', input_data: first.input!.upload_id, capability: 'dubbing' },
      ...{ model_name: 'dub_mo1', parameters: parametersOf(given, more) },
    })

  async function accepted(given: object[], more: object = {}): Promise<string> {
    const answer = await expectStatus(await send(given, more), 202)
    return ((await answer.json()) as AcceptedJob).job_id
  }
  const again = async (given: object[], more: object) => client.finished(await accepted(given, more), 120_000)

  /** Pays for a dub, and reads the speech that came with it. */
  async function speechOf(jobId: string): Promise<Map<string, Buffer>> {
    await expectStatus(await client.request('GET', `/api/audio/download-audio/${jobId}`), 302)
    const { output } = await client.job(jobId)
    const { url } = output!.artifacts.find(({ name }) => name === 'speech.tar')!
    const into = await mkdtemp(join(folder, 'speech-'))
    const archive = join(into, 'speech.tar')
    await writeFile(archive, Buffer.from(await (await fetch(url!)).arrayBuffer()))
    const names: string[] = []
    await unpackFiles(archive, into, (name) => names.push(name) > 0)
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(into, name))] as const)),
    )
  }

  it('speaks what was changed, and takes the rest over bit for bit', { timeout: 150_000 }, async () => {
    expect(first.error).toBeNull()
    expect(first.output!.details).toMatchObject({ spoken_count: 2, reused_count: 0 })
    const changed = [segments[0]!, { ...segments[1]!, text: 'Three ships.' }]
    const second = await again(changed, { previous_job_id: first.job_id })
    expect(second.error).toBeNull()
    expect(second.output!.details).toMatchObject({ spoken_count: 1, reused_count: 1, warnings: [] })
    const [before, after] = [await speechOf(first.job_id), await speechOf(second.job_id)]
    expect([before.size, after.size]).toEqual([2, 2])
    const kept = [...before].filter(([name]) => after.has(name))
    expect(kept).toHaveLength(1)
    expect(after.get(kept[0]![0])!.equals(kept[0]![1])).toBe(true)

    // Nothing is made for the third, but the licences of what spoke before count.
    const third = await again(changed, { previous_job_id: second.job_id })
    expect(third.output!.details).toMatchObject({ spoken_count: 0, reused_count: 2 })
    const models = await modelsOf(first.job_id)
    expect(models).toContain('timbre-tacotron2')
    expect((await modelsOf(third.job_id)).sort()).toEqual(models.sort())
  })

  async function modelsOf(jobId: string): Promise<string[]> {
    const where = { id: jobId }
    const { result } = await product.container.database.audioProcessingJob.findUniqueOrThrow({ where })
    return (result as { models: string[] }).models
  }

  it('goes on from its own user’s completed dub of the same upload only', async () => {
    const refusal = async (previousId: string, by?: ApiClient) => {
      const answer = await send(segments, { previous_job_id: previousId }, by)
      return (await expectStatus(answer, 422)).text()
    }
    expect(await refusal('01890a5d-ac96-774b-bcce-b302099a8057')).toContain('There is no such job.')
    expect(await refusal(first.job_id, await signUp(product))).toContain('There is no such job.')

    const other = wavFile([sine(300, rate, rate, 0.2)], rate)
    const elsewhere = await client.process(other, 'other.wav', {
      capability: 'dubbing',
      parameters: JSON.stringify(parametersOf(segments, { previous_job_id: first.job_id })),
    })
    expect(elsewhere.status).toBe(422)
    expect(await elsewhere.text()).toContain('another upload')

    const running = await accepted(segments, { seed: 1 })
    expect(await refusal(running)).toMatch(/is (pending|processing)/)
    await client.request('POST', `/api/audio/jobs/${running}/cancel`)
  })

  it('speaks everything again, and says so, where the other one is deleted meanwhile', async () => {
    // The worker does one job at a time: while it is at the first of these, the second waits.
    await accepted(segments, { seed: 2 })
    const jobId = await accepted(segments, { previous_job_id: first.job_id })
    await expectStatus(await client.request('DELETE', `/api/audio/jobs/${first.job_id}`), 204)
    const job = await client.finished(jobId, 120_000)
    expect(job.error).toBeNull()
    expect(job.output!.details).toMatchObject({
      ...{ spoken_count: 2, reused_count: 0 },
      warnings: [{ segment: null, code: 'previous_gone' }],
    })
  }, 150_000)
})
