import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { testManifest } from '../../../test/fixtures/model-folder'
import { AppError } from '../../platform/errors'
import type { Transcript } from '../../transcript/transcript'
import type { HandlerContext, SubTask, TaskResult } from '../capability'
import { dubbingParameters } from './index'
import type { DubSegment } from './segments'
import type { Sound } from './sound'
import { translateSegments } from './translate'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-translate-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const segment = (start: number, end: number, changes: Partial<DubSegment> = {}): DubSegment => ({
  ...{ start, end, sourceText: 'Hola.', text: '', speaker: null, approved: false, ...changes },
})
const segments = [segment(1, 2), segment(3, 5, { text: 'As I say.' }), segment(6, 7)]

/** What Whisper says in English of the recording; its words lie elsewhere than the segments. */
const english: Transcript = {
  ...{ language: 'en', duration: 8, text: '', speakers: [], model: { id: 'whisper', version: '1' } },
  segments: [
    {
      ...{ start: 0.8, end: 7.6, text: '', speaker: null, decoding: null },
      words: [
        { text: 'Good', start: 0.8, end: 1.1, confidence: 1 },
        { text: 'morning,', start: 1.1, end: 2.3, confidence: 1 },
        { text: 'never', start: 3.5, end: 4, confidence: 1 },
        { text: 'friend.', start: 7.2, end: 7.6, confidence: 1 },
      ],
    },
  ],
}

/** Nothing translates here but a recogniser of these languages. */
async function translate(languages: string[], target: string, engine = 'whisper') {
  const asked: SubTask[] = []
  const manifest = testManifest({ engine, capability: 'speech-to-text', languages })
  const context = {
    progress: () => undefined,
    helperModel: () => ({ manifest, path: (file: string) => file }),
    async runCapability(task: SubTask): Promise<TaskResult> {
      asked.push(task)
      if (task.capability === 'translation') {
        throw new AppError('model_not_found', { message: 'Nothing here translates.' })
      }
      await mkdir(task.outputDir, { recursive: true })
      const path = join(task.outputDir, 'transcript.json')
      await writeFile(path, JSON.stringify(english))
      return { output: { path } } as unknown as TaskResult
    },
  } as unknown as HandlerContext
  const parameters = dubbingParameters.parse({ target_language: target, source_language: 'es' })
  const sound = { path: 'talk.wav' } as Sound
  const request = { segments, parameters, sound, outputDir: folder, sourceLanguage: 'es' }
  const { segments: filled, missing } = await translateSegments(request, context)
  return { texts: filled.map(({ text }) => text), missing, asked }
}

it('a Whisper that translates gives every line without text the words that are nearest to it', async () => {
  const { texts, missing, asked } = await translate(['en', 'es'], 'en-GB')
  expect(texts).toEqual(['Good morning,', 'As I say.', 'friend.'])
  expect(missing).toBeNull()
  expect(asked.map(({ capability }) => capability)).toEqual(['translation', 'speech-to-text'])
  expect(asked[1]!.parameters).toMatchObject({ task: 'translate', language: 'es' })
})

it.each([
  ['into another language than English', ['en', 'es'], 'fr', 'whisper'],
  ['with a Whisper of English only', ['en'], 'en', 'whisper'],
  ['with another recogniser', ['en', 'es'], 'en', 'ctc'],
] as const)('%s the texts stay open, with the reason', async (_, languages, target, engine) => {
  const { texts, missing, asked } = await translate([...languages], target, engine)
  expect(texts).toEqual(['', 'As I say.', ''])
  expect(missing).toBe('Nothing here translates.')
  expect(asked).toHaveLength(1)
})
