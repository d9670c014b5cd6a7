import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { noisySpeech } from '../../test/fixtures/recordings'
import { signUp } from '../../test/support/api-client'
import type { JobView } from '../../src/modules/jobs'
import { startEmbeddedProduct } from './embedded-product'

const kills = 3
const sendersAtOnce = 8

/**
 * Queues many small jobs and kills the worker three times with SIGKILL while they drain: every accepted job has to end
 * as completed, and none may be charged without a download. That an attempt cut off leaves no second output is shown
 * by the fault tests.
 */
export async function run(args: string[]): Promise<void> {
  const total = Number(args[0] ?? 1000)
  const product = await startEmbeddedProduct()
  try {
    const client = await signUp(product)
    const upload = await client.start(noisySpeech({ seconds: 0.5, sampleRateHz: 16_000 }))
    const uploadId = (await client.finished(upload.job_id)).input!.upload_id!
    const body = { input_type: 'audio', input_data: uploadId, capability: 'noise-removal' }
    const startedAt = performance.now()
    const ids: string[] = []
    let toSend = total
    const send = async () => {
      while (toSend-- > 0) {
        const answer = await client.request('POST', '/api/audio/process-audio', body)
        if (answer.status !== 202) throw new Error(`answered ${answer.status}: ${await answer.text()}`)
        ids.push(((await answer.json()) as JobView).job_id)
      }
    }
    const sending = Promise.all(Array.from({ length: sendersAtOnce }, send))
    for (let kill = 0; kill < kills; kill++) {
      await until(async () => (await count(client, 'completed')) > ((kill + 1) * total) / (kills + 2))
      killWorker(product.process.pid!)
      console.log(`worker killed after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
    }
    await sending
    await until(
      async () =>
        (await client.get<{ data: unknown[] }>('/api/audio/jobs?limit=1&status=pending')).data.length === 0,
    )
    await until(
      async () =>
        (await client.get<{ data: unknown[] }>('/api/audio/jobs?limit=1&status=processing')).data.length ===
        0,
    )
    const drainedSeconds = (performance.now() - startedAt) / 1000
    const jobs = await Promise.all(ids.map((id) => client.job(id)))
    console.table([
      {
        queued: total,
        'distinct jobs': new Set(ids).size,
        completed: jobs.filter(({ status }) => status === 'completed').length,
        'failed or stuck': jobs.filter(({ status }) => status !== 'completed').length,
        'charged by itself': jobs.filter(({ output }) => output?.downloaded).length,
        'seconds to drain': Math.round(drainedSeconds),
      },
    ])
    if (jobs.some(({ status }) => status !== 'completed')) process.exitCode = 1
  } finally {
    await product.stop()
  }
}

type Client = Awaited<ReturnType<typeof signUp>>

/** Completed jobs, at most as many as it takes to know. */
async function count(client: Client, status: string): Promise<number> {
  let found = 0
  let after = ''
  for (;;) {
    const page = await client.get<{ data: JobView[]; has_more: boolean }>(
      `/api/audio/jobs?limit=100&status=${status}${after}`,
    )
    found += page.data.length
    if (!page.has_more) return found
    after = `&starting_after=${page.data.at(-1)!.job_id}`
  }
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 500))
}

/** Finds the server's child that was started with `--worker`. */
function killWorker(serverPid: number): void {
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (parent !== serverPid || !readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('--worker'))
        continue
      execFileSync('kill', ['-9', entry])
      return
    } catch {
      // The process ended while it was looked at.
    }
  }
  throw new Error('the worker was not found')
}
