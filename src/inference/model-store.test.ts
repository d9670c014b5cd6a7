import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
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
    expect(() => files.path('weights.bin')).toThrow(/npm run models pull test-model@1/)
  })

  it('finds damaged weights', async () => {
    await writeModel(modelsDir, testManifest(), Buffer.from('weightz of a test model'))
    expect(await (await store()).verify('test-model')).toEqual(['weights.bin is damaged'])
  })

  it('copes with a folder that does not exist', async () => {
    expect((await store()).list()).toEqual([])
  })
})

describe('the manifests of the product', () => {
  it('are valid, and say where everything comes from that is not beside them', async () => {
    const { list, broken } = await createModelStore({ modelsDir: 'models', dataDir })
    expect(broken).toEqual([])
    const nowhere = list()
      .filter(({ starter }) => !starter)
      .flatMap(({ manifest }) =>
        // What is not published as ONNX names the program that exports it.
        manifest.files
          .filter(({ url }) => !url && !manifest.provenance?.script?.includes('export'))
          .map(({ path }) => [manifest.id, path]),
      )
    expect(nowhere).toEqual([])
    const capabilities = ['noise-removal', 'speech-to-text', 'speaker-embedding', 'voice-activity']
    expect([...new Set(list().map(({ manifest }) => manifest.capability))]).toEqual(
      expect.arrayContaining(capabilities),
    )
  })
})

describe('several versions', () => {
  it('takes the newest that is installed where none is named', async () => {
    await writeModel(modelsDir, testManifest({ version: '2' }), null)
    await writeModel(modelsDir, testManifest({ version: '1' }))
    const { get, list } = await store()
    expect(get('test-model').manifest.version).toBe('1')
    expect(list().map(({ manifest }) => manifest.version)).toEqual(['1', '2'])
  })

  it('refuses an id that a model for something else has', async () => {
    await writeModel(modelsDir, testManifest())
    await writeModel(modelsDir, testManifest({ capability: 'dubbing', version: '2' }))
    expect((await store()).broken[0]!.reason).toMatch(/taken by a model for dubbing|noise-removal/)
  })
})

describe('adding and removing', () => {
  const added = () => testManifest({ id: 'added', capability: 'voice-activity', version: '1.0' })

  it('takes a manifest in, and every other store sees it', async () => {
    const [one, other] = [await store(), await store()]
    expect(other.list()).toEqual([])
    const entry = await one.add(added())
    expect(entry).toMatchObject({ added: true, starter: false })
    expect(other.defaultModel('voice-activity')?.manifest.id).toBe('added')
    expect(existsSync(join(dataDir, 'manifests/voice-activity/added/1.0/manifest.json'))).toBe(true)
    await other.remove('added')
    expect(one.list()).toEqual([])
  })

  it('refuses what is no manifest, by field, and what is there already', async () => {
    const models = await store()
    await models.add(added())
    await expect(models.add({ ...added(), version: '../../x' })).rejects.toThrow(/version: /)
    await expect(
      models.add({ ...added(), version: '2', files: [{ path: 'w', url: 'http://example.org/w' }] }),
    ).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining('files.0.url') as string,
    })
    await expect(models.add(added())).rejects.toMatchObject({ code: 'conflict' })
  })

  it('removes pulled files, and says what it cannot remove', async () => {
    const mirror = join(folder, 'mirror/test-model')
    await mkdir(mirror, { recursive: true })
    await writeFile(join(mirror, 'weights.bin'), testWeights)
    await writeModel(modelsDir, testManifest(), null)
    await writeModel(modelsDir, testManifest({ id: 'starter' }))
    const models = await store(join(folder, 'mirror'))
    await models.pull('test-model')
    expect(models.get('test-model').installed()).toBe(true)
    await models.remove('test-model', '1')
    expect(models.get('test-model').installed()).toBe(false)
    expect(models.get('test-model').bytes()).toBe(testWeights.length)
    await expect(models.remove('test-model')).rejects.toThrow(/not installed/)
    await expect(models.remove('starter')).rejects.toThrow(/comes with the product/)
    await expect(models.remove('starter', '7')).rejects.toMatchObject({ code: 'model_not_found' })
  })
})
