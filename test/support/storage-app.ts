import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from 'fastify'
import { createStorageModule, storageRoutes, type StorageModule } from '../../src/modules/storage'
import { createMemoryCounterStore } from '../../src/platform/cache'
import { createDatabase, type Database } from '../../src/platform/database'
import { AppError } from '../../src/platform/errors'
import { createIdempotencyStore, installHttp, type Authenticator } from '../../src/platform/http'
import { newId } from '../../src/platform/ids'
import { createLogger } from '../../src/platform/logger'
import { createDiskObjectStore, objectRoutes, type ObjectStore } from '../../src/platform/objects'
import { startTestDatabase } from './database'
import { findFreePort } from './free-port'

export interface StorageApp {
  app: FastifyInstance
  baseUrl: string
  database: Database
  objects: ObjectStore
  storage: StorageModule
  /** Folder of the disk store. */
  root: string
  /** Names of all files that lie in the store. */
  files(): string[]
  newUser(): Promise<string>
  /** A request in the name of a user. */
  as(userId: string, request: InjectOptions): Promise<LightMyRequestResponse>
  close(): Promise<void>
}

/** The user id itself is the access token. */
const authenticator: Authenticator = {
  authenticate(token) {
    if (!/^[0-9a-f-]{36}$/.test(token)) throw new AppError('token_invalid')
    return { userId: token, role: 'user', via: 'token' }
  },
  authenticateWeb: () => Promise.resolve(null),
}

/** The storage module with its routes on a real socket and a real database; objects in a folder unless given. */
export async function startStorageApp(
  options: { maxMegabytes?: number; objects?: ObjectStore } = {},
): Promise<StorageApp> {
  const testDatabase = await startTestDatabase()
  const database = createDatabase({ url: testDatabase.url, maxConnections: 5 })
  const folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-storage-'))
  const root = path.join(folder, 'store')
  const port = await findFreePort()
  const secret = randomBytes(32).toString('hex')
  const disk = createDiskObjectStore({ root, secret, baseUrl: `http://127.0.0.1:${port}` })
  const objects = options.objects ?? disk
  const logger = createLogger('test', 'silent')
  const storage = createStorageModule({
    database,
    objects,
    config: { UPLOAD_MAX_MB: options.maxMegabytes ?? 4 },
    logger,
  })
  const app = fastify({ loggerInstance: logger }) as unknown as FastifyInstance
  const counters = createMemoryCounterStore()
  await installHttp(app, {
    authenticator,
    counters,
    idempotency: createIdempotencyStore({ database }),
    publicUrl: `http://127.0.0.1:${port}`,
    rateLimitPerMinute: 100_000,
    secret,
  })
  await app.register(storageRoutes(storage))
  await app.register(objectRoutes, { store: disk, onStored: (key) => storage.confirmKey(key) })
  await app.listen({ port, host: '127.0.0.1' })
  return {
    app,
    baseUrl: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    database,
    objects,
    storage,
    root,
    files: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name),
    async newUser() {
      const id = newId()
      await database.user.create({
        data: { id, username: id, email: `${id}@example.com`, passwordHash: 'none' },
      })
      return id
    },
    as: (userId, request) =>
      app.inject({ ...request, headers: { ...request.headers, authorization: `Bearer ${userId}` } }),
    async close() {
      await app.close()
      await database.$disconnect()
      await testDatabase.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
