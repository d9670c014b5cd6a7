import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, wavFile } from '../../../test/fixtures/audio-files'
import { runChanger, talker, type ChangerRun } from '../../../test/support/voice-changer'
import type { Runtime, Tensor } from '../../inference/runtime'
import {
  hop,
  openVoiceModel,
  rateHz as modelRateHz,
  sharedRuntime,
  unpackOpenVoice,
} from '../../../test/support/tiny-openvoice'

let folder: string
let outputDir: string
let low: string
let high: string
const rateHz = 16_000
const lowVoice = talker({ rateHz, seconds: 2, pitchHz: 110 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-openvoice-handler-'))
  unpackOpenVoice(folder)
  low = await wav('low.wav', [lowVoice], rateHz)
  high = await wav('high.wav', [talker({ rateHz, seconds: 2, pitchHz: 210, formants: 1.15 })], rateHz)
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function wav(name: string, channels: Float32Array[], rate: number): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, wavFile(channels, rate))
  return path
}

/** Into the voice `target`, by the tiny network. */
function turn(run: Partial<ChangerRun> = {}, model = openVoiceModel(folder)) {
  return runChanger({
    ...{ path: low, outputDir, target: high, parameters: { target_voice_id: 'target' } },
    ...{ runtime: sharedRuntime, ...run, task: { model, ...run.task } },
  })
}

const soundOf = (path: string) => decodeWhole(packagedFfmpeg, path)

describe('the voice changer with OpenVoice', () => {
  it('turns a recording into another voice, as long to the sample', async () => {
    const stages = new Set<string>()
    const { output, details, report, billedSeconds } = await turn({
      progress: (stage) => void stages.add(stage),
    })
    const [samples] = (await soundOf(output.path)) as [Float32Array]
    expect(samples).toHaveLength(lowVoice.length)
    expect(samples.some((x, n) => Math.abs(x - lowVoice[n]!) > 0.01)).toBe(true)
    expect(billedSeconds).toBe(2)
    expect([...stages]).toEqual(['analyze', 'change-voice'])
    expect(report).toMatchObject({ provider: 'cpu', model: { id: 'tiny-openvoice' } })
    expect(details).toMatchObject({ target_voice: { id: 'target' }, formant_shift: null, pace: 1 })
    // Random weights make noises without a pitch.
    expect(details).toMatchObject({ output_pitch_hz: null, pitch_semitones: null })
  })

  it('measures the pitch of what came out', async () => {
    const runtime: Runtime = {
      async createSession(graph) {
        const session = await sharedRuntime.createSession(graph)
        if (!session.inputNames.includes('audio')) return session
        const hums = ({ audio }: Record<string, Tensor>) => {
          const seconds = (audio!.dims[2]! * hop) / modelRateHz
          const data = talker({ rateHz: modelRateHz, seconds, pitchHz: 180 })
          return Promise.resolve({ sound: { data, dims: [1, 1, data.length] } })
        }
        return { ...session, run: hums }
      },
    }
    const { details } = await turn({ runtime })
    const { output_pitch_hz: hz, pitch_semitones: shift } = details as Record<string, number>
    expect(Math.abs(12 * Math.log2(hz! / 180))).toBeLessThan(0.5)
    expect(shift).toBeCloseTo(12 * Math.log2(180 / 112.4), 0)
  })

  it('gives the same for the same seed', async () => {
    const once = async () => {
      const { output } = await turn({ task: { outputDir: await mkdtemp(join(folder, 'same-')) } })
      return soundOf(output.path)
    }
    expect(await once()).toEqual(await once())
  })

  it('takes 8 channels at 8 kHz', async () => {
    const voice = talker({ rateHz: 8000, seconds: 1, pitchHz: 120 })
    const path = await wav('eight.wav', new Array<Float32Array>(8).fill(voice), 8000)
    const { output } = await turn({ path })
    expect(output.audio).toEqual({ sampleRateHz: 8000, channels: 8, frames: 8000 })
  })

  it('needs a voice, one that there is, and a recording that holds one', async () => {
    const nobody = turn({ parameters: { target_voice_id: 'nobody' } })
    await expect(nobody).rejects.toMatchObject({ code: 'invalid_parameter' })
    const short = await wav('short.wav', [lowVoice.subarray(0, rateHz / 10)], rateHz)
    await expect(turn({ path: short })).rejects.toMatchObject({ code: 'invalid_media' })
  })

  it('stops in the middle when canceled, and leaves nothing', async () => {
    const stop = new AbortController()
    const path = await wav('long.wav', [talker({ rateHz, seconds: 10, pitchHz: 110 })], rateHz)
    const run = turn(
      {
        ...{ path, signal: stop.signal },
        progress: (stage, fraction) => stage === 'change-voice' && fraction > 0.5 && stop.abort(),
      },
      openVoiceModel(folder, { window_frames: 60 }),
    )
    await expect(run).rejects.toMatchObject({ code: 'canceled' })
    expect(await readdir(outputDir)).toEqual([])
  })

  it('says that a file is damaged', async () => {
    const damaged = await mkdtemp(join(folder, 'damaged-'))
    unpackOpenVoice(damaged)
    await writeFile(join(damaged, 'tone_color_extract_model.onnx'), 'not a network')
    await expect(turn({}, openVoiceModel(damaged))).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})
