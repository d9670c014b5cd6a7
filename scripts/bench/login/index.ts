import { request as httpRequest, Agent } from 'node:http'
import { parseArgs } from 'node:util'
import { median, percentile, startEmbeddedProduct } from '../embedded-product'

const attempts = 1000
const attackers = 50
const password = 'horse battery staple 9'

interface Sample {
  login: number[]
  page: number[]
}

/**
 * How long others wait for a log-in and for a page while 1,000 wrong passwords come from one address, beside the same
 * without them; the two alternate. Bystander and attacker are told apart by X-Forwarded-For, which the product believes
 * (TRUST_PROXY). Options: `--rounds 5`, `--url http://…` for a product that runs already, with TRUST_PROXY set.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '5' }, url: { type: 'string' } },
  })
  const product = values.url
    ? { url: values.url, stop: () => Promise.resolve() }
    : await startEmbeddedProduct({ TRUST_PROXY: '127.0.0.1,::1' })
  try {
    const name = `bench-${Date.now()}`
    for (const username of [name, `${name}-target`]) {
      const account = { username, email: `${username}@example.com`, password }
      const { status } = await send(product.url, '/api/users/register', '10.0.0.2', account)
      if (status !== 201) throw new Error(`registering answered ${status}`)
    }
    const quiet: Sample = { login: [], page: [] }
    const flooded: Sample = { login: [], page: [] }
    await observe(product.url, name, quiet, delay(1000))
    quiet.login.length = quiet.page.length = 0
    const statuses = new Map<number, number>()
    let burstMs = 0
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const startedAt = performance.now()
      const burst = flood(product.url, `${name}-target`, `10.1.0.${round + 1}`, statuses)
      await observe(product.url, name, flooded, burst)
      const tookMs = performance.now() - startedAt
      burstMs += tookMs
      await observe(product.url, name, quiet, delay(tookMs))
    }
    print(quiet, flooded)
    const counts = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
    console.log(
      `${values.rounds} bursts of ${attempts} wrong passwords, ${Math.round(burstMs / Number(values.rounds))} ms each: ${counts}`,
    )
  } finally {
    await product.stop()
  }
}

function print(quiet: Sample, flooded: Sample): void {
  console.table(
    (['login', 'page'] as const).flatMap((what) => [
      row(`${what}, quiet`, quiet[what]),
      row(`${what}, during a burst`, flooded[what]),
      { what: `${what}: slower by`, 'median ms': `${percentSlower(quiet[what], flooded[what])} %` },
    ]),
  )
}

const row = (what: string, values: number[]) => ({
  what,
  samples: values.length,
  'median ms': median(values).toFixed(1),
  'p95 ms': percentile(values, 0.95).toFixed(1),
})

const percentSlower = (quiet: number[], flooded: number[]) =>
  Math.round((median(flooded) / median(quiet) - 1) * 100)

/** One log-in and one page after the other, as long as `until` is not settled, and three of each at least. */
async function observe(
  url: string,
  username: string,
  sample: Sample,
  until: Promise<unknown>,
): Promise<void> {
  const burst = { over: false }
  void until.then(() => (burst.over = true))
  for (let count = 0; !burst.over || count < 3; count += 1) {
    const login = await send(url, '/api/users/login', '10.0.0.2', { identifier: username, password })
    if (login.status !== 200) throw new Error(`the bystander's log-in answered ${login.status}`)
    sample.login.push(login.tookMs)
    const page = await send(url, '/login', '10.0.0.2')
    if (page.status !== 200) throw new Error(`the page answered ${page.status}`)
    sample.page.push(page.tookMs)
  }
  await until
}

async function flood(url: string, username: string, address: string, statuses: Map<number, number>) {
  let left = attempts
  const attacker = async () => {
    while (left > 0) {
      left -= 1
      const guess = { identifier: username, password: `wrong password ${left}` }
      const { status } = await send(url, '/api/users/login', address, guess)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: attackers }, attacker))
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const agent = new Agent({ keepAlive: true })

function send(
  url: string,
  path: string,
  address: string,
  body?: object,
): Promise<{ status: number; tookMs: number }> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      new URL(path, url),
      {
        agent,
        method: body ? 'POST' : 'GET',
        headers: { 'x-forwarded-for': address, ...(body ? { 'content-type': 'application/json' } : {}) },
      },
      (response) => {
        response.resume()
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, tookMs: performance.now() - startedAt }),
        )
      },
    )
    request.on('error', reject)
    request.end(body ? JSON.stringify(body) : undefined)
  })
}
