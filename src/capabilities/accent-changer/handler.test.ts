import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, wavFile } from '../../../test/fixtures/audio-files'
import { testManifest } from '../../../test/fixtures/model-folder'
import { transcriptOf } from '../../../test/support/voice-editor'
import { AppError } from '../../platform/errors'
import type { Transcript } from '../../transcript/transcript'
import { noResources, type HandlerContext, type SubTask, type TaskResult } from '../capability'
import { createAccentChangerHandler } from './handler'
import { accentChangerParameters } from './index'

const rate = 16_000
let folder: string
let outputDir: string
let path: string
let original: Float32Array[]

/** Three seconds of pulses at 125 Hz, which has a pitch and formants everywhere, in two channels. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-accent-'))
  path = join(folder, 'speech.wav')
  let smooth = 0
  const voice = Float32Array.from({ length: 3 * rate }, (_, n) => {
    smooth = 0.9 * smooth + (n % 128 === 0 ? 0.5 : 0)
    return smooth - 0.05
  })
  await writeFile(path, wavFile([voice, voice], rate))
  original = await decodeWhole(packagedFfmpeg, path)
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Run {
  engine?: 'vowel-shift' | 'respeak'
  transcript?: Transcript
  parameters?: Record<string, unknown>
  before?(task: SubTask): void
  signal?: AbortSignal
}

const spoken = transcriptOf(
  [
    ['bath', 0.5, 1.1],
    ['bird', 1.6, 2.2],
  ],
  3,
)

function change({ engine = 'vowel-shift', transcript = spoken, parameters = {}, before, signal }: Run) {
  const asked: SubTask[] = []
  const runCapability: HandlerContext['runCapability'] = async (task) => {
    asked.push(task)
    before?.(task)
    const file = join(outputDir, 'transcript-given.json')
    await writeFile(file, JSON.stringify(transcript))
    const dubbed = task.capability === 'dubbing'
    return {
      output: { path: dubbed ? path : file },
      ...{ waveform: { input: [0.1], output: [] }, details: { warnings: [{ code: 'runs_over' }] } },
    } as unknown as TaskResult
  }
  const manifest = testManifest({ id: engine, engine, capability: 'accent-changer', files: [] })
  const quiet = () => undefined
  const result = createAccentChangerHandler().run(
    {
      ...{ input: { kind: 'audio', path }, resources: noResources, outputDir, outputFormat: 'wav' },
      parameters: accentChangerParameters.parse(parameters),
      model: { manifest, path: (file) => file },
      ...{ previewSeconds: null, inputPreviewSeconds: null, maxInputSeconds: 3600 },
    },
    {
      ...{ signal: signal ?? new AbortController().signal, seed: 1, ffmpeg: packagedFfmpeg, runCapability },
      ...{ log: { debug: quiet, info: quiet, warn: quiet }, progress: quiet, publishPart: quiet },
      models: {
        acquire: () => Promise.reject(new Error('no network is needed')),
        loaded: () => [],
        clear: () => Promise.resolve(),
      },
      ...{ helperModel: () => null, helperModels: () => [] },
    },
  )
  return { asked, result }
}

const differs = (a: Float32Array, b: Float32Array) => [...a.keys()].filter((n) => a[n] !== b[n])

describe('moving vowels', () => {
  it('changes the vowels, and nothing else by a single bit', async () => {
    const { result } = change({ parameters: { target_accent: 'en-GB', strength: 1 } })
    const { output, details, artifacts } = await result
    const out = await decodeWhole(packagedFfmpeg, output.path)
    const changes = details!.changes as { start: number; end: number; rule: string }[]
    expect(changes.map(({ rule }) => rule)).toEqual(['bath', 'nurse-without-r'])
    out.forEach((samples, channel) => {
      expect(samples.length).toBe(original[channel]!.length)
      const changed = differs(samples, original[channel]!)
      expect(changed.length).toBeGreaterThan(rate / 10)
      const outside = changed.filter(
        (n) => !changes.some(({ start, end }) => n >= Math.floor(start * rate) - 1 && n <= end * rate + 1),
      )
      expect(outside).toEqual([])
    })
    const listed = artifacts.find(({ name }) => name === 'changes.json')!
    expect(JSON.parse(await readFile(listed.path, 'utf8'))).toEqual(changes)
  })

  it('without strength gives the recording back', async () => {
    const { output } = await change({ parameters: { strength: 0 } }).result
    const [samples] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
    expect(differs(samples, original[0]!)).toEqual([])
  })

  it('aligns a transcript that is given', async () => {
    const { result, asked } = change({ parameters: { transcript: 'bath bird' } })
    await result
    expect(asked.map(({ parameters }) => parameters)).toEqual([
      { language: 'en', task: 'align', script: 'bath bird' },
    ])
  })
})

describe('speaking anew', () => {
  it('has the words said with the accent’s phones, in their places', async () => {
    const { result, asked } = change({ engine: 'respeak', parameters: { strength: 1 } })
    const { output, details, waveform } = await result
    expect(asked[1]).toMatchObject({ capability: 'dubbing', model: 'dub_mo2', parameters: { ssml: true } })
    const { segments } = asked[1]!.parameters as { segments: { start: number; text: string }[] }
    expect(segments.map(({ start }) => start)).toEqual([0.5, 1.6])
    expect(segments[0]!.text).toContain('ph="B AA1 TH"')
    expect(output.audio).toMatchObject({ frames: 3 * rate, channels: 2 })
    expect(waveform.input).toEqual([0.1])
    expect(details).toMatchObject({ changed_word_count: 1, warnings: [{ code: 'runs_over' }] })
  })
})

describe.each(['vowel-shift', 'respeak'] as const)('%s', (engine) => {
  it('says so where there are no words', async () => {
    const silent = { ...spoken, segments: [] }
    await expect(change({ engine, transcript: silent }).result).rejects.toMatchObject({
      ...{ code: 'invalid_media', message: expect.stringContaining('No English words') as string },
    })
  })

  it.each(engine === 'respeak' ? ['speech-to-text', 'dubbing'] : ['speech-to-text'])(
    'stops where it is canceled in %s',
    async (capability) => {
      const before = (task: SubTask) => {
        if (task.capability === capability) throw new AppError('canceled')
      }
      const { result, asked } = change({ engine, before })
      await expect(result).rejects.toMatchObject({ code: 'canceled' })
      expect(asked.at(-1)!.capability).toBe(capability)
    },
  )

  it('stops where it is canceled while writing', async () => {
    const abort = new AbortController()
    const before = () => {
      abort.abort()
    }
    await expect(change({ engine, before, signal: abort.signal }).result).rejects.toMatchObject({
      code: 'canceled',
    })
  })
})
