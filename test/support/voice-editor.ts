import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { packagedBinaries, packagedFfmpeg } from '../fixtures/audio-files'
import { testManifest } from '../fixtures/model-folder'
import type { Ffmpeg } from '../../src/audio/ffmpeg'
import type { Transcript, TranscriptWord } from '../../src/transcript/transcript'
import {
  noResources,
  type CapabilityTask,
  type HandlerContext,
  type SubTask,
  type TaskResult,
} from '../../src/capabilities/capability'
import { createVoiceEditorHandler } from '../../src/capabilities/voice-editor/handler'
import { voiceEditorParameters, type VoiceEditorParameters } from '../../src/capabilities/voice-editor'

export interface EditorRun {
  path: string
  outputDir: string
  model?: 'mute1' | 'mute2'
  /** As a client sends them. */
  parameters: Record<string, unknown>
  task?: Partial<CapabilityTask<VoiceEditorParameters>>
  ffmpeg?: Ffmpeg
  signal?: AbortSignal
  progress?: HandlerContext['progress']
  runCapability?: HandlerContext['runCapability']
}

const engines = { mute1: 'mute', mute2: 'bleep-cut' }

/** Runs the voice editor on a file, as a runner process does. */
export function runEditor({ path, outputDir, model = 'mute1', parameters, ...changes }: EditorRun) {
  return createVoiceEditorHandler().run(
    {
      input: { kind: 'audio', path },
      parameters: voiceEditorParameters.parse(parameters),
      resources: noResources,
      model: {
        manifest: testManifest({ id: model, engine: engines[model], capability: 'voice-editor', files: [] }),
        path: (file) => file,
      },
      outputDir,
      outputFormat: 'flac',
      previewSeconds: null,
      inputPreviewSeconds: null,
      maxInputSeconds: 4 * 3600,
      ...changes.task,
    },
    {
      signal: changes.signal ?? new AbortController().signal,
      seed: 1,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      progress: changes.progress ?? (() => undefined),
      ffmpeg: changes.ffmpeg ?? packagedFfmpeg,
      models: {
        acquire: () => Promise.reject(new Error('no network is needed')),
        loaded: () => [],
        clear: () => Promise.resolve(),
      },
      helperModel: () => null,
      helperModels: () => [],
      publishPart: () => undefined,
      runCapability: changes.runCapability ?? (() => Promise.reject(new Error('no recogniser'))),
    },
  )
}

/** A transcript of one segment. */
export function transcriptOf(
  words: [text: string, start: number, end: number][],
  duration: number,
): Transcript {
  const timed = words.map(([text, start, end]): TranscriptWord => ({ text, start, end, confidence: 0.9 }))
  const text = words.map(([word]) => word).join(' ')
  const segment = { start: words[0]?.[1] ?? 0, end: words.at(-1)?.[2] ?? 0, text, words: timed }
  return {
    ...{ language: 'en', duration, text, speakers: [{ id: 's1', name: 'Ana' }] },
    segments: [{ ...segment, speaker: 's1', decoding: null }],
    model: { id: 'truth', version: '1' },
  }
}

/** Stands in for the speech-to-text capability: gives the transcript, and keeps what it was asked. */
export function fakeRecognizer(transcript: Transcript) {
  const asked: SubTask[] = []
  const runCapability: HandlerContext['runCapability'] = async (task, progress) => {
    asked.push(task)
    progress('recognize', 0.5)
    await mkdir(task.outputDir, { recursive: true })
    const path = join(task.outputDir, 'transcript.json')
    await writeFile(path, JSON.stringify(transcript))
    const result = { output: { path, contentType: 'application/json', bytes: 1 } }
    return result as unknown as TaskResult
  }
  return { runCapability, asked }
}

export async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
}

/** What a program prints: ffmpeg by default. */
export function ask(args: string[], program: keyof typeof packagedBinaries = 'ffmpegPath'): Buffer {
  return execFileSync(packagedBinaries[program], ['-v', 'error', ...args], { maxBuffer: 256 * 1024 * 1024 })
}

/** Sample values of a file as whole numbers of `bits` bits, interleaved; not by our own decoder. */
export function integerSamples(path: string, bits: 16 | 32): Int16Array | Int32Array {
  const raw = ask(['-i', path, '-map', '0:a:0', '-f', `s${bits}le`, '-c:a', `pcm_s${bits}le`, '-'])
  const copy = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength)
  return bits === 16 ? new Int16Array(copy) : new Int32Array(copy)
}
