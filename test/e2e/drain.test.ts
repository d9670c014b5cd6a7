import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../src/modules/jobs'
import { noisySpeech } from '../fixtures/recordings'
import { signUp } from '../support/api-client'
import { missingBuild, startRunningProduct } from './support/running-product'

const missing = missingBuild()

describe.skipIf(missing)(`stopping under load ${missing ?? ''}`, () => {
  it('experiment 5: SIGTERM finishes or hands back jobs, and loses no request that was taken', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'timbre-drain-'))
    const settings = { TIMBRE_DATA: dataDir, SHUTDOWN_SECONDS: '15' }
    const first = await startRunningProduct(settings)
    const client = await signUp(first)
    const upload = await client.start(noisySpeech({ seconds: 3 }))
    const uploadId = (await client.finished(upload.job_id)).input!.upload_id
    const body = { input_type: 'audio', input_data: uploadId, capability: 'noise-removal' }

    const accepted: string[] = []
    const statuses = new Set<number>()
    let stopped = false
    const requests = async () => {
      while (!stopped) {
        let answer: Response
        try {
          answer = await client.request('POST', '/api/audio/process-audio', body, { connection: 'close' })
        } catch {
          // Nobody took the connection: the client knows that nothing was done.
          await sleep(20)
          continue
        }
        statuses.add(answer.status)
        if (answer.status === 202) accepted.push(((await answer.json()) as JobView).job_id)
        await sleep(50)
      }
    }
    const load = Promise.all([requests(), requests(), requests()])
    await sleep(2000)
    const toldAt = performance.now()
    await first.stop()
    const stoppedAfterSeconds = (performance.now() - toldAt) / 1000
    stopped = true
    await load

    expect(stoppedAfterSeconds).toBeLessThan(30)
    expect(accepted.length).toBeGreaterThan(5)
    expect([...statuses].filter((status) => status !== 202 && status !== 503)).toEqual([])

    const second = await startRunningProduct(settings)
    try {
      const { identifier, password } = { identifier: client.credentials.username, ...client.credentials }
      const login = await fetch(`${second.url}/api/users/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ identifier, password }),
      })
      const { access_token: token } = (await login.json()) as { access_token: string }
      for (const jobId of accepted) {
        let status = 'pending'
        while (status === 'pending' || status === 'processing') {
          const answer = await fetch(`${second.url}/api/audio/job-status/${jobId}`, {
            headers: { authorization: `Bearer ${token}` },
          })
          status = ((await answer.json()) as JobView).status
          if (status !== 'completed') await sleep(100)
        }
        expect(status).toBe('completed')
      }
    } finally {
      await second.stop()
      await rm(dataDir, { recursive: true, force: true })
    }
  }, 300_000)
})
