import { fork, type ChildProcess } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app'
import { capabilityDefinitions, createCapabilityRegistry } from '../../src/capabilities'
import { loadConfig, type Config } from '../../src/config'
import { createServerContainer, type ServerContainer } from '../../src/container'
import { createLogger } from '../../src/platform/logger'
import { faultyCapability } from '../fixtures/faulty-capability'
import { testManifest, writeModel } from '../fixtures/model-folder'
import { startTestDatabase } from './database'
import { findFreePort } from './free-port'

export const rootDir = path.resolve(import.meta.dirname, '../..')
const secret = 'a secret of the tests, long enough for all'

export interface ProductOptions {
  /** Settings besides those of the tests. */
  environment?: Record<string, string>
  /** With the capability `faulty`, which misbehaves on demand. */
  faulty?: boolean
  /** Folder to keep the data in; default: a new one, removed at the end. */
  dataDir?: string
  /** Default: a new database, dropped at the end. */
  databaseUrl?: string
}

export interface TestProduct {
  url: string
  config: Config
  app: FastifyInstance
  container: ServerContainer
  databaseUrl: string
  /** Starts a real worker process; resolves when it takes jobs. */
  startWorker(environment?: Record<string, string>): Promise<TestWorker>
  /** Kills the workers that a test left behind. */
  endWorkers(): Promise<void>
  stop(): Promise<void>
}

export interface TestWorker {
  process: ChildProcess
  workerId: string
  /** Ends the worker and resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** The server without its web UI in this process, on a database of its own, with workers as real processes. */
export async function startProduct({
  environment = {},
  faulty = false,
  dataDir: given,
  databaseUrl,
}: ProductOptions = {}): Promise<TestProduct> {
  const database = databaseUrl === undefined ? await startTestDatabase() : null
  const dataDir = given ?? (await mkdtemp(path.join(tmpdir(), 'timbre-test-')))
  const root = faulty ? await installFaultyCapability(dataDir) : rootDir
  const url = databaseUrl ?? database?.url ?? ''
  const settings = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    FFMPEG_PATH: process.env.FFMPEG_PATH,
    TIMBRE_DATA: dataDir,
    DATABASE_URL: url,
    JWT_SECRET: secret,
    LOG_LEVEL: 'silent',
    RATE_LIMIT_PER_MINUTE: '1000000',
    WORKER_CONCURRENCY: '1',
    // Signed addresses name the port, so it is chosen before anything else.
    PORT: String(await findFreePort()),
    ADMIN_PASSWORD: 'a password of the tests',
    ...environment,
  }
  const config = loadConfig(settings, root)
  const installation = { databaseUrl: url, secret }
  const registry = createCapabilityRegistry([...capabilityDefinitions, ...(faulty ? [faultyCapability] : [])])
  const logger = createLogger('server', config.LOG_LEVEL)
  const container = await createServerContainer({ config, installation, logger, registry })
  await container.events.start()
  const app = await buildApp(container, {
    web: 'none',
    version: 'test',
    workerMetrics: () => Promise.resolve([]),
  })
  await app.listen({ host: '127.0.0.1', port: config.PORT })
  await container.tasks.start()
  container.jobs.start()
  container.voices.start()
  const workers = new Set<TestWorker>()

  const endWorkers = async () => {
    await Promise.all([...workers].map((worker) => worker.end('SIGKILL')))
    workers.clear()
  }

  return {
    url: `http://127.0.0.1:${config.PORT}`,
    config,
    app,
    container,
    databaseUrl: url,
    async startWorker(more = {}) {
      const entry = faulty ? 'test/fixtures/faulty-worker.ts' : 'src/main.ts'
      const worker = await startWorkerProcess(path.join(rootDir, entry), {
        ...settings,
        TEST_ROOT: root,
        ...more,
      })
      workers.add(worker)
      return worker
    },
    endWorkers,
    async stop() {
      await endWorkers()
      await container.jobs.close()
      const closed = app.close()
      // A test's clients may have left connections open, in the middle of an answer too.
      app.server.closeAllConnections()
      await closed
      await container.close()
      await database?.stop()
      if (given === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** A root of its own with all models of the product and one for the faulty capability. */
async function installFaultyCapability(dataDir: string): Promise<string> {
  const root = path.join(dataDir, 'root')
  await cp(path.join(rootDir, 'models'), path.join(root, 'models'), { recursive: true })
  await writeModel(
    path.join(root, 'models'),
    testManifest({ id: 'faulty', capability: 'faulty', engine: 'faulty' }),
  )
  return root
}

async function startWorkerProcess(
  entry: string,
  environment: Record<string, string | undefined>,
): Promise<TestWorker> {
  const child = fork(entry, ['--worker'], {
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
