import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { encoderArguments, previewOutput } from '../../src/audio/encode'
import { locateFfmpeg } from '../../src/audio/ffmpeg-binaries'
import { noisySpeech } from '../../test/fixtures/recordings'
import { signUp } from '../../test/support/api-client'
import { median, percentile, startEmbeddedProduct } from './embedded-product'

/**
 * What the product adds to the audio work of a job: from sending the request (upload included) until the job shows as
 * completed, one job after another. The stages of the work itself are reported by the runner. How long ffmpeg alone takes
 * to write the same files tells how fast the machine is.
 */
export async function run(args: string[]): Promise<void> {
  const jobs = Number(args[0] ?? 40)
  const recording = noisySpeech({ seconds: 5 })
  const product = await startEmbeddedProduct()
  const rows: { wall: number; work: number; inference: number }[] = []
  try {
    const client = await signUp(product)
    for (let index = -3; index < jobs; index++) {
      const startedAt = performance.now()
      const { job_id: jobId } = await client.start(recording)
      const job = await watch(product.url, client.token, jobId)
      const wall = performance.now() - startedAt
      if (job.status !== 'completed' || !job.output) throw new Error(`job ${jobId} is ${job.status}`)
      const { total = 0, inference = 0 } = job.output.metrics.timings_ms
      if (index >= 0) rows.push({ wall, work: total, inference })
    }
  } finally {
    await product.stop()
  }
  const overInference = rows.map(({ wall, inference }) => wall - inference)
  const overWork = rows.map(({ wall, work }) => wall - work)
  const show = (name: string, values: number[]) => ({
    measure: name,
    'median ms': Math.round(median(values)),
    'p95 ms': Math.round(percentile(values, 0.95)),
    'min ms': Math.round(Math.min(...values)),
  })
  console.log(`${jobs} jobs of 5 s of audio at 48 kHz, embedded role, one after another`)
  console.table([
    show(
      'request to completed',
      rows.map(({ wall }) => wall),
    ),
    show(
      'inference',
      rows.map(({ inference }) => inference),
    ),
    show('ffmpeg alone, the same files', await bareFfmpeg(recording, 20)),
    show('request to completed, minus inference', overInference),
    show('request to completed, minus all audio work (probe, decode, inference, encode)', overWork),
  ])
}

async function bareFfmpeg(recording: Buffer, times: number): Promise<number[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'timbre-overhead-'))
  const at = (name: string) => path.join(folder, name)
  const taken: number[] = []
  try {
    await writeFile(at('input.wav'), recording)
    const outputs = [
      { path: at('output.flac'), format: 'flac' as const },
      previewOutput(at('preview.mp3'), 30),
    ]
    const made = outputs.flatMap((output) => [...encoderArguments(output), output.path])
    for (let time = 0; time < times; time++) {
      const startedAt = performance.now()
      await promisify(execFile)(locateFfmpeg().ffmpegPath, [
        '-loglevel',
        'error',
        '-y',
        '-i',
        at('input.wav'),
        ...made,
      ])
      taken.push(performance.now() - startedAt)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  return taken
}

type Job = { status: string; output: { metrics: { timings_ms: Record<string, number> } } | null }

/** Follows the job's server-sent events to its end, so that no polling interval is measured. */
async function watch(url: string, token: string, jobId: string): Promise<Job> {
  const answer = await fetch(`${url}/api/audio/jobs/${jobId}/events`, {
    headers: { authorization: `Bearer ${token}` },
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
    text += decoder.decode(chunk, { stream: true })
  const last = text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .at(-1)
  return JSON.parse(last?.slice(6) ?? '{"status":"unknown","output":null}') as Job
}
