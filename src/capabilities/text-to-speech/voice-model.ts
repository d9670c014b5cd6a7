import { z } from 'zod'

import type { Engine } from '../../inference/engine'
import type { Manifest } from '../../inference/manifest'
import type { SpokenWord } from '../../text/utterance'
import { modelVoices, type ModelVoice } from '../speech-models'
import { melConventionSchema, type Mel } from './mel'

/** Options that every model of text to speech has; engines have their own beside them. */
const voiceOptionsSchema = z.object({
  /** Id of the vocoder that is used unless a job names another one; engines that give sound need none. */
  vocoder: z.string().optional(),
  mel: melConventionSchema.prefault({}),
})

export type VoiceOptions = z.output<typeof voiceOptionsSchema> & { voices: ModelVoice[] }

/** Its voices (a model that lists none has one, named as itself), default vocoder and mel convention. */
export function voiceOptionsOf(manifest: Manifest): VoiceOptions {
  return { ...voiceOptionsSchema.parse(manifest.options), voices: modelVoices(manifest) }
}

/** What is to be said in one go: a sentence or a part of it. */
export interface SpeakInput {
  words: readonly SpokenWord[]
  voice: ModelVoice
  /** 2 = twice as fast. Engines that cannot change their pace leave it to the caller: see `Spoken.rate`. */
  rate: number
  seed: number
}

/** Where a word lies, in seconds from the beginning. */
export interface WordSpan {
  start: number
  end: number
}

export interface Spoken {
  sound: { kind: 'mel'; mel: Mel } | { kind: 'samples'; samples: Float32Array }
  /** One of each word of the input, in order. */
  words: WordSpan[]
  /** How much of the wanted rate is in the sound already: 1 = nothing. */
  rate: number
  /** What went wrong and could not be mended, for people to read; null where nothing did. */
  problem: string | null
}

/** An acoustic model, or a network that makes sound of text by itself. */
export interface VoiceEngine extends Engine<SpeakInput, Spoken> {
  /** Whether it gives mels rather than sound. */
  needsVocoder: boolean
  /** Whether a voice of the model can say the word. */
  reads(word: SpokenWord, manifest: Manifest): boolean
}

/** What a vocoder is to make sound of. */
export interface VocoderInput {
  mel: Mel
  seed: number
  /** Standard deviation of the noise that the sound is made from; engines without noise ignore it. */
  sigma: number
  /** 0–1 and above: how much of the vocoder's own hum is taken away; engines without one ignore it. */
  denoiser: number
}

/** Gives `mel.frames` × hop samples. */
export type VocoderEngine = Engine<VocoderInput, Float32Array>

/** Every architecture that text to speech knows. */
export interface SpeechSynthesisEngines {
  voices: readonly VoiceEngine[]
  vocoders: readonly VocoderEngine[]
}
