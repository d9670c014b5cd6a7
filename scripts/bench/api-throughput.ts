import { fork } from 'node:child_process'
import { connect } from 'node:net'
import path from 'node:path'
import { noisySpeech } from '../../test/fixtures/recordings'
import { signUp } from '../../test/support/api-client'
import { findFreePort } from '../../test/support/free-port'
import { median, startEmbeddedProduct } from './embedded-product'

const connections = 32
const seconds = 4
const rounds = 5

/**
 * Requests a second of `GET /api/audio/job-status` with an access token, database included, beside a bare Fastify
 * route that answers the same JSON from a constant. The two alternate; the ratio counts.
 */
export async function run(): Promise<void> {
  const product = await startEmbeddedProduct()
  try {
    const client = await signUp(product)
    const { job_id: jobId } = await client.start(noisySpeech({ seconds: 1 }))
    const job = await client.finished(jobId)
    const bare = await startBare(JSON.stringify(job))
    const status: number[] = []
    const constant: number[] = []
    const jobPath = `/api/audio/job-status/${jobId}`
    await load(product.url, jobPath, client.token, 2)
    await load(bare.url, '/', client.token, 2)
    for (let round = 0; round < rounds; round++) {
      status.push(await load(product.url, jobPath, client.token, seconds))
      constant.push(await load(bare.url, '/', client.token, seconds))
    }
    bare.stop()
    const ratios = status.map((value, index) => value / constant[index]!)
    console.log(`${connections} connections, ${rounds} rounds of ${seconds} s each, alternating`)
    console.table([
      { route: 'GET /api/audio/job-status/{id}', 'requests/s (median)': Math.round(median(status)) },
      { route: 'bare Fastify, same JSON', 'requests/s (median)': Math.round(median(constant)) },
      { route: 'ratio', 'requests/s (median)': Number(median(ratios).toFixed(2)) },
    ])
  } finally {
    await product.stop()
  }
}

async function startBare(json: string) {
  const port = await findFreePort()
  const child = fork(path.join(import.meta.dirname, 'bare-fastify.ts'), [String(port)], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, BARE_JSON: json },
  })
  await new Promise((resolve) => child.once('message', resolve))
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}

/** Keeps `connections` raw sockets busy, one request at a time each. The client has to cost less than the server. */
async function load(
  url: string,
  requestPath: string,
  token: string,
  durationSeconds: number,
): Promise<number> {
  const { hostname, port } = new URL(url)
  const request = `GET ${requestPath} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`
  const endAt = performance.now() + durationSeconds * 1000
  let answered = 0
  const startedAt = performance.now()
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect(Number(port), hostname)
          let pending = ''
          socket.setEncoding('latin1')
          socket.on('connect', () => socket.write(request))
          socket.on('error', reject)
          socket.on('data', (chunk: string) => {
            pending += chunk
            const headerEnd = pending.indexOf('\r\n\r\n')
            if (headerEnd < 0) return
            const length = Number(/content-length: (\d+)/i.exec(pending)?.[1])
            if (pending.length < headerEnd + 4 + length) return
            if (!pending.startsWith('HTTP/1.1 200')) return reject(new Error(pending.slice(0, 200)))
            pending = ''
            answered += 1
            if (performance.now() < endAt) socket.write(request)
            else {
              socket.end()
              resolve()
            }
          })
        }),
    ),
  )
  return answered / ((performance.now() - startedAt) / 1000)
}
