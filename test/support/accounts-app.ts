import Fastify, { type FastifyBaseLogger, type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { loadConfig, type Config } from '../../src/config'
import type { Notification, Notifier } from '../../src/modules/notifications'
import { createAccessTokens, createUsersModule, type UsersModule } from '../../src/modules/users'
import { createAuditLog } from '../../src/platform/audit'
import { createMemoryCounterStore } from '../../src/platform/cache'
import { createDatabase, type Database, type DatabaseClient } from '../../src/platform/database'
import {
  answerFrameworkError,
  createIdempotencyStore,
  installHttp,
  type IdempotencyStore,
} from '../../src/platform/http'
import { startTestDatabase } from './database'

export const secret = 'a secret of this test, forty characters long'
export const password = 'horse battery staple 9'

export interface AccountsApp {
  app: FastifyInstance
  users: UsersModule
  database: Database
  idempotency: IdempotencyStore
  /** Lines that the application logged. */
  log: string[]
  /** What people were told. */
  notices: Notification[]
  close(): Promise<void>
}

export interface AccountsAppOptions {
  settings?: Record<string, string>
  leaseMs?: number
  onRegistered?(userId: string, client: DatabaseClient): Promise<void>
  onVerified?(userId: string, client: DatabaseClient): Promise<void>
  beforeDeletion?(userId: string): Promise<void>
  now?(): number
  /** Routes of the test's own, added before the application is ready. */
  routes?(app: FastifyInstance, database: Database): void
}

/** The accounts module behind everything that routes share, on a real database: the product without its other modules. */
export async function startAccountsApp(options: AccountsAppOptions = {}): Promise<AccountsApp> {
  const testDatabase = await startTestDatabase()
  const config: Config = loadConfig(
    { RATE_LIMIT_PER_MINUTE: '100000', LOGIN_ATTEMPTS_PER_15_MINUTES: '1000', ...options.settings },
    '/nonexistent',
  )
  const database = createDatabase({ url: testDatabase.url, maxConnections: 10 })
  const counters = createMemoryCounterStore()
  const idempotency = createIdempotencyStore({ database, leaseMs: options.leaseMs })
  const log: string[] = []
  const notices: Notification[] = []
  const notifier: Notifier = {
    notify: (notification) => {
      notices.push(notification)
      return Promise.resolve()
    },
  }
  const users = await createUsersModule({
    database,
    config,
    accessTokens: await createAccessTokens({ secret }),
    counters,
    audit: createAuditLog({ database }),
    secret,
    notifier,
    logger: pino({ level: 'warn' }, { write: (line: string) => void log.push(line) }),
    onRegistered: options.onRegistered ?? (() => Promise.resolve()),
    onVerified: options.onVerified ?? (() => Promise.resolve()),
    beforeDeletion: options.beforeDeletion,
    now: options.now,
  })
  // Widened, or the instance would be of another type than every plugin expects.
  const loggerInstance: FastifyBaseLogger = pino(
    { level: 'info' },
    { write: (line: string) => void log.push(line) },
  )
  const app = Fastify({
    loggerInstance,
    bodyLimit: 64 * 1024,
    frameworkErrors: answerFrameworkError,
  })
  await installHttp(app, {
    authenticator: users,
    counters,
    idempotency,
    publicUrl: config.publicUrl,
    rateLimitPerMinute: config.RATE_LIMIT_PER_MINUTE,
    secret,
    objectOrigins: config.S3_ENDPOINT ? [config.S3_ENDPOINT] : [],
  })
  await app.register(users.routes)
  options.routes?.(app, database)
  await app.ready()
  return {
    app,
    users,
    database,
    idempotency,
    log,
    notices,
    async close() {
      await app.close()
      await database.$disconnect()
      await testDatabase.stop()
    },
  }
}

/** Registers and logs in. */
export async function newAccount({ app }: Pick<AccountsApp, 'app'>, username: string) {
  const registered = await post(app, '/api/users/register', {
    username,
    email: `${username}@example.com`,
    password,
  })
  if (registered.statusCode !== 201) throw new Error(registered.body)
  const { json } = await post(app, '/api/users/login', { identifier: username, password })
  return json<{ access_token: string; refresh_token: string; user: { id: string } }>()
}

export function post(
  app: FastifyInstance,
  url: string,
  payload: object,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'POST', url, payload, headers })
}

export function get(
  app: FastifyInstance,
  url: string,
  accessToken?: string,
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'GET',
    url,
    headers: accessToken ? { authorization: `Bearer ${accessToken}` } : {},
  })
}
