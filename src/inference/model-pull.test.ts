import { statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { sha256, testManifest, testWeights, writeModel } from '../../test/fixtures/model-folder'
import { createModelStore } from './model-store'

let folder: string
let modelsDir: string
let dataDir: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-pull-'))
  modelsDir = join(folder, 'models')
  dataDir = join(folder, 'data')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const store = (mirror?: string) => createModelStore({ modelsDir, dataDir, mirror })
const readLock = async () =>
  JSON.parse(await readFile(join(dataDir, 'models/models.lock.json'), 'utf8')) as Record<string, object>

describe('pulling from a folder', () => {
  it('installs the files and notes them in the lock file', async () => {
    const mirror = join(folder, 'mirror')
    await mkdir(join(mirror, 'published/v1'), { recursive: true })
    await writeFile(join(mirror, 'published/v1/w.bin'), testWeights)
    const files = [{ ...testManifest().files[0]!, mirror: 'published/v1/w.bin' }]
    await writeModel(modelsDir, testManifest({ files }), null)
    const models = await store(mirror)
    const received: (number | null)[] = []
    await models.pull('test-model', {
      onProgress: ({ receivedBytes, totalBytes }) => received.push(receivedBytes, totalBytes),
    })
    const entry = models.get('test-model')
    expect(entry.installed()).toBe(true)
    expect(entry.starter).toBe(false)
    expect(await readFile(entry.files.path('weights.bin'))).toEqual(testWeights)
    expect(received.slice(-2)).toEqual([testWeights.length, testWeights.length])
    expect(await models.verify('test-model')).toEqual([])
    expect(await readLock()).toMatchObject({
      'test-model@1': {
        files: { 'weights.bin': { bytes: testWeights.length, sha256: sha256(testWeights) } },
      },
    })
  })

  it('keeps what several processes note in the lock file at the same time', async () => {
    const ids = ['a', 'b', 'c', 'd']
    for (const id of ids) {
      await mkdir(join(folder, 'mirror', id), { recursive: true })
      await writeFile(join(folder, 'mirror', id, 'weights.bin'), id)
      await writeModel(modelsDir, testManifest({ id, files: [{ path: 'weights.bin' }] }), null)
    }
    await Promise.all(ids.map(async (id) => (await store(join(folder, 'mirror'))).pull(id)))
    expect(Object.keys(await readLock()).sort()).toEqual(ids.map((id) => `${id}@1`))
  })

  it('installs nothing where a byte is wrong', async () => {
    const mirror = join(folder, 'mirror')
    await mkdir(join(mirror, 'test-model'), { recursive: true })
    await writeFile(join(mirror, 'test-model/weights.bin'), 'weightz of a test model')
    await writeModel(modelsDir, testManifest(), null)
    const models = await store(mirror)
    await expect(models.pull('test-model')).rejects.toMatchObject({ code: 'model_corrupt' })
    expect(models.get('test-model').installed()).toBe(false)
  })

  it('says what to do where there is nothing to fetch from, and what works meanwhile', async () => {
    await writeModel(modelsDir, testManifest(), null)
    await writeModel(modelsDir, testManifest({ id: 'at-hand' }))
    await expect((await store()).pull('test-model')).rejects.toThrow(
      /TIMBRE_MODEL_MIRROR.*Without it, noise-removal works with “at-hand”/,
    )
    await expect((await store(folder)).pull('test-model')).rejects.toThrow(/mirror does not hold weights.bin/)
    await expect((await store()).pull('nothing')).rejects.toMatchObject({ code: 'model_not_found' })
  })

  it('refuses a model that does not fit on the disk, before anything is written', async () => {
    const files = [{ path: 'weights.bin', bytes: 2 ** 50, sha256: sha256(testWeights) }]
    await writeModel(modelsDir, testManifest({ files }), null)
    await expect((await store(folder)).pull('test-model')).rejects.toMatchObject({
      code: 'disk_full',
      details: { needed_bytes: 2 ** 50 },
    })
  })
})

describe('pulling over HTTP', () => {
  const weights = Buffer.alloc(200_000, 'timbre')
  const stated = { path: 'weights.bin', bytes: weights.length, sha256: sha256(weights) }
  let server: Server
  let base: string
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  let seen: { range?: string | undefined; ifRange?: string | undefined }[]

  beforeEach(async () => {
    seen = []
    server = createServer((request, response) => {
      if (request.method === 'HEAD')
        return response.writeHead(200, { 'content-length': weights.length }).end()
      seen.push({ range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined })
      answer(request, response)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const publish = (file: object = stated) =>
    writeModel(modelsDir, testManifest({ files: [{ path: 'weights.bin', ...file }] }), null)

  /** A server that knows ranges and tags, as object stores do. */
  const serve =
    (bytes: Buffer, etag?: string) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      const { range, 'if-range': ifRange } = request.headers
      const start = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
      const headers = etag ? { etag } : {}
      if (start === 0 || (ifRange !== undefined && ifRange !== etag)) {
        response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes)
        return
      }
      if (start >= bytes.length) {
        response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
        return
      }
      response
        .writeHead(206, { ...headers, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` })
        .end(bytes.subarray(start))
    }

  /** The first answer breaks off when some of it lies on the disk; the following ones come from `then`. */
  const breakOnce = (bytes: Buffer, etag: string | undefined, then: typeof answer) => {
    const partial = join(dataDir, 'models/.partial/test-model@1/weights.bin.part')
    answer = (_, response) => {
      answer = then
      response.writeHead(200, { 'content-length': bytes.length, ...(etag ? { etag } : {}) })
      response.write(bytes.subarray(0, 70_000))
      const timer = setInterval(() => {
        if ((statSync(partial, { throwIfNoEntry: false })?.size ?? 0) === 0) return
        clearInterval(timer)
        response.destroy()
      }, 5)
    }
  }

  it('goes on where the connection broke', async () => {
    await publish()
    breakOnce(weights, undefined, serve(weights))
    const models = await store(base)
    await models.pull('test-model')
    expect(seen).toMatchObject([
      { range: undefined },
      { range: expect.stringMatching(/^bytes=[1-9]\d*-$/) as string },
    ])
    expect(await models.verify('test-model')).toEqual([])
    expect(await readdir(join(dataDir, 'models/.partial'))).toEqual([])
  })

  it('learns size and digest of a file that the manifest does not pin, and holds to them', async () => {
    await publish({})
    answer = serve(weights)
    const models = await store(base)
    const totals = new Set<number | null>()
    await models.pull('test-model', { onProgress: ({ totalBytes }) => totals.add(totalBytes) })
    expect([...totals]).toEqual([weights.length])
    expect(models.get('test-model').bytes()).toBe(weights.length)
    expect(await models.verify('test-model')).toEqual([])

    await models.remove('test-model')
    const other = Buffer.alloc(weights.length, 'umbrae')
    answer = serve(other)
    await expect(models.pull('test-model')).rejects.toThrow(/when it was pulled first.*models.lock.json/)
    answer = serve(other.subarray(1))
    await expect(models.pull('test-model')).rejects.toThrow(/199999 bytes there instead of 200000/)
    expect(models.get('test-model').installed()).toBe(false)
    answer = serve(weights)
    await models.pull('test-model')
    expect(models.get('test-model').installed()).toBe(true)
  })

  it('goes on with a file of unknown digest only where the server vouches that it is the same', async () => {
    await publish({})
    breakOnce(weights, '"one"', serve(weights, '"one"'))
    const models = await store(base)
    await models.pull('test-model')
    expect(seen[1]).toMatchObject({ range: expect.stringContaining('bytes=') as string, ifRange: '"one"' })
    expect(await models.verify('test-model')).toEqual([])
  })

  it('starts again where the file changed while it was fetched', async () => {
    await publish({})
    const changed = Buffer.alloc(150_000, 'changed')
    breakOnce(weights, '"one"', serve(changed, '"two"'))
    const models = await store(base)
    await models.pull('test-model')
    expect(seen[1]!.ifRange).toBe('"one"')
    expect(await models.verify('test-model')).toEqual([])
    expect(await readLock()).toMatchObject({
      'test-model@1': { files: { 'weights.bin': { sha256: sha256(changed) } } },
    })
  })

  it('starts again where nobody vouches for the bytes that are there', async () => {
    await publish({})
    breakOnce(weights, undefined, serve(weights))
    await (await store(base)).pull('test-model')
    expect(seen.map(({ range }) => range)).toEqual([undefined, undefined])
  })

  it('knows a file that was whole already', async () => {
    await publish({})
    const partial = join(dataDir, 'models/.partial/test-model@1')
    await mkdir(partial, { recursive: true })
    await writeFile(join(partial, 'weights.bin.part'), weights)
    await writeFile(join(partial, 'weights.bin.part.etag'), '"one"')
    answer = serve(weights, '"one"')
    const models = await store(base)
    await models.pull('test-model')
    expect(await models.verify('test-model')).toEqual([])
    expect(await readdir(join(dataDir, 'models/test-model/1'))).toEqual(['weights.bin'])
  })

  it('starts again where the server knows no ranges', async () => {
    await publish()
    const partial = join(dataDir, 'models/.partial/test-model@1')
    await mkdir(partial, { recursive: true })
    await writeFile(join(partial, 'weights.bin.part'), Buffer.alloc(1000, 1))
    answer = (_, response) => response.end(weights)
    const models = await store(base)
    await models.pull('test-model')
    expect(await models.verify('test-model')).toEqual([])
  })

  it('refuses wrong bytes over and over, and keeps none of them', async () => {
    await publish()
    answer = serve(Buffer.alloc(weights.length, 'wrong'))
    const models = await store(base)
    await expect(models.pull('test-model')).rejects.toMatchObject({ code: 'model_corrupt' })
    answer = serve(weights)
    await models.pull('test-model')
    expect(await models.verify('test-model')).toEqual([])
  })

  it('says plainly that the file is not there, or that nobody answers', async () => {
    await publish()
    answer = (_, response) => response.writeHead(404).end()
    await expect((await store(base)).pull('test-model')).rejects.toThrow(/answered 404 for weights.bin/)
    answer = (_, response) => response.destroy()
    await expect((await store(base)).pull('test-model')).rejects.toThrow(
      /does not answer.*TIMBRE_MODEL_MIRROR.*No other model for noise-removal is installed/,
    )
    expect(seen.length).toBeGreaterThan(2)
  }, 20_000)

  it('stops at once when it is canceled, and keeps what has arrived', async () => {
    await publish()
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': weights.length })
      response.write(weights.subarray(0, 70_000))
    }
    const abort = new AbortController()
    const pull = (await store(base)).pull('test-model', {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    })
    await expect(pull).rejects.toMatchObject({ code: 'canceled' })
    expect((await stat(join(dataDir, 'models/.partial/test-model@1/weights.bin.part'))).size).toBeGreaterThan(
      0,
    )
  })

  it('lets one process pull a model at a time, and takes over from one that died', async () => {
    await publish()
    answer = (request, response) => setTimeout(() => serve(weights)(request, response), 300)
    const [one, other] = [await store(base), await store(base)]
    const results = await Promise.allSettled([one.pull('test-model'), other.pull('test-model')])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    })
    await one.remove('test-model')
    const claim = join(dataDir, 'models/.partial/test-model@1.claim')
    await writeFile(claim, 'process 1 on a machine that is no more, x')
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(claim, longAgo, longAgo)
    const again = await Promise.allSettled([one.pull('test-model'), other.pull('test-model')])
    expect(again.map(({ status }) => status)).toContain('fulfilled')
    expect(await one.verify('test-model')).toEqual([])
  })
})
