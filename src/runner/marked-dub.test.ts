import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, sine, wavFile } from '../../test/fixtures/audio-files'
import { fakeCapabilities, runDub, type DubRun } from '../../test/support/dubbing'
import { createWatermarkDetector } from '../audio/watermark-detect'
import { createRandom } from '../audio/synthesis/noise'
import { unpackFiles } from '../capabilities/dubbing/tar'
import type { HandlerContext, TaskResult } from '../capabilities/capability'
import { observeSound } from './observe-sound'

const rateHz = 22_050
const payload = 0x1234
const segments = [
  { start: 0.5, end: 9.5, text: 'uno', speaker: 'Ana' },
  { start: 10, end: 19, text: 'dos', speaker: 'Ana' },
]
let folder: string
let path: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-marked-'))
  path = join(folder, 'in.wav')
  await writeFile(path, wavFile([sine(300, 20 * rateHz, rateHz, 0.3)], rateHz))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Speech that a mark can be found in: noise of nine seconds. */
const speak: HandlerContext['runCapability'] = async (task, progress) => {
  const spoken = await fakeCapabilities({}).runCapability(task, progress)
  if (task.capability !== 'text-to-speech') return spoken
  const random = createRandom(task.input.kind === 'text' ? task.input.text.length : 0)
  const samples = Float32Array.from({ length: 9 * rateHz }, () => 0.1 * random.gaussian())
  await writeFile(spoken.output.path, wavFile([samples], rateHz))
  return spoken
}

async function dub(name: string, task: DubRun['task'] = {}) {
  const outputDir = join(folder, name)
  await mkdir(outputDir)
  const { ffmpeg } = observeSound(packagedFfmpeg, {
    ...{ inputPath: path, outputDir, speech: false, watermark: payload },
  })
  const parameters = { target_language: 'es', keep_background: false, segments }
  return runDub({
    ...{ path, outputDir, model: 'dub_mo2', parameters, task, context: { ffmpeg, runCapability: speak } },
  })
}

async function marksIn(file: string) {
  const detector = createWatermarkDetector(rateHz)
  detector.push({ channels: [(await decodeWhole(packagedFfmpeg, file))[0]!] })
  return detector.finish()
}

function archiveOf({ artifacts }: TaskResult): string {
  return artifacts.find(({ name }) => name === 'speech.tar')!.path
}

it('marks the speech that a dub leaves for later ones, and a dub that is made of it', async () => {
  const archive = archiveOf(await dub('first'))
  const into = join(folder, 'pieces')
  await mkdir(into)
  await unpackFiles(archive, into, () => true)
  // As it was spoken, and in the speaker's own voice.
  const pieces = await readdir(into)
  expect(pieces).toHaveLength(4)
  for (const piece of pieces) expect(await marksIn(join(into, piece))).toMatchObject([{ payload }])
  expect(await readdir(join(folder, 'first'))).not.toContainEqual(expect.stringMatching(/^speech-/))

  const earlier = { files: { 'speech.tar': archive }, models: [] }
  const second = await dub('second', { resources: { voices: {}, dictionaries: {}, earlier } })
  expect(second.details).toMatchObject({ spoken_count: 0, reused_count: 2 })
  expect(await marksIn(second.output.path)).toMatchObject([{ payload }])
})
