import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDefaultRegistry } from '../../capabilities'
import { createModelStore } from '../../inference'
import { createDeadlines, type Deadlines } from './deadlines'

const hourMs = 3_600_000
let dataDir: string
let deadlines: Deadlines

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'timbre-deadlines-'))
  const store = await createModelStore({ modelsDir: 'models', dataDir })
  deadlines = createDeadlines(createDefaultRegistry(), store)
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

describe('how long a job may run', () => {
  it.each([
    ['background-music', 'timbre-composer', 'musicgen-small'],
    ['vibe-music', 'timbre-vibe', 'tango-clips'],
    ['sound-effects', 'timbre-foley', 'audioldm-s-full-v2'],
  ])('in %s depends on the model: %s has minutes, %s hours', (capability, quick, slow) => {
    expect(deadlines.of({ capability, modelId: quick }, 10)).toBeLessThan(0.5 * hourMs)
    expect(deadlines.of({ capability, modelId: slow }, 10)).toBeGreaterThan(2 * hourMs)
    expect(deadlines.longest(capability, 10)).toBeGreaterThanOrEqual(
      deadlines.of({ capability, modelId: slow }, 10),
    )
  })

  it('is enough for the longest music of a model that takes fifty seconds for one', () => {
    const ms = deadlines.of({ capability: 'background-music', modelId: 'musicgen-small' }, 10)
    expect(ms).toBeGreaterThan(600 * 50 * 1000)
  })

  it('is that of the capability for a model that is gone, or states nothing', () => {
    const registry = createDefaultRegistry()
    for (const modelId of ['gone', 'rnnoise']) {
      const ms = deadlines.of({ capability: 'noise-removal', modelId }, 60)
      expect(ms).toBe(registry.get('noise-removal').deadlineMs(60))
    }
  })
})
