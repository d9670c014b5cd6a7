import { z } from 'zod'

import type { CapabilityDefinition } from '../capability'
import { speechProblems } from './speech-problems'

export const maxTextCharacters = 100_000

export const textToSpeechParameters = z.strictObject({
  voice_id: z.string().max(80).default('').meta({
    title: 'Voice',
    control: 'voice',
    description: 'A voice of the model, or one of your voice library. Empty for the model’s first voice.',
  }),
  speed: z.number().min(0.5).max(2).default(1).describe('2 speaks twice as fast.'),
  pitch: z.number().min(-12).max(12).default(0).meta({
    title: 'Pitch (semitones)',
    description: 'Higher or lower than the voice speaks by itself.',
  }),
  volume: z.number().min(-30).max(12).default(0).meta({
    title: 'Volume (dB)',
    description: 'Louder or softer than the voice speaks by itself. Peaks are kept from clipping.',
  }),
  ssml: z.boolean().default(false).meta({
    title: 'SSML',
    description: 'Whether the text is SSML: break, prosody, emphasis, say-as, sub, phoneme, p and s.',
  }),
  dictionary_id: z.string().max(80).default('').meta({
    title: 'Pronunciation dictionary',
    control: 'dictionary',
    advanced: true,
    description: 'One of your dictionaries; its words are said as it says.',
  }),
  language: z
    .string()
    .regex(/^(auto|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$/, 'Give a language tag such as en-GB, or auto.')
    .default('auto')
    .meta({
      advanced: true,
      description: 'How numbers, dates and words are read, such as en-GB; “auto” goes by the voice.',
    }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .nullable()
    .default(null)
    .meta({ advanced: true, description: 'The same seed and text give the same sound.' }),
  vocoder: z.string().max(80).default('').meta({
    advanced: true,
    description: 'Model that turns the spectrogram into sound; empty for the one that the voice is made for.',
  }),
  sigma: z.number().min(0).max(1.5).default(0.7).meta({
    advanced: true,
    description: 'Strength of the noise that the vocoder starts from: less is smoother, more is livelier.',
  }),
  denoiser: z.number().min(0).max(1).default(0.01).meta({
    advanced: true,
    description: 'How much of the vocoder’s own hum is taken away (WaveGlow).',
  }),
})

export type TextToSpeechParameters = z.output<typeof textToSpeechParameters>

const minuteMs = 60_000
/** Of speech, at a reading pace of 12 characters a second and half speed. */
const longestSeconds = (2 * maxTextCharacters) / 12

export const textToSpeech: CapabilityDefinition<TextToSpeechParameters> = {
  id: 'text-to-speech',
  title: 'Text to speech',
  summary:
    'Reads a text aloud in a voice of your choice, with numbers, dates and abbreviations said as people say them. Word times and captions come along.',
  inputs: ['text'],
  outputs: ['audio'],
  sound: { generated: true, speech: true },
  parameters: textToSpeechParameters,
  problemsWith: speechProblems,
  references: { voices: ['voice_id'], dictionaries: ['dictionary_id'] },
  limits: { maxInputBytes: 4 * maxTextCharacters, maxInputSeconds: longestSeconds, maxTextCharacters },
  // Large voices on a slow core take a few times as long as the speech.
  deadlineMs: (inputSeconds) => 5 * minuteMs + (inputSeconds ?? longestSeconds) * 3000,
  async loadHandler() {
    const { createTextToSpeechHandler } = await import('./handler')
    const { letterToSoundEngine, speechSynthesisEngines } = await import('./engines')
    const { createFrontEndOpener } = await import('./front-end')
    return createTextToSpeechHandler({
      engines: speechSynthesisEngines,
      openFrontEnd: createFrontEndOpener(letterToSoundEngine),
    })
  },
}
