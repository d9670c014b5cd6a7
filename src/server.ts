import { createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { buildApp, readVersion } from './app'
import { startChores, type Chore } from './chores'
import type { Config } from './config'
import { createServerContainer, type ServerContainer } from './container'
import { openInstallation } from './installation'
import { AppError } from './platform/errors'
import { createLogger, type Logger } from './platform/logger'
import { superviseWorker } from './worker-supervisor'

export interface ServerOptions {
  /** Serve the web UI through Vite with hot reload. */
  dev: boolean
  /** The product's own program, for the worker process. */
  entry: string
  /** For the person at the terminal. */
  say(message: string): void
}

export interface RunningServer {
  url: string
  /** Stops accepting, finishes requests and jobs within the configured time, and closes everything. */
  stop(): Promise<void>
}

const hourMs = 3_600_000

/** The server role, from configuration to a listening address. */
export async function startServer(given: Config, { dev, entry, say }: ServerOptions): Promise<RunningServer> {
  const config = given.PORT === 0 ? onFreePort(given, await findFreePort(given.HOST)) : given
  const logger = createLogger('server', config.LOG_LEVEL)
  await assertPortIsFree(config)
  const installation = await openInstallation(config, say)
  const undo: (() => Promise<unknown>)[] = [() => installation.close()]
  try {
    const container = await createServerContainer({ config, installation, logger })
    undo.push(() => container.close())
    await container.events.start()
    await announceAdmin(container, say)
    const embedded = config.DATABASE_URL === undefined
    const worker = embedded
      ? superviseWorker({
          entry,
          environment: {
            ...config.environment,
            PORT: String(config.PORT),
            DATABASE_URL: installation.databaseUrl,
            JWT_SECRET: installation.secret,
          },
          logger,
          onDied: (workerId) => container.jobs.workerDied(workerId),
        })
      : null
    undo.push(async () => worker?.stop(config.SHUTDOWN_SECONDS * 1000))
    const app = await buildApp(container, {
      web: dev ? 'vite' : 'build',
      version: readVersion(config.rootDir),
      workerMetrics: async () => (await worker?.metrics()) ?? [],
    })
    undo.push(() => closeWithin(app, config.SHUTDOWN_SECONDS))
    await app.listen({ host: config.HOST, port: config.PORT })
    container.jobs.start()
    container.voices.start()
    await container.tasks.start()
    const stopChores = startChores(choresOf(container), logger)
    undo.push(async () => {
      stopChores()
      // Event streams would keep the server from closing.
      await container.jobs.close()
    })
    return { url: config.publicUrl, stop: () => unwind(undo, logger) }
  } catch (error) {
    await unwind(undo, logger)
    throw error
  }
}

/** Lets requests finish; who has not by then is cut off. */
async function closeWithin(app: FastifyInstance, seconds: number): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), seconds * 1000)
  await app.close().finally(() => clearTimeout(late))
}

/** Closes what was opened, last first; one failure does not keep the rest open. */
async function unwind(undo: (() => Promise<unknown>)[], logger: Logger): Promise<void> {
  for (const step of undo.splice(0).reverse()) {
    await step().catch((error: unknown) => logger.error({ err: error }, 'closing failed'))
  }
}

async function announceAdmin({ users }: ServerContainer, say: (message: string) => void): Promise<void> {
  const admin = await users.ensureAdmin()
  if (!admin) return
  const password = admin.generatedPassword ?? 'as set in ADMIN_PASSWORD'
  say(`Administrator created. User name: ${admin.username}   Password: ${password}`)
  if (admin.generatedPassword) say('This password is shown only now. Keep it, or change it after logging in.')
}

function choresOf({
  users,
  personalData,
  objects,
  storage,
  jobs,
  voices,
  idempotency,
  notifications,
  billing,
  payments,
  keys,
}: ServerContainer): Chore[] {
  // The check makes the bucket where there is none yet.
  const sweepStorage = async () => {
    await objects.check()
    await storage.sweep([jobs.sweptPrefix, voices.sweptPrefix])
  }
  return [
    { name: 'sweep sessions', everyMs: hourMs, run: () => users.sweepSessions() },
    { name: 'erase deleted accounts', everyMs: hourMs, run: () => personalData.eraseDue() },
    { name: 'sweep storage', everyMs: hourMs, run: sweepStorage },
    { name: 'sweep tokens of apps', everyMs: hourMs, run: () => keys.sweep() },
    { name: 'sweep idempotency keys', everyMs: hourMs, run: () => idempotency.store.sweep() },
    { name: 'expire minutes, issue receipts', everyMs: 60_000, run: () => billing.sweep() },
    { name: 'deliver payment events', everyMs: 15_000, run: () => payments.inbox.sweep() },
    { name: 'reconcile payments', everyMs: 5 * 60_000, run: () => payments.reconcile() },
    { name: 'tell of finished jobs', everyMs: 1_000, run: () => jobs.tellFinished() },
    { name: 'deliver notifications', everyMs: 5_000, run: () => notifications.sweep() },
    { name: 'prune notifications', everyMs: hourMs, run: () => notifications.prune() },
  ]
}

function onFreePort(config: Config, port: number): Config {
  const publicUrl = config.PUBLIC_URL === undefined ? `http://localhost:${port}` : config.publicUrl
  return { ...config, PORT: port, publicUrl }
}

function findFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Before anything is started: the commonest reason why a start fails. */
async function assertPortIsFree({ HOST: host, PORT: port }: Config): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${error.code ?? error.message})`
      reject(
        new AppError('conflict', {
          message: `Port ${port} on ${host} ${reason}. Stop the other program, or start with PORT=<another>.`,
        }),
      )
    })
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
