import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ensureDatabase, startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres'
import { migrateDatabase } from '../../src/platform/database/migrate'
import { signUp, type ApiClient } from '../../test/support/api-client'
import { rootDir, startProduct, type TestProduct } from '../../test/support/product'
import { redisMissing, startTestRedis } from '../../test/support/redis'

/** A job is stuck when nothing has ended for so long: longer than any retry takes. */
const standstillSeconds = 150

/**
 * Users at work while the worker, Redis and PostgreSQL are killed at random: `npm run bench -- chaos --minutes 30`. In
 * the end every accepted job has ended, each completed one has one output and no other has any, nothing was paid twice,
 * and the ledger's entries add up to the balances. Needs `redis-server`.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string', default: '30' }, users: { type: 'string', default: '6' } },
  })
  if (redisMissing) throw new Error(`Not here: ${redisMissing}`)
  const folder = await mkdtemp(path.join(os.tmpdir(), 'timbre-chaos-'))
  const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'), { log: () => undefined })
  const redis = (await startTestRedis())!
  const databaseUrl = postgres.url('timbre')
  await ensureDatabase(databaseUrl)
  await migrateDatabase(databaseUrl, path.join(rootDir, 'prisma', 'migrations'), { queue: false })
  const environment = { REDIS_URL: redis.url, SIGNUP_FREE_MINUTES: '100000', WORKER_CONCURRENCY: '3' }
  const product = await startProduct({ faulty: true, databaseUrl, environment })
  try {
    const users = await Promise.all(
      Array.from({ length: Number(values.users) }, async () =>
        createUser(product.url, await signUp(product)),
      ),
    )
    const until = Date.now() + Number(values.minutes) * 60_000
    const accepted = new Map<string, User>()
    const faults = { worker: 0, redis: 0, postgres: 0 }
    const refusals = new Map<string, number>()
    const cause = causeFaults(until, faults, {
      product,
      killRedis: async () => {
        await redis.kill!()
        await sleep(1000 + 4000 * Math.random())
        await redis.restart!()
      },
      killPostgres: () => process.kill(postgres.pid(), 'SIGKILL'),
    })
    await Promise.all([cause, ...users.map((user) => work(user, until, accepted, refusals))])
    await ended(product, accepted)
    console.table([faults, Object.fromEntries(refusals)])
    await report(product, accepted)
  } finally {
    await product.stop()
    await redis.stop()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Somebody who logs in again when their token has run out. */
type User = (method: string, path: string, body?: object) => Promise<Response>

function createUser(url: string, { request, credentials }: ApiClient): User {
  let headers: Record<string, string> = {}
  return async (method, path, body) => {
    const answer = await request(method, path, body, headers)
    if (answer.status !== 401) return answer
    const { username: identifier, password } = credentials
    const login = await fetch(`${url}/api/users/login`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ identifier, password }),
    })
    if (!login.ok) return login
    const { access_token: token } = (await login.json()) as { access_token: string }
    headers = { authorization: `Bearer ${token}` }
    return request(method, path, body, headers)
  }
}

interface Means {
  product: TestProduct
  killRedis(): Promise<void>
  killPostgres(): void
}

async function causeFaults(
  until: number,
  counts: Record<'worker' | 'redis' | 'postgres', number>,
  { product, killRedis, killPostgres }: Means,
): Promise<void> {
  let worker = await product.startWorker()
  while (Date.now() < until) {
    await sleep(Math.min(5000 + 20_000 * Math.random(), Math.max(0, until - Date.now())))
    const kind = (['worker', 'redis', 'postgres'] as const)[Math.floor(3 * Math.random())]!
    counts[kind] += 1
    if (kind === 'redis') await killRedis()
    else if (kind === 'postgres') killPostgres()
    else {
      await worker.end('SIGKILL')
      worker = await startAnyway(product)
    }
  }
  await worker.end('SIGKILL')
  await startAnyway(product)
}

/** A worker that comes up while the database is away ends, and is started again by whoever watches it. */
async function startAnyway(product: TestProduct) {
  for (;;) {
    try {
      return await product.startWorker()
    } catch {
      await sleep(1000)
    }
  }
}

/** Starts jobs, some of which crash, cancels some, and downloads what is ready, more than once. */
async function work(
  user: User,
  until: number,
  accepted: Map<string, User>,
  refusals: Map<string, number>,
): Promise<void> {
  const mine: string[] = []
  while (Date.now() < until) {
    const answer = await act(user, mine).catch(() => null)
    if (answer === null || answer.status >= 500 || answer.status === 401) {
      const kind = answer === null ? 'no answer' : String(answer.status)
      refusals.set(kind, (refusals.get(kind) ?? 0) + 1)
    }
    if (answer?.status === 202) {
      const { job_id: jobId } = (await answer.json()) as { job_id: string }
      mine.push(jobId)
      accepted.set(jobId, user)
    }
    await sleep(200 + 1800 * Math.random())
  }
}

function act(user: User, mine: readonly string[]): Promise<Response> {
  const some = mine[Math.floor(mine.length * Math.random())]
  const dice = Math.random()
  if (some !== undefined && dice < 0.4) return user('GET', `/api/audio/download-audio/${some}`)
  if (some !== undefined && dice < 0.5) return user('POST', `/api/audio/jobs/${some}/cancel`, {})
  const behaviour = dice > 0.97 ? 'segfault' : 'finish'
  return user('POST', '/api/audio/process-audio', {
    ...{ input_type: 'text', input_data: 'anything', capability: 'faulty' },
    parameters: { behaviour, seconds: Math.round(2 * Math.random()) },
  })
}

/** What was queued up is worked on for as long as it takes, but something must end. */
async function ended({ container }: TestProduct, accepted: ReadonlyMap<string, User>): Promise<void> {
  const unfinished = () =>
    container.database.audioProcessingJob.findMany({
      where: { id: { in: [...accepted.keys()] }, status: { in: ['pending', 'processing'] } },
      select: { id: true, status: true, attempt: true, enqueuedAt: true, runAfter: true },
    })
  let left = await unfinished()
  for (let changedAt = Date.now(); left.length > 0;) {
    await sleep(1000)
    const now = await unfinished()
    if (now.length !== left.length) changedAt = Date.now()
    left = now
    if (Date.now() - changedAt > standstillSeconds * 1000) {
      console.table(left)
      throw new Error(`${left.length} jobs do not end`)
    }
  }
}

async function report(product: TestProduct, accepted: Map<string, User>): Promise<void> {
  const { database, objects, billing } = product.container
  const jobs = await database.audioProcessingJob.findMany({ where: { id: { in: [...accepted.keys()] } } })
  const outputs = new Map<string, number>()
  for await (const { key } of objects.list('jobs/')) {
    const [, jobId = '', , name = ''] = key.split('/')
    if (name.startsWith('output.')) outputs.set(jobId, (outputs.get(jobId) ?? 0) + 1)
  }
  const count = (status: string) => jobs.filter((job) => job.status === status).length
  const wrong = jobs.filter(({ id, status }) => (outputs.get(id) ?? 0) !== (status === 'completed' ? 1 : 0))
  const debits = await database.minuteEntry.findMany({ where: { kind: 'download' } })
  const summary = {
    accepted: accepted.size,
    completed: count('completed'),
    failed: count('failed'),
    canceled: count('canceled'),
    lost: accepted.size - jobs.length,
    'outputs that do not fit': wrong.length,
    downloads: debits.length,
    'paid twice': debits.length - new Set(debits.map(({ jobId }) => jobId)).size,
    'ledger differences': (await billing.ledger.verify()).differences.length,
  }
  console.table([summary])
  const sound =
    summary.completed + summary.failed + summary.canceled === summary.accepted &&
    summary['outputs that do not fit'] + summary['paid twice'] + summary['ledger differences'] === 0
  if (!sound) process.exitCode = 1
}
