import { packagedFfmpeg } from '../fixtures/audio-files'
import { testManifest } from '../fixtures/model-folder'
import {
  noResources,
  type CapabilityTask,
  type HandlerContext,
  type TaskVoice,
} from '../../src/capabilities/capability'
import { voiceChangerParameters, type VoiceChangerParameters } from '../../src/capabilities/voice-changer'
import { voiceChangerEngines } from '../../src/capabilities/voice-changer/engines'
import { createVoiceChangerHandler } from '../../src/capabilities/voice-changer/handler'
import { createModelCache } from '../../src/inference/model-cache'
import type { Runtime } from '../../src/inference/runtime'

export interface ChangerRun {
  path: string
  outputDir: string
  /** As a client sends them. */
  parameters: Record<string, unknown>
  /** Sample of the voice `target`. */
  target?: string
  task?: Partial<CapabilityTask<VoiceChangerParameters>>
  signal?: AbortSignal
  progress?: HandlerContext['progress']
  runCapability?: HandlerContext['runCapability']
  /** Default: one that refuses, as the model of the task needs none by default. */
  runtime?: Runtime
}

/** Runs the voice changer on a file, as a runner process does. */
export function runChanger({ path, outputDir, parameters, target, ...changes }: ChangerRun) {
  const voice: TaskVoice | undefined = target
    ? { id: 'target', name: 'Target', samplePath: target, profile: null }
    : undefined
  const models = createModelCache({
    runtime: changes.runtime ?? { createSession: () => Promise.reject(new Error('no network is needed')) },
    maxBytes: 1e8,
    idleMs: 1000,
  })
  return createVoiceChangerHandler(voiceChangerEngines).run(
    {
      input: { kind: 'audio', path },
      parameters: voiceChangerParameters.parse(parameters),
      resources: voice ? { ...noResources, voices: { target: voice } } : noResources,
      model: {
        manifest: testManifest({ engine: 'world', capability: 'voice-changer', files: [] }),
        path: (file) => file,
      },
      outputDir,
      outputFormat: 'flac',
      previewSeconds: null,
      inputPreviewSeconds: null,
      maxInputSeconds: 600,
      ...changes.task,
    },
    {
      signal: changes.signal ?? new AbortController().signal,
      seed: 1,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      progress: changes.progress ?? (() => undefined),
      ffmpeg: packagedFfmpeg,
      models,
      helperModel: () => null,
      helperModels: () => [],
      publishPart: () => undefined,
      runCapability: changes.runCapability ?? (() => Promise.reject(new Error('no other capability'))),
    },
  )
}

export interface TalkerOptions {
  rateHz: number
  seconds: number
  pitchHz: number
  /** Factor of the formants of a vocal tract of 17 cm. */
  formants?: number
}

/** Speech-like sound: vowels of gliding pitch, hissing consonants between them, and a pause every second. */
export function talker({ rateHz, seconds, pitchHz, formants = 1 }: TalkerOptions): Float32Array {
  const random = noiseSource()
  const resonances = [500, 1500, 2500, 3500].map((hz) => hz * formants)
  const gainAt = (hz: number, vowel: number) =>
    resonances.reduce(
      (sum, centre, n) => sum + (0.7 ** n * 80 ** 2) / ((hz - centre * (n < 2 ? vowel : 1)) ** 2 + 80 ** 2),
      0.01,
    )
  let phase = 0
  let amplitudes: number[] = []
  return Float32Array.from({ length: Math.round(seconds * rateHz) }, (_, n) => {
    const time = n / rateHz
    const place = time % 0.25
    if (time % 1 > 0.8) return 0.0005 * random()
    if (place < 0.06) return 0.03 * random()
    const hz = pitchHz * 2 ** (0.12 * Math.sin(2 * Math.PI * 0.7 * time))
    if (n % 64 === 0 || amplitudes.length === 0) {
      const vowel = [1, 0.75, 1.3, 0.9][Math.floor(time / 0.25) % 4]!
      const count = Math.floor(Math.min(5000, 0.45 * rateHz) / hz)
      amplitudes = Array.from({ length: count }, (_, k) => gainAt((k + 1) * hz, vowel))
    }
    phase += (2 * Math.PI * hz) / rateHz
    const fade = Math.min(1, (place - 0.06) / 0.02, (0.25 - place) / 0.02)
    return 0.12 * fade * amplitudes.reduce((sum, a, k) => sum + a * Math.sin((k + 1) * phase), 0)
  })
}

/** A voice that sings: semitones above `pitchHz`, half a second each, with vibrato and a breath between the notes. */
export function singer(rateHz: number, pitchHz: number, melody: readonly number[]): Float32Array {
  const noteSeconds = 0.5
  const breath = noiseSource()
  let phase = 0
  return Float32Array.from({ length: Math.round(melody.length * noteSeconds * rateHz) }, (_, n) => {
    const time = n / rateHz
    const place = time % noteSeconds
    if (place > noteSeconds - 0.06) return 0.02 * breath()
    const vibrato = 0.4 * Math.sin(2 * Math.PI * 5.5 * time)
    const hz = pitchHz * 2 ** ((melody[Math.floor(time / noteSeconds)]! + vibrato) / 12)
    phase += (2 * Math.PI * hz) / rateHz
    const fade = Math.min(1, place / 0.03, (noteSeconds - 0.06 - place) / 0.03)
    let sum = 0
    for (let k = 1; k * hz < 0.45 * rateHz && k <= 14; k++) sum += Math.sin(k * phase) / k
    return 0.1 * fade * sum
  })
}

function noiseSource(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
}
