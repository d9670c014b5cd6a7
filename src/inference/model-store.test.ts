import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { sha256, testManifest, testWeights, writeModel } from '../../test/fixtures/model-folder'
import { createModelStore } from './model-store'

let folder: string
let modelsDir: string
let dataDir: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-store-'))
  modelsDir = join(folder, 'models')
  dataDir = join(folder, 'data')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const store = (mirror?: string) => createModelStore({ modelsDir, dataDir, mirror })

describe('reading manifests', () => {
  it('leaves a broken manifest out, by name, and keeps the others', async () => {
    await writeModel(modelsDir, testManifest())
    await writeModel(modelsDir, testManifest({ id: 'Not An Id' }))
    const directory = await writeModel(modelsDir, testManifest({ id: 'torn' }))
    await writeFile(join(directory, 'manifest.json'), '{"id": "torn", ')
    const { list, broken } = await store()
    expect(list().map(({ manifest }) => manifest.id)).toEqual(['test-model'])
    expect(broken.map(({ path }) => path).sort()).toEqual([
      join(modelsDir, 'noise-removal/Not An Id-1/manifest.json'),
      join(modelsDir, 'noise-removal/torn-1/manifest.json'),
    ])
  })

  it('refuses files outside of the model’s folder', async () => {
    const files = [{ path: '../../../etc/passwd', bytes: 1, sha256: sha256(testWeights) }]
    await writeModel(modelsDir, testManifest({ files }), null)
    expect((await store()).broken).toHaveLength(1)
  })

  it('reports a second manifest with the same id and version', async () => {
    await writeModel(modelsDir, testManifest())
    await writeModel(modelsDir, testManifest({ capability: 'other' }))
    const { list, broken } = await store()
    expect(list()).toHaveLength(1)
    expect(broken[0]!.reason).toMatch(/taken by another/)
  })

  it('knows several versions, the newest first', async () => {
    await writeModel(modelsDir, testManifest({ version: '1.9.0' }))
    await writeModel(modelsDir, testManifest({ version: '1.10.0' }))
    const { get } = await store()
    expect(get('test-model').manifest.version).toBe('1.10.0')
    expect(get('test-model', '1.9.0').manifest.version).toBe('1.9.0')
    expect(() => get('test-model', '2')).toThrow(expect.objectContaining({ code: 'model_not_found' }))
  })

  it('takes the lowest rank that is installed as the default', async () => {
    await writeModel(modelsDir, testManifest({ id: 'a-last', rank: 20 }))
    await writeModel(modelsDir, testManifest({ id: 'b-first', rank: 10 }))
    await writeModel(modelsDir, testManifest({ id: 'c-absent', rank: 1 }), null)
    const { defaultModel, list } = await store()
    expect(defaultModel('noise-removal')?.manifest.id).toBe('b-first')
    expect(defaultModel('dubbing')).toBeNull()
    expect(
      list('noise-removal').map((entry) => [entry.manifest.id, entry.starter, entry.installed()]),
    ).toEqual([
      ['c-absent', false, false],
      ['b-first', true, true],
      ['a-last', true, true],
    ])
  })

  it('says how to install a file that is missing', async () => {
    await writeModel(modelsDir, testManifest(), null)
    const { files } = (await store()).get('test-model')
    expect(() => files.path('weights.bin')).toThrow(/npm run models -- pull test-model/)
  })

  it('finds damaged weights', async () => {
    await writeModel(modelsDir, testManifest(), Buffer.from('weightz of a test model'))
    expect(await (await store()).verify('test-model')).toEqual(['weights.bin is damaged'])
  })

  it('copes with a folder that does not exist', async () => {
    expect((await store()).list()).toEqual([])
  })
})

describe('pulling from a folder', () => {
  it('installs the files and notes them in the lock file', async () => {
    const mirror = join(folder, 'mirror')
    await mkdir(join(mirror, 'published/v1'), { recursive: true })
    await writeFile(join(mirror, 'published/v1/w.bin'), testWeights)
    const files = [{ ...testManifest().files[0]!, mirror: 'published/v1/w.bin' }]
    await writeModel(modelsDir, testManifest({ files }), null)
    const models = await store(mirror)
    const received: number[] = []
    await models.pull('test-model', { onProgress: ({ receivedBytes }) => received.push(receivedBytes) })
    const entry = models.get('test-model')
    expect(entry.installed()).toBe(true)
    expect(entry.starter).toBe(false)
    expect(await readFile(entry.files.path('weights.bin'))).toEqual(testWeights)
    expect(received.at(-1)).toBe(testWeights.length)
    expect(await models.verify('test-model')).toEqual([])
    expect(JSON.parse(await readFile(join(dataDir, 'models/models.lock.json'), 'utf8'))).toMatchObject({
      'test-model@1': { files: { 'weights.bin': sha256(testWeights) } },
    })
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

  it('says what to do where there is nothing to fetch from', async () => {
    await writeModel(modelsDir, testManifest(), null)
    await expect((await store()).pull('test-model')).rejects.toThrow(/TIMBRE_MODEL_MIRROR/)
    await expect((await store(folder)).pull('test-model')).rejects.toThrow(
      /mirror does not hold test-model\/weights.bin/,
    )
    await expect((await store()).pull('nothing')).rejects.toMatchObject({ code: 'model_not_found' })
  })
})

describe('pulling over HTTP', () => {
  const weights = Buffer.alloc(200_000, 'timbre')
  let server: Server
  let base: string
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  const ranges: (string | undefined)[] = []

  beforeEach(async () => {
    ranges.length = 0
    server = createServer((request, response) => {
      ranges.push(request.headers.range)
      answer(request, response)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const files = [{ path: 'weights.bin', bytes: weights.length, sha256: sha256(weights) }]
    await writeModel(modelsDir, testManifest({ files }), null)
  })

  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const serveRange = (request: IncomingMessage, response: ServerResponse) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(start > 0 ? 206 : 200)
    response.end(weights.subarray(start))
  }

  it('goes on where the connection broke', async () => {
    let broken = false
    answer = (request, response) => {
      if (broken) return serveRange(request, response)
      broken = true
      response.writeHead(200, { 'content-length': weights.length })
      response.write(weights.subarray(0, 70_000), () => setTimeout(() => response.destroy(), 100))
    }
    const models = await store(base)
    await models.pull('test-model')
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)])
    expect(await models.verify('test-model')).toEqual([])
    expect(await readdir(join(dataDir, 'models/.partial'))).toEqual([])
  })

  it('starts again where the server knows no ranges', async () => {
    const partial = join(dataDir, 'models/.partial/test-model@1')
    await mkdir(partial, { recursive: true })
    await writeFile(join(partial, 'weights.bin.part'), Buffer.alloc(1000, 1))
    answer = (_, response) => response.end(weights)
    const models = await store(base)
    await models.pull('test-model')
    expect(await models.verify('test-model')).toEqual([])
  })

  it('says plainly that the file is not there, or that nobody answers', async () => {
    answer = (_, response) => response.writeHead(404).end()
    await expect((await store(base)).pull('test-model')).rejects.toThrow(/answered 404 for weights.bin/)
    answer = (_, response) => response.destroy()
    await expect((await store(base)).pull('test-model')).rejects.toThrow(
      /does not answer.*TIMBRE_MODEL_MIRROR/,
    )
    expect(ranges.length).toBeGreaterThan(2)
  }, 20_000)
})
