import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createDefaultRegistry, type TaskResult } from '../../src/capabilities'
import { createModelStore } from '../../src/inference'
import { createModelCache } from '../../src/inference/model-cache'
import { createOrtRuntime } from '../../src/inference/ort-runtime'
import { createTaskExecutor, type TaskExecutor } from '../../src/runner/execute'
import { transcriptSchema } from '../../src/transcript/transcript'
import { packagedFfmpeg } from '../fixtures/audio-files'

const clip = 'test/fixtures/speech/coffee.opus'
const starter = 'timbre-listen-en'

let folder: string
let executor: TaskExecutor
const models = createModelCache({
  runtime: createOrtRuntime({ providers: ['cpu'] }),
  maxBytes: 1024 ** 3,
  idleMs: 60_000,
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-editing-'))
  const store = await createModelStore({ modelsDir: 'models', dataDir: folder })
  executor = createTaskExecutor({ registry: createDefaultRegistry(), models, store, ffmpeg: packagedFfmpeg })
})
afterAll(async () => {
  await models.clear()
  await rm(folder, { recursive: true, force: true })
})

async function run(
  capability: string,
  model: string,
  parameters: Record<string, unknown>,
  stages: string[] = [],
): Promise<TaskResult> {
  return executor.execute(
    {
      ...{ capability, model, parameters, input: { kind: 'audio', path: clip }, previewSeconds: null },
      outputDir: await mkdtemp(join(folder, 'task-')),
    },
    {
      signal: new AbortController().signal,
      seed: 0,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      progress: (stage) => stages.push(stage),
    },
  )
}

describe('editing by words that the starter recogniser hears', { timeout: 120_000 }, () => {
  it('finds every word that the recogniser writes down, at its times', async () => {
    const heard = await run('speech-to-text', starter, { language: 'en' })
    const transcript = transcriptSchema.parse(JSON.parse(await readFile(heard.output.path, 'utf8')))
    const words = transcript.segments.flatMap((segment) => segment.words)
    expect(words.length).toBeGreaterThan(0)
    // Patterns instead of the words themselves: none is listened for in particular, so that the same is heard.
    const stages: string[] = []
    const parameters = {
      keywords: ['?*'],
      match: 'exact',
      recognizer: starter,
      language: 'en',
      dry_run: true,
    }
    await expect(run('voice-editor', 'mute1', parameters)).rejects.toMatchObject({
      code: 'invalid_parameter',
    })
    const patterns = [...new Set(words.map(({ text }) => `${text.slice(0, 1)}*`))]
    const found = await run('voice-editor', 'mute1', { ...parameters, keywords: patterns }, stages)
    const hits = found.details!.hits as { start: number; end: number; text: string }[]
    expect(hits.map(({ text, start, end }) => ({ text, start, end }))).toEqual(
      words.map(({ text, start, end }) => ({
        ...{ text, start: expect.closeTo(start, 5) as number, end: expect.closeTo(end, 5) as number },
      })),
    )
    expect(found.billedSeconds).toBe(0)
    expect(new Set(stages).size).toBeGreaterThan(2)
  })

  it('says which command brings a recogniser that is not installed', async () => {
    await expect(
      run('voice-editor', 'mute1', { keywords: ['coffee'], recognizer: 'whisper-large-v3-turbo' }),
    ).rejects.toMatchObject({
      code: 'model_file_missing',
      message: expect.stringContaining('pull whisper-large-v3-turbo') as string,
    })
  })
})
