import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { packagedFfmpeg, sine, wavFile } from '../fixtures/audio-files'
import { testManifest } from '../fixtures/model-folder'
import {
  noResources,
  type CapabilityTask,
  type HandlerContext,
  type SubTask,
  type TaskResult,
} from '../../src/capabilities/capability'
import { dubbingParameters, type DubbingParameters } from '../../src/capabilities/dubbing'
import { createDubbingHandler } from '../../src/capabilities/dubbing/handler'
import { AppError } from '../../src/platform/errors'
import type { Transcript } from '../../src/transcript/transcript'

export interface DubRun {
  path: string
  outputDir: string
  model?: 'dub_mo1' | 'dub_mo2'
  /** As a client sends them. */
  parameters: Record<string, unknown>
  task?: Partial<CapabilityTask<DubbingParameters>>
  context?: Partial<HandlerContext>
}

/** Runs the dubbing handler on a file, as a runner process does. */
export function runDub({ path, outputDir, model = 'dub_mo1', parameters, task, context }: DubRun) {
  const manifest = testManifest({
    ...{ id: model, engine: 'timeline', capability: 'dubbing', files: [] },
    options: { own_voice: model === 'dub_mo2' },
  })
  return createDubbingHandler().run(
    {
      input: { kind: 'audio', path },
      parameters: dubbingParameters.parse(parameters),
      resources: noResources,
      model: { manifest, path: (file) => file },
      outputDir,
      outputFormat: 'flac',
      previewSeconds: null,
      inputPreviewSeconds: null,
      maxInputSeconds: 4 * 3600,
      ...task,
    },
    {
      signal: new AbortController().signal,
      seed: 1,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      progress: () => undefined,
      ffmpeg: packagedFfmpeg,
      models: {
        acquire: () => Promise.reject(new Error('no network is needed')),
        loaded: () => [],
        clear: () => Promise.resolve(),
      },
      helperModel: () => null,
      helperModels: () => [],
      publishPart: () => undefined,
      runCapability: () => Promise.reject(new Error('nothing else is needed')),
      ...context,
    },
  )
}

export interface FakeCapabilities {
  transcript?: Transcript
  /** Of a text; default: null, there is none. */
  translate?(line: string): string
  /** Length of the speech that is made of a text. */
  secondsOf?(text: string): number
  /** Called before a capability runs. */
  before?(task: SubTask): void
}

const speechRateHz = 22_050

/**
 * Stands in for the other capabilities: speech is a tone of 300 Hz with silence around it, the changed voice a softer
 * copy of it, the background of a recording what is below a tenth of full scale.
 */
export function fakeCapabilities(fakes: FakeCapabilities) {
  const asked: SubTask[] = []
  const runCapability: HandlerContext['runCapability'] = async (task, progress) => {
    asked.push(task)
    fakes.before?.(task)
    progress(task.capability, 0.5)
    await mkdir(task.outputDir, { recursive: true })
    const path = await answer(task, fakes)
    return { output: { path, contentType: '', bytes: 1 } } as unknown as TaskResult
  }
  const count = (capability: string) => asked.filter((task) => task.capability === capability).length
  return { runCapability, asked, count }
}

async function answer(task: SubTask, fakes: FakeCapabilities): Promise<string> {
  const at = (name: string) => join(task.outputDir, name)
  const { input } = task
  switch (task.capability) {
    case 'speech-to-text':
      await writeFile(at('transcript.json'), JSON.stringify(fakes.transcript))
      return at('transcript.json')
    case 'translation': {
      if (!fakes.translate || input.kind !== 'text') {
        throw new AppError('model_not_found', { message: 'Nothing here translates from en into es.' })
      }
      const lines = input.text.split('\n').map(fakes.translate)
      await writeFile(at('translation.json'), JSON.stringify({ lines }))
      return at('translation.json')
    }
    case 'text-to-speech': {
      const seconds = input.kind === 'text' ? (fakes.secondsOf?.(input.text) ?? 1) : 0
      const silence = new Float32Array(0.3 * speechRateHz)
      const tone = sine(300, Math.round(seconds * speechRateHz), speechRateHz, 0.3)
      await writeFile(at('output.wav'), wavFile([[...silence, ...tone, ...silence]], speechRateHz))
      return at('output.wav')
    }
    case 'voice-changer':
      return transform(task, at('output.wav'), (sample) => sample / 2)
    case 'noise-removal':
      return transform(task, at('output.wav'), (sample) => Math.max(-0.1, Math.min(0.1, sample)) / 2)
    default:
      throw new Error(`no ${task.capability}`)
  }
}

async function transform({ input }: SubTask, path: string, change: (sample: number) => number) {
  const source = (input as { path: string }).path
  const decoded = await packagedFfmpeg.decode(source, { maxSeconds: 3600 })
  const parts: number[][] = Array.from({ length: decoded.channels }, () => [])
  for await (const block of decoded.blocks) {
    block.channels.forEach((samples, channel) => {
      for (const sample of samples) parts[channel]!.push(change(sample))
    })
  }
  await writeFile(path, wavFile(parts, decoded.sampleRateHz))
  return path
}
