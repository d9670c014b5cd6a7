import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { testManifest, testWeights } from '../../test/fixtures/model-folder'
import { createModelStore } from '../../src/inference'
import { modelsCommand } from './command'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-models-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function models(...argv: string[]): Promise<{ code: number; output: string }> {
  let output = ''
  const sink = { write: (text: string) => (output += text) }
  const store = await createModelStore({
    modelsDir: 'models',
    dataDir: join(folder, 'data'),
    mirror: join(folder, 'mirror'),
  })
  const signal = new AbortController().signal
  return { code: await modelsCommand(argv, { store, stdout: sink, stderr: sink, signal }), output }
}

describe('npm run models', () => {
  it('adds, pulls, verifies and removes a model', async () => {
    const manifest = join(folder, 'manifest.json')
    const { bytes, sha256, ...unpinned } = testManifest().files[0]!
    expect([bytes, sha256]).not.toContain(undefined)
    await writeFile(manifest, JSON.stringify(testManifest({ id: 'brought', files: [unpinned] })))
    expect(await models('add', manifest)).toEqual({
      code: 0,
      output: 'brought@1 is added; fetch its files with: npm run models pull brought@1\n',
    })

    const missing = await models('pull', 'brought')
    expect(missing.code).toBe(1)
    expect(missing.output).toMatch(
      /mirror does not hold weights.bin.*noise-removal works with “timbre-denoise-48k”/,
    )
    await mkdir(join(folder, 'mirror/brought'), { recursive: true })
    await writeFile(join(folder, 'mirror/brought/weights.bin'), testWeights)
    expect(await models('pull', 'brought@1')).toEqual({ code: 0, output: 'brought@1 is installed\n' })
    expect((await models('list')).output).toMatch(/brought@1 .*0\.0 MB +installed +CC0-1\.0, added here/)

    await writeFile(join(folder, 'data/models/brought/1/weights.bin'), 'weightz of a test model')
    expect(await models('verify')).toEqual({
      code: 1,
      output: expect.stringContaining('is damaged') as string,
    })
    expect(await models('remove', 'brought')).toEqual({ code: 0, output: 'brought is removed\n' })
    const lock = await readFile(join(folder, 'data/models/models.lock.json'), 'utf8')
    expect(JSON.parse(lock)).toHaveProperty(['brought@1', 'files', 'weights.bin', 'sha256'], sha256)
  })

  it('says how it is used', async () => {
    const { code, output } = await models('fetch')
    expect(code).toBe(2)
    expect(output).toMatch(/^Usage: npm run models/)
  })
})
