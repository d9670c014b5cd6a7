import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import fastify from 'fastify'
import { Client } from 'minio'
import { addProblemHandlers } from '../../src/platform/http/problem'
import {
  createDiskObjectStore,
  createS3ObjectStore,
  objectRoutes,
  type ObjectStore,
} from '../../src/platform/objects'
import { findFreePort } from '../support/free-port'
import { s3ServerMissing, s3StartTimeoutMs, startS3Server } from '../support/s3-server'

/** One implementation of the interface, ready to be tested. */
export interface DriverUnderTest {
  store: ObjectStore
  /** The same driver in front of a place that cannot be reached. */
  unreachable: ObjectStore
  /** Changes one byte of an object where it lies, and nothing of what is known about it. */
  damage(key: string): Promise<void>
  stop(): Promise<void>
}

export interface Driver {
  /** Says what is missing where the driver cannot be tested here. */
  title: string
  missing: boolean
  startTimeoutMs: number
  start(): Promise<DriverUnderTest>
}

async function startDisk(): Promise<DriverUnderTest> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-objects-'))
  const port = await findFreePort()
  const secret = randomBytes(32).toString('hex')
  const store = createDiskObjectStore({
    root: path.join(folder, 'store'),
    secret,
    baseUrl: `http://127.0.0.1:${port}`,
  })
  const app = fastify()
  addProblemHandlers(app)
  await app.register(objectRoutes, { store })
  await app.listen({ port, host: '127.0.0.1' })
  const file = path.join(folder, 'file')
  writeFileSync(file, '')
  return {
    store,
    unreachable: createDiskObjectStore({ root: path.join(file, 'store'), secret, baseUrl: '' }),
    async damage(key) {
      const place = path.join(folder, 'store', 'objects', path.dirname(key))
      const name = (await readdir(place)).find(
        (entry) => entry.startsWith(path.basename(key)) && !entry.endsWith('.json'),
      )
      const content = await open(path.join(place, name!), 'r+')
      const { buffer } = await content.read(Buffer.alloc(1), 0, 1, 10)
      await content.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, 10)
      await content.close()
    },
    async stop() {
      await app.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function startS3(): Promise<DriverUnderTest> {
  const server = await startS3Server()
  const options = { ...server, bucket: `timbre-${randomBytes(6).toString('hex')}` }
  const endpoint = `http://127.0.0.1:${await findFreePort()}`
  return {
    // Small pieces, so that staged uploads are put together from several.
    store: createS3ObjectStore({ ...options, copyPartBytes: 16 * 1024 * 1024 }),
    unreachable: createS3ObjectStore({ ...options, endpoint }),
    async damage(key) {
      const { hostname, port } = new URL(server.endpoint)
      const client = new Client({ ...server, endPoint: hostname, port: Number(port), useSSL: false })
      const { metaData } = await client.statObject(options.bucket, key)
      const content = await buffer(await client.getObject(options.bucket, key))
      content[10]! ^= 1
      const metadata = { 'x-amz-meta-sha256': String((metaData as { sha256?: string }).sha256) }
      await client.putObject(options.bucket, key, content, content.length, metadata)
    },
    stop: () => server.stop(),
  }
}

export const drivers: Driver[] = [
  { title: 'disk', missing: false, startTimeoutMs: 30_000, start: startDisk },
  {
    title: `s3${s3ServerMissing ?? ''}`,
    missing: s3ServerMissing !== null,
    startTimeoutMs: s3StartTimeoutMs,
    start: startS3,
  },
]
