import { packagedFfmpeg } from '../fixtures/audio-files'
import { testManifest } from '../fixtures/model-folder'
import { noResources, type CapabilityTask, type HandlerContext } from '../../src/capabilities/capability'
import { textToSpeechParameters, type TextToSpeechParameters } from '../../src/capabilities/text-to-speech'
import type { OpenFrontEnd } from '../../src/capabilities/text-to-speech/front-end'
import { createTextToSpeechHandler } from '../../src/capabilities/text-to-speech/handler'
import {
  melEngine,
  squareVocoder,
  toneEngine,
  toneRateHz,
} from '../../src/capabilities/text-to-speech/testing/tone-voice'
import { simpleUtterances } from '../../src/capabilities/text-to-speech/testing/words'
import type { Manifest, ModelFiles } from '../../src/inference'
import { createModelCache } from '../../src/inference/model-cache'
import type { Utterance } from '../../src/text/utterance'

export const toneModel = testManifest({
  ...{ id: 'tones', capability: 'text-to-speech', engine: 'tone', files: [], sampleRateHz: toneRateHz },
  options: {
    voices: [
      { id: 'ann', name: 'Ann', language: 'en-US' },
      { id: 'ben', name: 'Ben', language: 'en-GB' },
    ],
  },
})

export const squareModel = testManifest({
  ...{ id: 'square', capability: 'vocoder', engine: 'square', files: [], sampleRateHz: 22_050 },
})

export interface SpeechRun {
  text: string
  outputDir: string
  parameters?: Record<string, unknown>
  model?: Manifest
  vocoders?: Manifest[]
  /** Stands in for the front end. */
  utterances?: Iterable<Utterance>
  task?: Partial<CapabilityTask<TextToSpeechParameters>>
  context?: Partial<HandlerContext>
}

const engines = { voices: [toneEngine, melEngine], vocoders: [squareVocoder] }
const filesOf = (manifest: Manifest): ModelFiles => ({ manifest, path: (file) => file })

/** Speaks with a voice of tones, as a runner process does. */
export function runSpeech({ text, outputDir, parameters = {}, model = toneModel, ...changes }: SpeechRun) {
  const vocoders = changes.vocoders ?? [squareModel]
  const openFrontEnd: OpenFrontEnd = () =>
    Promise.resolve({
      frontEnd: {
        async *analyse(input) {
          await Promise.resolve()
          yield* changes.utterances ?? simpleUtterances(input)
        },
      },
      release: () => undefined,
    })
  const models = createModelCache({
    runtime: { createSession: () => Promise.reject(new Error('no network is needed')) },
    maxBytes: 1e9,
    idleMs: 1000,
  })
  const silent = () => undefined
  return createTextToSpeechHandler({ engines, openFrontEnd }).run(
    {
      input: { kind: 'text', text },
      parameters: textToSpeechParameters.parse(parameters),
      resources: noResources,
      model: filesOf(model),
      outputDir,
      outputFormat: 'wav',
      ...{ previewSeconds: null, inputPreviewSeconds: null, maxInputSeconds: 36_000 },
      ...changes.task,
    },
    {
      ...{ signal: new AbortController().signal, seed: 1, progress: silent, publishPart: silent },
      log: { debug: silent, info: silent, warn: silent },
      ffmpeg: packagedFfmpeg,
      models,
      helperModel(_kind, id) {
        const found = vocoders.find((manifest) => id === undefined || manifest.id === id)
        return found ? filesOf(found) : null
      },
      helperModels: () => [],
      runCapability: () => Promise.reject(new Error('no other capability is needed')),
      ...changes.context,
    },
  )
}
