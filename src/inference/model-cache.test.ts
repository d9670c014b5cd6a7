import { describe, expect, it, vi } from 'vitest'

import { testManifest } from '../../test/fixtures/model-folder'
import type { Engine, ModelFiles } from './engine'
import { createModelCache } from './model-cache'
import type { Runtime, Session } from './runtime'

const session: Session = {
  provider: 'webgpu',
  inputNames: [],
  outputNames: [],
  run: () => Promise.resolve({}),
  release: () => Promise.resolve(),
}
const runtime: Runtime = { createSession: () => Promise.resolve(session) }

function files(id: string): ModelFiles {
  return { manifest: testManifest({ id }), path: (file) => file }
}

/** An engine that notes what it loads and unloads. */
function countingEngine(bytes = 100) {
  const loaded: string[] = []
  const released: string[] = []
  const engine: Engine<number, number> = {
    id: 'counting',
    async load({ manifest }, run) {
      await run.createSession('graph')
      await new Promise((resolve) => setTimeout(resolve, 5))
      loaded.push(manifest.id)
      return {
        bytes,
        run: (input) => Promise.resolve(input + 1),
        release: () => {
          released.push(manifest.id)
          return Promise.resolve()
        },
      }
    },
  }
  return { engine, loaded, released }
}

describe('model cache', () => {
  it('loads a model once for concurrent requests and lends it to all', async () => {
    const { engine, loaded } = countingEngine()
    const cache = createModelCache({ runtime, maxBytes: 1000, idleMs: 60_000 })
    const leases = await Promise.all([1, 2, 3].map(() => cache.acquire(engine, files('a'))))
    expect(loaded).toEqual(['a'])
    expect(await leases[2]!.model.run(1, undefined as never)).toBe(2)
    expect(leases[0]!.provider).toBe('webgpu')
    expect(cache.loaded()).toMatchObject([
      { id: 'a', version: '1', bytes: 100, users: 3, provider: 'webgpu' },
    ])
    leases.forEach((lease) => lease.release())
    leases[0]!.release()
    expect(cache.loaded()[0]!.users).toBe(0)
  })

  it('unloads the least recently used model that is not in use', async () => {
    const { engine, released } = countingEngine(1024 ** 2)
    const cache = createModelCache({ runtime, maxBytes: 2.5 * 1024 ** 2, idleMs: 60_000 })
    const use = async (id: string) => (await cache.acquire(engine, files(id))).release()
    await use('a')
    await use('b')
    await use('a')
    await use('c')
    expect(released).toEqual(['b'])
    expect(cache.loaded().map(({ id }) => id)).toEqual(['a', 'c'])
  })

  it('never unloads what is in use', async () => {
    const { engine, released } = countingEngine(1024 ** 2)
    const cache = createModelCache({ runtime, maxBytes: 1024 ** 2, idleMs: 60_000 })
    const a = await cache.acquire(engine, files('a'))
    const b = await cache.acquire(engine, files('b'))
    expect(released).toEqual([])
    a.release()
    await vi.waitFor(() => expect(released).toEqual(['a']))
    b.release()
  })

  it('unloads what has not been used for a while', async () => {
    const { engine, released } = countingEngine()
    const cache = createModelCache({ runtime, maxBytes: 1000, idleMs: 40 })
    const lease = await cache.acquire(engine, files('a'))
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(released).toEqual([])
    lease.release()
    await vi.waitFor(() => expect(released).toEqual(['a']))
    expect(cache.loaded()).toEqual([])
  })

  it('warms a model up as a part of loading it, on the providers that its manifest allows', async () => {
    const { engine } = countingEngine()
    const warmUp = vi.fn(() => Promise.resolve())
    const createSession = vi.fn(runtime.createSession)
    const cache = createModelCache({ runtime: { createSession }, maxBytes: 1000, idleMs: 60_000 })
    const load: typeof engine.load = async (...given) => ({ ...(await engine.load(...given)), warmUp })
    const picky: ModelFiles = {
      ...files('a'),
      manifest: testManifest({ id: 'a', providers: ['cuda', 'cpu'] }),
    }
    await Promise.all([1, 2].map(() => cache.acquire({ ...engine, load }, picky)))
    expect(warmUp).toHaveBeenCalledTimes(1)
    expect(createSession.mock.calls).toEqual([['graph', { providers: ['cuda', 'cpu'] }]])
  })

  it('names every provider where the graphs of a model are on different ones', async () => {
    const { engine } = countingEngine()
    const providers = ['cuda', 'cpu']
    const createSession = () => Promise.resolve({ ...session, provider: providers.shift()! })
    const cache = createModelCache({ runtime: { createSession }, maxBytes: 1000, idleMs: 60_000 })
    const load: typeof engine.load = async (model, run) => {
      await run.createSession('encoder')
      return engine.load(model, run)
    }
    expect((await cache.acquire({ ...engine, load }, files('a'))).provider).toBe('cuda+cpu')
  })

  it('puts a model on the CPU that loads elsewhere and does not run there', async () => {
    const { engine, released } = countingEngine()
    const cache = createModelCache({
      runtime: {
        createSession: (_, options) =>
          Promise.resolve({ ...session, provider: options?.providers?.[0] ?? 'webgpu' }),
      },
      maxBytes: 1000,
      idleMs: 60_000,
    })
    const load: typeof engine.load = async (model, run) => {
      const { provider } = await run.createSession('graph')
      const warmUp = () =>
        provider === 'cpu' ? Promise.resolve() : Promise.reject(new Error('no such kernel'))
      return { ...(await engine.load(model, run)), warmUp }
    }
    expect((await cache.acquire({ ...engine, load }, files('a'))).provider).toBe('cpu')
    expect(released).toEqual(['a'])
  })

  it('tries again after a load that failed', async () => {
    const { engine } = countingEngine()
    const load = vi.fn(engine.load).mockRejectedValueOnce(new Error('torn file'))
    const cache = createModelCache({ runtime, maxBytes: 1000, idleMs: 60_000 })
    await expect(cache.acquire({ ...engine, load }, files('a'))).rejects.toThrow('torn file')
    expect(cache.loaded()).toEqual([])
    await expect(cache.acquire({ ...engine, load }, files('a'))).resolves.toBeDefined()
  })

  it('forgets everything on request', async () => {
    const { engine, released } = countingEngine()
    const cache = createModelCache({ runtime, maxBytes: 1000, idleMs: 60_000 })
    ;(await cache.acquire(engine, files('a'))).release()
    await cache.clear()
    expect(released).toEqual(['a'])
  })
})
