import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app'
import { loadConfig, type Config } from '../../src/config'
import { createServerContainer, type ServerContainer } from '../../src/container'
import { createLogger } from '../../src/platform/logger'
import { startTestDatabase } from './database'

export const rootDir = path.resolve(import.meta.dirname, '../..')
const secret = 'a secret of the tests, long enough for all'

export interface TestProduct {
  url: string
  config: Config
  app: FastifyInstance
  container: ServerContainer
  databaseUrl: string
  /** Starts a real worker process; resolves when it takes jobs. */
  startWorker(environment?: Record<string, string>): Promise<TestWorker>
  stop(): Promise<void>
}

export interface TestWorker {
  process: ChildProcess
  workerId: string
  /** Ends the worker and resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** The server without its web UI in this process, on a database of its own, with workers as real processes. */
export async function startProduct(environment: Record<string, string> = {}): Promise<TestProduct> {
  const database = await startTestDatabase()
  const dataDir = await mkdtemp(path.join(tmpdir(), 'timbre-test-'))
  const settings = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    FFMPEG_PATH: process.env.FFMPEG_PATH,
    TIMBRE_DATA: dataDir,
    DATABASE_URL: database.url,
    JWT_SECRET: secret,
    LOG_LEVEL: 'silent',
    RATE_LIMIT_PER_MINUTE: '1000000',
    WORKER_CONCURRENCY: '1',
    // Signed addresses name the port, so it is chosen before anything else.
    PORT: String(await findFreePort()),
    ADMIN_PASSWORD: 'a password of the tests',
    ...environment,
  }
  const config = loadConfig(settings, rootDir)
  const installation = { databaseUrl: database.url, secret }
  const container = await createServerContainer({
    config,
    installation,
    logger: createLogger('server', config.LOG_LEVEL),
  })
  await container.events.start()
  const app = await buildApp(container, {
    web: 'none',
    version: 'test',
    workerMetrics: () => Promise.resolve([]),
  })
  await app.listen({ host: '127.0.0.1', port: config.PORT })
  container.jobs.start()
  const workers = new Set<TestWorker>()

  return {
    url: `http://127.0.0.1:${config.PORT}`,
    config,
    app,
    container,
    databaseUrl: database.url,
    async startWorker(more = {}) {
      const worker = await startWorkerProcess({ ...settings, ...more })
      workers.add(worker)
      return worker
    },
    async stop() {
      await Promise.all([...workers].map((worker) => worker.end('SIGKILL')))
      await container.jobs.close()
      await app.close()
      await container.close()
      await database.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function startWorkerProcess(environment: Record<string, string | undefined>): Promise<TestWorker> {
  const child = fork(path.join(rootDir, 'src', 'main.ts'), ['--worker'], {
    env: environment as NodeJS.ProcessEnv,
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const workerId = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code} before it was ready`)))
    child.on('message', (message: { type: string; workerId?: string }) => {
      if (message.type === 'ready' && message.workerId) resolve(message.workerId)
    })
  })
  return {
    process: child,
    workerId,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await exited
    },
  }
}
