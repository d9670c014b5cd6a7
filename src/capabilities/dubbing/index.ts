import { z } from 'zod'

import type { CapabilityDefinition } from '../capability'
import { dubProblems } from './dub-problems'

const maxSegments = 5_000
const maxSegmentCharacters = 2_000
const languageTag = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/

const segment = z
  .strictObject({
    start: z.number().min(0).describe('Seconds from the beginning.'),
    end: z.number().positive(),
    text: z.string().trim().max(maxSegmentCharacters).default(''),
    source_text: z.string().max(maxSegmentCharacters).default(''),
    speaker: z.string().max(80).nullable().default(null),
    approved: z.boolean().optional(),
  })
  .refine(({ start, end }) => start < end, {
    error: ({ input }) => {
      const { start, end } = input as { start: number; end: number }
      return `the segment ${start}–${end} s must begin before it ends`
    },
  })

export type WireSegment = z.output<typeof segment>

const segments = z
  .array(segment)
  .max(maxSegments)
  .superRefine((given, context) => {
    const ordered = [...given].sort((a, b) => a.start - b.start)
    const at = ordered.findIndex(({ start }, index) => index > 0 && start < ordered[index - 1]!.end)
    if (at < 0) return
    const [one, other] = [ordered[at - 1]!, ordered[at]!]
    context.addIssue({
      code: 'custom',
      message: `the segments ${one.start}–${one.end} s and ${other.start}–${other.end} s overlap`,
    })
  })

export const dubbingParameters = z.strictObject({
  target_language: z
    .string()
    .regex(languageTag, 'Give a language tag such as es or pt-BR.')
    .default('en')
    .meta({ title: 'Into', description: 'Language of the dub, such as es or hi.' }),
  source_language: z
    .string()
    .regex(/^(auto|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$/, 'Give a language tag such as en or pt-BR, or auto.')
    .default('auto')
    .meta({ title: 'From', description: 'Language of the recording; “auto” finds it out.' }),
  voice_id: z.string().max(80).default('').meta({
    title: 'Voice',
    control: 'voice',
    description:
      'Who speaks the dub: a voice of the speech model, or one of your library. Empty for the default one.',
  }),
  keep_background: z
    .boolean()
    .default(true)
    .describe('Whether what sounds behind the voices stays under the dub. Else the dub is alone.'),
  review: z.boolean().default(false).meta({
    title: 'Check the text first',
    description: 'Only gives the segments with their translation, for you to correct. Free.',
  }),
  segments: segments.default([]).meta({
    title: 'Segments',
    advanced: true,
    description:
      'What is said when, as a review gives it: start, end, text, source_text, speaker, approved. Nothing is recognised then. An approved segment without text stays silent.',
  }),
  previous_job_id: z.uuid().or(z.literal('')).default('').meta({
    hidden: true,
    description:
      'A completed dubbing job of the same upload: what stays the same in text, voice, model, language and seed is taken from it and not spoken again.',
  }),
  ssml: z.boolean().default(false).meta({
    title: 'SSML',
    advanced: true,
    description: 'Whether the texts that are given are SSML, as text to speech takes it.',
  }),
  subtitles: z
    .boolean()
    .default(true)
    .describe('Whether subtitles in both languages come along, as SRT and WebVTT.'),
  recognizer: z.string().max(80).default('').meta({
    advanced: true,
    description: 'Speech-to-text model that writes the recording down; empty for the default one.',
  }),
  speech_model: z.string().max(80).default('').meta({
    advanced: true,
    description: 'Text-to-speech model that speaks; empty for the default one.',
  }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0)
    .meta({ advanced: true, description: 'The same seed and segments give the same dub.' }),
})

export type DubbingParameters = z.output<typeof dubbingParameters>

const megabyte = 1024 * 1024
const minuteMs = 60_000

export const dubbing: CapabilityDefinition<DubbingParameters> = {
  id: 'dubbing',
  title: 'Dubbing',
  summary:
    'Speaks a recording or a video in another language, in time with the original. The text can be checked and corrected before it is spoken.',
  inputs: ['audio', 'video'],
  outputs: ['audio', 'video', 'data'],
  sound: { generated: true, speech: true },
  parameters: dubbingParameters,
  problemsWith: dubProblems,
  references: {
    voices: ['voice_id'],
    earlier: { parameter: 'previous_job_id', artifacts: ['speech.tar'] },
  },
  limits: { maxInputBytes: 8192 * megabyte, maxInputSeconds: 4 * 3600, maxTextCharacters: 0 },
  // Recognition, separation, speech and the change of voice each take about as long as the recording on a slow core.
  deadlineMs: (inputSeconds) => 10 * minuteMs + (inputSeconds ?? 3600) * 8000,
  async loadHandler() {
    const { createDubbingHandler } = await import('./handler')
    return createDubbingHandler()
  },
}
