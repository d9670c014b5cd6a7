import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg } from '../fixtures/audio-files'
import { createModelStore } from '../../src/inference'
import { createModelCache, type ModelCache } from '../../src/inference/model-cache'
import { createTaskExecutor, type ExecutionContext, type TaskExecutor } from '../../src/runner/execute'
import { transcriptSchema } from '../../src/transcript/transcript'
import { noResources, type TaskResources, type TaskResult } from '../../src/capabilities/capability'
import { createCapabilityRegistry } from '../../src/capabilities/registry'
import { testRuntime } from '../../src/capabilities/text-to-speech/engines/testing/tiny-networks'
import { textToSpeech } from '../../src/capabilities/text-to-speech'
import { quietJob } from '../../src/capabilities/text-to-speech/testing/quiet-job'

/* Everything as it is delivered: text front end, starter voice, vocoder, encoder. */

let folder: string
let outputDir: string
let models: ModelCache
let executor: TaskExecutor

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-whole-'))
  models = createModelCache({ runtime: testRuntime, maxBytes: 1e9, idleMs: 60_000 })
  const store = await createModelStore({ modelsDir: 'models', dataDir: folder })
  const registry = createCapabilityRegistry([textToSpeech])
  executor = createTaskExecutor({ registry, store, models, ffmpeg: packagedFfmpeg })
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(async () => {
  await models.clear()
  await rm(folder, { recursive: true, force: true })
})

const speak = (
  text: string,
  parameters: Record<string, unknown> = {},
  context: Partial<ExecutionContext> = {},
  resources: TaskResources = noResources,
) =>
  executor.execute(
    {
      ...{ capability: 'text-to-speech', input: { kind: 'text', text }, parameters },
      ...{ outputDir, outputFormat: 'flac', previewSeconds: 30, resources },
    },
    { ...quietJob(), ...context },
  )

describe('text to speech, as it is delivered', () => {
  it('reads numbers and abbreviations, and tells when each is said', async () => {
    const parts: string[] = []
    const text = 'Dr. Hill paid $5.50. Why?'
    const result = await speak(text, {}, { publishPart: (file) => void parts.push(file) })
    expect(result.details).toMatchObject({ voice: { kind: 'model' }, vocoder: 'timbre-harmonic' })
    expect(result.output.durationSeconds).toBeGreaterThan(2)
    expect(result.output.durationSeconds).toBeLessThan(15)
    expect(parts).toHaveLength(2)
    const { path } = result.artifacts.find(({ name }) => name === 'transcript.json')!
    const transcript = transcriptSchema.parse(JSON.parse(await readFile(path, 'utf8')))
    const words = transcript.segments.flatMap((segment) => segment.words)
    expect(words.map((word) => word.text)).toEqual(['Dr.', 'Hill', 'paid', '$5.50.', 'Why?'])
    for (const [index, { start, end }] of words.entries()) {
      expect(end).toBeGreaterThan(start)
      if (index > 0) expect(start).toBeGreaterThanOrEqual(words[index - 1]!.end)
    }
    const samples = (await decodeWhole(packagedFfmpeg, result.output.path))[0]!
    const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
    expect(level).toBeGreaterThan(0.005)
    expect(Math.max(...[samples[0]!, samples.at(-1)!].map(Math.abs))).toBeLessThan(0.001)
  })

  it('the same seed gives the same bytes', async () => {
    const bytes = async () => readFile((await speak('One more time.', { seed: 3 })).output.path)
    const first = await bytes()
    outputDir = await mkdtemp(join(folder, 'out-'))
    expect((await bytes()).equals(first)).toBe(true)
  })

  it('does what SSML asks for, and says what is wrong with it', async () => {
    const plain = await speak('One two three.')
    outputDir = await mkdtemp(join(folder, 'out-'))
    const ssml = '<speak>One <break time="2s"/> two three.</speak>'
    const paused = await speak(ssml, { ssml: true })
    expect(paused.output.durationSeconds - plain.output.durationSeconds).toBeGreaterThan(1.5)
    outputDir = await mkdtemp(join(folder, 'out-'))
    await expect(speak('<speak>One <break', { ssml: true })).rejects.toMatchObject({
      code: 'invalid_parameter',
    })
  })

  it('says a word as the user’s dictionary does', async () => {
    const entry = { written: 'Nguyen', spoken: 'wɪn', alphabet: 'ipa' as const }
    const plain = await speak('Ask Nguyen.', { seed: 1 })
    outputDir = await mkdtemp(join(folder, 'out-'))
    const resources = { voices: {}, dictionaries: { d1: [entry] } }
    const taught = await speak('Ask Nguyen.', { seed: 1, dictionary_id: 'd1' }, {}, resources)
    const length = (result: TaskResult) => result.output.audio!.frames
    expect(length(taught)).not.toBe(length(plain))
  })

  it('refuses what it cannot say', async () => {
    await expect(speak('🎉🎊')).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining('nothing to speak') as string,
    })
    await expect(speak('Привет, мир')).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining('Привет') as string,
    })
  })
})
