import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/inference'
import type { AdminModel, AdminModelList } from '../../src/modules/models/admin-schemas'
import type { CapabilityDescription, Estimate } from '../../src/modules/models'
import { testManifest } from '../fixtures/model-folder'
import { noisySpeech } from '../fixtures/recordings'
import { expectStatus, signUp, type ApiClient } from '../support/api-client'
import { rootDir, startProduct, type TestProduct } from '../support/product'

const weights = Buffer.alloc(400_000, 'timbre')
const starterDir = path.join(rootDir, 'models/noise-removal/timbre-denoise-48k')

let mirror: Server
/** Paths that were asked for with GET. */
let fetched: string[] = []
/** Holds answers back in the middle, until the test lets them go. */
let held: { release(): void } | null = null
let product: TestProduct
let user: ApiClient
let admin: Awaited<ReturnType<typeof signInAdmin>>

beforeAll(async () => {
  mirror = createServer((request, response) => {
    void answer(request.url ?? '').then((bytes) => {
      response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' })
      if (request.method === 'HEAD') return response.end()
      fetched.push(request.url ?? '')
      if (!held) return response.end(bytes)
      response.write(bytes.subarray(0, 100_000))
      held.release = () => response.end(bytes.subarray(100_000))
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => mirror.once('listening', resolve))
  const { port } = mirror.address() as AddressInfo
  product = await startProduct({ environment: { TIMBRE_MODEL_MIRROR: `http://127.0.0.1:${port}` } })
  user = await signUp(product)
  admin = await signInAdmin(product)
})

afterAll(async () => {
  await product.stop()
  mirror.closeAllConnections()
  mirror.close()
})

async function answer(url: string): Promise<Buffer> {
  return url.endsWith('.onnx') ? readFile(path.join(starterDir, 'model.onnx')) : weights
}

/** The first administrator, whose password the tests set. */
async function signInAdmin({ url, container, config }: TestProduct) {
  await container.users.ensureAdmin()
  const login = await fetch(`${url}/api/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: config.ADMIN_EMAIL, password: config.ADMIN_PASSWORD }),
  })
  const { access_token: token } = (await (await expectStatus(login, 200)).json()) as { access_token: string }
  const request = (method: string, at: string, body?: unknown, base = url) =>
    fetch(base + at, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  const list = async (base = url): Promise<AdminModelList> =>
    (await (
      await expectStatus(await request('GET', '/api/admin/models', undefined, base), 200)
    ).json()) as AdminModelList
  return {
    request,
    list,
    model: async (id: string): Promise<AdminModel> => (await list()).data.find((model) => model.id === id)!,
    async until(id: string, reached: (model: AdminModel) => boolean): Promise<AdminModel> {
      const giveUpAt = Date.now() + 20_000
      for (;;) {
        const model = await this.model(id)
        if (reached(model)) return model
        if (Date.now() > giveUpAt) throw new Error(`the model is still ${JSON.stringify(model)}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}

const helper = testManifest({
  id: 'test-vad',
  capability: 'voice-activity',
  files: [{ path: 'weights.bin' }],
})

/** The product's own denoiser under another name, to be pulled from the mirror. */
async function otherDenoiser(version: string): Promise<Manifest> {
  const manifest = JSON.parse(await readFile(path.join(starterDir, 'manifest.json'), 'utf8')) as Manifest
  return { ...manifest, id: 'other', version, rank: 900 }
}

async function capability(base = product.url): Promise<CapabilityDescription> {
  const response = await fetch(`${base}/api/audio/capabilities`)
  const { data } = (await response.json()) as { data: CapabilityDescription[] }
  return data.find(({ id }) => id === 'noise-removal')!
}

describe('the admin API of models', () => {
  it('is for administrators only', async () => {
    const routes = [
      ['GET', '/api/admin/models'],
      ['POST', '/api/admin/models'],
      ['PUT', '/api/admin/models/dtln'],
      ['DELETE', '/api/admin/models/dtln'],
      ['POST', '/api/admin/models/dtln/pull'],
      ['DELETE', '/api/admin/models/dtln/pull'],
      ['POST', '/api/admin/models/dtln/verify'],
    ] as const
    for (const [method, at] of routes) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {}
      expect((await user.request(method, at, body)).status, `${method} ${at}`).toBe(403)
      expect((await fetch(product.url + at, { method })).status, `${method} ${at}`).toBe(401)
    }
    expect(
      await product.container.database.auditEntry.count({ where: { action: { startsWith: 'model.' } } }),
    ).toBe(0)
  })

  it('adds a helper model, which users do not see', async () => {
    expect((await admin.request('POST', '/api/admin/models', { ...helper, version: '../x' })).status).toBe(
      422,
    )
    const added = await expectStatus(await admin.request('POST', '/api/admin/models', helper), 201)
    expect(await added.json()).toMatchObject({
      ...{ id: 'test-vad', internal: true, enabled: true, version: '1' },
      versions: [{ version: '1', added: true, installed: false, bytes: null, pull: null }],
    })
    expect((await admin.request('POST', '/api/admin/models', helper)).status).toBe(409)
    expect(product.container.modelStore.defaultModel('voice-activity')).not.toBeNull()
    const { data } = (await (await fetch(`${product.url}/api/audio/capabilities`)).json()) as {
      data: { id: string }[]
    }
    expect(data.map(({ id }) => id)).not.toContain('voice-activity')
  })

  it('pulls in the background, once for two calls, and stops when told to', async () => {
    held = { release: () => undefined }
    fetched = []
    const first = await expectStatus(await admin.request('POST', '/api/admin/models/test-vad/pull'), 202)
    expect(await first.json()).toMatchObject({ versions: [{ pull: { status: 'running' } }] })
    await expectStatus(await admin.request('POST', '/api/admin/models/test-vad/pull'), 202)
    const underWay = await admin.until('test-vad', ({ versions }) => versions[0]!.pull!.received_bytes > 0)
    expect(underWay.versions[0]!.pull).toMatchObject({ status: 'running', total_bytes: weights.length })
    await expectStatus(await admin.request('DELETE', '/api/admin/models/test-vad/pull'), 202)
    await admin.until('test-vad', ({ versions }) => versions[0]!.pull!.status === 'canceled')
    expect(fetched).toHaveLength(1)
    expect((await admin.request('DELETE', '/api/admin/models/test-vad/pull')).status).toBe(409)
    held = null
  })

  it('pulls, verifies and removes', async () => {
    await expectStatus(await admin.request('POST', '/api/admin/models/test-vad/pull'), 202)
    const pulled = await admin.until('test-vad', ({ versions }) => versions[0]!.pull!.status !== 'running')
    expect(pulled.versions[0]).toMatchObject({
      ...{ installed: true, bytes: weights.length },
      pull: { status: 'completed', received_bytes: weights.length, error: null },
    })
    const verified = await admin.request('POST', '/api/admin/models/test-vad/verify')
    expect(await verified.json()).toEqual({ id: 'test-vad', version: '1', in_order: true, problems: [] })
    expect((await admin.request('DELETE', '/api/admin/models/test-vad?version=9')).status).toBe(404)
    expect((await admin.request('DELETE', '/api/admin/models/test-vad')).status).toBe(204)
    expect(await admin.model('test-vad')).toBeUndefined()
    expect((await admin.request('DELETE', '/api/admin/models/timbre-denoise-48k')).status).toBe(409)
  })

  it('says why a pull failed', async () => {
    const nowhere = { ...helper, id: 'nowhere', files: [{ ...helper.files[0]!, sha256: '0'.repeat(64) }] }
    await expectStatus(await admin.request('POST', '/api/admin/models', nowhere), 201)
    await expectStatus(await admin.request('POST', '/api/admin/models/nowhere/pull'), 202)
    const failed = await admin.until('nowhere', ({ versions }) => versions[0]!.pull!.status !== 'running')
    expect(failed.versions[0]!.pull).toMatchObject({
      status: 'failed',
      error: { code: 'model_corrupt', message: expect.stringContaining('weights.bin') as string },
    })
  })

  it('offers what is switched on, with the default that was chosen, in every process', async () => {
    const second = await startProduct({
      databaseUrl: product.databaseUrl,
      dataDir: product.config.dataDir,
    })
    for (const version of ['1', '2']) {
      await expectStatus(await admin.request('POST', '/api/admin/models', await otherDenoiser(version)), 201)
      await expectStatus(await admin.request('POST', `/api/admin/models/other/pull?version=${version}`), 202)
      await admin.until('other', ({ versions }) =>
        versions.some((one) => one.version === version && one.installed),
      )
    }
    const other = async (base?: string) => (await capability(base)).models.find(({ id }) => id === 'other')
    expect(await other()).toMatchObject({ version: '2', available: true, default: false })

    const change = (body: object) => admin.request('PUT', '/api/admin/models/other', body)
    await expectStatus(await change({ default: true, version: '1' }), 200)
    expect(await other()).toMatchObject({ version: '1', default: true })
    await expect.poll(() => other(second.url)).toMatchObject({ version: '1', default: true })

    const off = (await (await expectStatus(await change({ enabled: false }), 200)).json()) as AdminModel
    expect(off).toMatchObject({ enabled: false, default: false })
    expect(await other()).toBeUndefined()
    await expect.poll(() => other(second.url)).toBeUndefined()
    const refused = await user.process(noisySpeech({ seconds: 1 }), 'talk.wav', { model_name: 'other' })
    expect(refused.status).toBe(404)
    expect(await refused.json()).toMatchObject({
      code: 'model_not_found',
      detail: expect.stringContaining('switched off') as string,
    })
    expect((await change({ default: true })).status).toBe(409)
    expect((await change({ enabled: true, version: '3' })).status).toBe(404)
    await second.stop()
  })

  it('runs jobs on the chosen version, shows where it is loaded, and learns how fast it is', async () => {
    await expectStatus(
      await admin.request('PUT', '/api/admin/models/other', { enabled: true, default: true, version: '1' }),
      200,
    )
    const estimate = async (body: object) =>
      (
        await expectStatus(await user.request('POST', '/api/audio/estimate', body), 200)
      ).json() as Promise<Estimate>
    const question = { capability: 'noise-removal', input_seconds: 90.2 }
    expect(await estimate(question)).toEqual({
      ...{ model_name: 'other', cost_seconds: 91, output_seconds: null },
      ...{ estimated_processing_seconds: null, real_time_factor: null },
    })
    await product.startWorker()
    const { job_id: jobId } = await user.start(noisySpeech({ seconds: 3 }))
    expect(await user.finished(jobId)).toMatchObject({ status: 'completed', model_name: 'other' })
    await expect.poll(async () => (await estimate(question)).real_time_factor).toBeGreaterThan(0)
    const learned = await estimate(question)
    expect(learned.estimated_processing_seconds).toBeGreaterThan(learned.real_time_factor! * 90)
    expect((await capability()).models.find(({ id }) => id === 'other')!.real_time_factor).toBe(
      learned.real_time_factor,
    )
    const shown = await admin.until('other', ({ loaded }) => loaded.length > 0)
    expect(shown.loaded[0]).toMatchObject({ version: '1', provider: 'cpu', users: 0 })
    expect(shown.loaded[0]!.load_ms).toBeGreaterThan(0)
    expect(shown.speeds).toEqual([{ provider: 'cpu', jobs: 1, real_time_factor: learned.real_time_factor }])
    const tooLong = { ...question, input_seconds: 1e9 }
    expect((await user.request('POST', '/api/audio/estimate', tooLong)).status).toBe(422)
  }, 60_000)

  it('wrote down who did what', async () => {
    const entries = await product.container.database.auditEntry.findMany({
      where: { action: { startsWith: 'model.' } },
      orderBy: { id: 'asc' },
    })
    const { id } = await product.container.database.user.findFirstOrThrow({ where: { role: 'admin' } })
    expect(new Set(entries.map(({ userId }) => userId))).toEqual(new Set([id]))
    expect(new Set(entries.map(({ action }) => action))).toEqual(
      new Set([
        ...['model.added', 'model.pull_started', 'model.pull_canceled'],
        ...['model.verified', 'model.removed', 'model.changed'],
      ]),
    )
    expect(entries.at(-1)!.details).toMatchObject({ model: 'other', enabled: true, version: '1' })
  })
})
