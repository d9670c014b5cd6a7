import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, sine, wavFile } from '../../../../test/fixtures/audio-files'
import { testManifest } from '../../../../test/fixtures/model-folder'
import { createLoudnessMeter } from '../../../audio/synthesis/mixer-loudness'
import { createModelCache } from '../../../inference/model-cache'
import { noResources, type HandlerContext, type SubTask, type TaskResult } from '../../capability'
import { vibeMusicParameters, type VibeMusicParameters } from '../index'
import { effectsMaker } from './effects'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-clip-effects-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const rate = 16_000

/** As sound-effects answers: a quiet tone, in whole periods, at the model's rate. */
async function tone({ parameters }: SubTask): Promise<TaskResult> {
  const seconds = parameters.duration_seconds as number
  const frames = Math.round(seconds * rate)
  const path = join(folder, 'effect.wav')
  await writeFile(path, wavFile([sine(440, frames, rate, 0.1)], rate))
  return {
    output: {
      ...{ kind: 'audio', path, bytes: (await stat(path)).size, contentType: 'audio/wav' },
      ...{ durationSeconds: seconds, audio: { sampleRateHz: rate, channels: 1, frames } },
    },
    ...{ billedSeconds: seconds, preview: null, previewText: null, inputPreview: null, artifacts: [] },
    details: { warnings: ['told by the model'] },
    ...{ inputSeconds: seconds, waveform: { input: [], output: [] } },
    report: {
      timingsMs: { open: 1, inference: 2, encode: 3, total: 6 },
      ...{ realTimeFactor: 1, provider: 'cpu', model: { id: 'tango', version: '1' } },
    },
  }
}

async function make(
  text: string,
  changes: Partial<VibeMusicParameters>,
  options = { effects_model: 'tango' },
) {
  const asked: SubTask[] = []
  const shares: number[] = []
  const context: HandlerContext = {
    ...{ signal: new AbortController().signal, seed: 5, progress: () => undefined },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    ffmpeg: packagedFfmpeg,
    models: createModelCache({
      runtime: { createSession: () => Promise.reject(new Error('not needed')) },
      ...{ maxBytes: 1, idleMs: 1 },
    }),
    ...{ helperModel: () => null, helperModels: () => [], publishPart: () => undefined },
    async runCapability(task, progress) {
      asked.push(task)
      progress('denoise', 0.5)
      return tone(task)
    },
  }
  const music = await effectsMaker.make(
    {
      input: { kind: 'text', text },
      parameters: { ...vibeMusicParameters.parse({}), ...changes },
      ...{ resources: noResources, outputDir: await mkdtemp(join(folder, 'clip-')), outputFormat: 'flac' },
      model: {
        manifest: testManifest({ capability: 'vibe-music', files: [], options }),
        path: (file) => file,
      },
      ...{ previewSeconds: null, inputPreviewSeconds: null, maxInputSeconds: 60 },
    },
    context,
    (_, share) => shares.push(share),
  )
  return { music, asked: asked[0]!, shares, sound: await decodeWhole(packagedFfmpeg, music.path) }
}

describe('vibe clips by a model of sound effects', () => {
  it('tell it in words what is wanted, moods of emoji too', async () => {
    const { asked, music } = await make('rainy monday 😢', {
      ...{ duration_seconds: 5, bpm: 90, key: 'A minor', instrument: 'alto-saxophone' },
    })
    expect(asked).toMatchObject({
      ...{ capability: 'sound-effects', model: 'tango' },
      parameters: { duration_seconds: 5, loop: true, channels: 1, seed: 5 },
    })
    const { text } = asked.input as { text: string }
    expect(text).toMatch(
      /^rainy monday, .*sad.* music, solo alto saxophone, 90 beats per minute, in A minor$/,
    )
    expect(text).not.toContain('😢')
    expect(music.details.moods).toContain('sad')
    expect(music.details.warnings).toEqual(['told by the model', expect.stringContaining('in words')])
  })

  it('are stereo at 48 kHz, exactly as long and as loud as clips are, and loop without a step', async () => {
    const { music, sound, shares } = await make('calm', { duration_seconds: 6 })
    expect(music).toMatchObject({ sampleRateHz: 48_000, channels: 2, frames: 6 * 48_000 })
    expect(sound[0]).toHaveLength(6 * 48_000)
    const meter = createLoudnessMeter(48_000, 2)
    meter.add({ channels: sound })
    expect(Math.abs(meter.integrated() + 14)).toBeLessThan(0.5)
    expect(meter.peak()).toBeLessThan(10 ** (-1 / 20))
    // 440 Hz closes after whole seconds: at the seam the tone goes on.
    const steps = sound[0]!.map((value, at) => Math.abs(value - sound[0]!.at(at - 1)!))
    const largest = steps.slice(1).reduce((most, step) => Math.max(most, step), 0)
    expect(steps[0]).toBeLessThanOrEqual(1.01 * largest)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
  })

  it('last as the platform has it', async () => {
    const { asked } = await make('party', { platform: 'whatsapp-status', loop: false })
    expect(asked.parameters.duration_seconds).toBeGreaterThanOrEqual(15)
  })

  it('need a manifest that names the model', async () => {
    await expect(make('party', {}, {} as { effects_model: string })).rejects.toMatchObject({
      code: 'model_corrupt',
    })
  })
})
