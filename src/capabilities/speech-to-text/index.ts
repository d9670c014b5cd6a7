import { z } from 'zod'
import { transcriptFormats } from '../../transcript/formats'
import { redactionKinds } from '../../transcript/redact'
import type { CapabilityDefinition } from '../capability'

const maxScriptCharacters = 200_000

export const speechToTextParameters = z
  .strictObject({
    language: z
      .string()
      .regex(/^(auto|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$/, 'Give a language tag such as en or pt-BR, or auto.')
      .default('auto')
      .describe('Language of the recording, such as en or hi; “auto” finds it out.'),
    task: z
      .enum(['transcribe', 'translate', 'align'])
      .default('transcribe')
      .describe(
        '“transcribe” writes down what is said, “translate” does so in English (Whisper only), “align” finds when the words of a given script are said.',
      ),
    script: z
      .string()
      .max(maxScriptCharacters)
      .default('')
      .meta({ only_if: { task: 'align' }, description: 'The text that is said in the recording.' }),
    prompt: z.string().max(2000).default('').meta({
      advanced: true,
      description: 'What the recording is about, in a sentence or two; models that take context use it.',
    }),
    keyterms: z.array(z.string().trim().min(1).max(80)).max(200).default([]).meta({
      title: 'Names and terms',
      description: 'Words to listen for, which the model may not know how to spell.',
    }),
    diarize: z.boolean().default(false).meta({
      title: 'Tell speakers apart',
      description: 'Marks who says what; you can name the speakers afterwards.',
    }),
    num_speakers: z
      .int()
      .min(0)
      .max(20)
      .default(0)
      .meta({
        title: 'Number of speakers',
        only_if: { diarize: true },
        description: 'How many people speak, where you know it; 0 finds it out.',
      }),
    redact: z.array(z.enum(redactionKinds)).default([]).meta({
      title: 'Mask',
      description: 'Profanity (English), or personal data such as numbers and addresses.',
    }),
    temperature: z.number().min(0).max(1).default(0).meta({
      advanced: true,
      description: 'Above 0, the model guesses more freely. 0 takes the most probable text.',
    }),
    format: z
      .enum(transcriptFormats)
      .default('json')
      .meta({ advanced: true, description: 'What a download gives that names no format.' }),
  })
  .refine(({ task, script }) => task !== 'align' || script.trim().length > 0, {
    path: ['script'],
    error: 'Give the text that is said in the recording.',
  })

export type SpeechToTextParameters = z.output<typeof speechToTextParameters>

const megabyte = 1024 * 1024
const minuteMs = 60_000
/** Large models on slow cores take a multiple of the recording's length. */
const slowestRealTimeFactor = 12

export const speechToText: CapabilityDefinition = {
  id: 'speech-to-text',
  title: 'Speech to text',
  summary:
    'Writes down what is said, with the time of every word, and tells speakers apart. Captions, documents and JSON.',
  inputs: ['audio'],
  outputs: ['transcript'],
  parameters: speechToTextParameters,
  limits: { maxInputBytes: 2048 * megabyte, maxInputSeconds: 10 * 3600, maxTextCharacters: 0 },
  deadlineMs: (inputSeconds) => 10 * minuteMs + (inputSeconds ?? 3600) * 1000 * slowestRealTimeFactor,
  async loadHandler() {
    const { createSpeechToTextHandler } = await import('./handler')
    const { speechEngines } = await import('./engines')
    return createSpeechToTextHandler(speechEngines)
  },
}
