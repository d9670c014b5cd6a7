import { z } from 'zod'

import type { EditAction } from '../../audio/edit-list'
import { redactionKinds } from '../../transcript/redact'
import { transcriptSchema } from '../../transcript/transcript'
import type { CapabilityDefinition } from '../capability'

const action = z.enum(['mute', 'bleep', 'cut'] satisfies EditAction[])
const maxEntries = 2_000
const maxKeywordCharacters = 200
/** A shorter pause would not be heard as one. */
const shortestPauseSeconds = 0.1

const range = z
  .strictObject({
    start: z.number().min(0).describe('Seconds from the beginning.'),
    end: z.number().positive(),
    action: action.optional().describe('Default: the job’s action.'),
  })
  .refine(({ start, end }) => start < end, {
    error: ({ input }) => {
      const { start, end } = input as { start: number; end: number }
      return `the range ${start}–${end} s must begin before it ends`
    },
  })

const keyword = z
  .string()
  .trim()
  .min(1)
  .max(maxKeywordCharacters)
  .regex(/[\p{L}\p{N}]/u, 'holds no letter or digit to look for')

export const voiceEditorParameters = z
  .strictObject({
    action: z
      .enum(['auto', ...action.options])
      .default('auto')
      .describe(
        '“mute” leaves room tone, “bleep” a tone, “cut” takes the stretch out; “auto” does what the model is made for.',
      ),
    keywords: z.array(keyword).max(maxEntries).default([]).meta({
      title: 'Words and phrases',
      description: 'Edited wherever they are said. “*” stands for any letters, “?” for one.',
    }),
    fillers: z
      .union([z.boolean(), z.array(keyword).max(maxEntries)])
      .default(false)
      .meta({
        title: 'Hesitations',
        description: 'Edits those of the language (um, uh, er …), or a list of them.',
      }),
    max_pause: z
      .number()
      .min(0)
      .max(60)
      .refine((seconds) => seconds === 0 || seconds >= shortestPauseSeconds, {
        error: `pauses can be shortened to ${shortestPauseSeconds} s at least; 0 leaves them as they are`,
      })
      .default(0)
      .meta({
        title: 'Longest pause (s)',
        description:
          'Longer pauses are shortened to this many seconds, by a model that cuts. 0 leaves them as they are.',
      }),
    speakers: z
      .array(z.string().trim().min(1).max(80))
      .max(100)
      .default([])
      .meta({ advanced: true, description: 'Ids or names of speakers to take out.' }),
    redact: z.array(z.enum(redactionKinds)).default([]).meta({
      title: 'Sensitive words',
      description:
        'Edits profanity (English), or personal data such as numbers and addresses, wherever it is said.',
    }),
    ranges: z.array(range).max(maxEntries).default([]).meta({
      title: 'Stretches',
      description: 'From and to, such as 1:23.4 or 83.4 seconds; edited to the sample.',
    }),
    dry_run: z.boolean().default(false).meta({
      title: 'Trial run',
      description: 'Only lists what would be edited, with a clip of each to listen to. Free.',
    }),
    match: z.enum(['stem', 'exact']).default('stem').meta({
      advanced: true,
      description: 'Whether “run” finds “running” as well (English), or only “run”.',
    }),
    exclude: z.array(z.string().max(80)).max(maxEntries).default([]).meta({
      hidden: true,
      description: 'Ids of hits of a dry run that are to stay as they are.',
    }),
    padding_ms: z.number().min(0).max(1000).default(60).meta({
      advanced: true,
      description: 'Added before and after words that were found, whose times are not exact.',
    }),
    fade_ms: z.number().min(1).max(200).default(8).meta({
      advanced: true,
      description: 'Length of the fades of mutes and bleeps.',
    }),
    crossfade_ms: z.number().min(0).max(500).default(12).meta({
      advanced: true,
      description: 'Length of the crossfade over a cut.',
    }),
    bleep_hz: z.number().min(100).max(8000).default(1000).meta({
      advanced: true,
      description: 'Pitch of the bleep.',
    }),
    room_tone: z.boolean().default(true).meta({
      advanced: true,
      description:
        'Whether muted parts get the recording’s room tone, below −60 dBFS, instead of digital silence.',
    }),
    recognizer: z.string().max(80).default('').meta({
      advanced: true,
      description: 'Speech-to-text model that finds words and speakers; empty for the default one.',
    }),
    language: z
      .string()
      .regex(/^(auto|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$/, 'Give a language tag such as en or pt-BR, or auto.')
      .default('auto')
      .meta({
        advanced: true,
        description: 'Language that is spoken, such as en or hi; “auto” finds it out.',
      }),
    transcript: transcriptSchema.nullable().default(null).meta({
      advanced: true,
      description: 'Transcript of the recording, corrected for example: nothing is recognised then.',
    }),
  })
  .refine(
    ({ ranges, keywords, fillers, speakers, redact, max_pause: maxPause }) =>
      ranges.length + keywords.length + speakers.length + redact.length > 0 ||
      (Array.isArray(fillers) ? fillers.length > 0 : fillers) ||
      maxPause > 0,
    { error: 'Say what to edit: ranges, keywords, fillers, speakers, redact or max_pause.' },
  )

export type VoiceEditorParameters = z.output<typeof voiceEditorParameters>

const megabyte = 1024 * 1024
const minuteMs = 60_000

export const voiceEditor: CapabilityDefinition = {
  id: 'voice-editor',
  title: 'Voice editor',
  summary:
    'Mutes, bleeps or cuts words, fillers, pauses, speakers and chosen stretches of a recording or a video. All else stays bit for bit as it is.',
  inputs: ['audio', 'video'],
  outputs: ['audio', 'video', 'data'],
  sound: { generated: false, speech: true },
  parameters: voiceEditorParameters,
  limits: { maxInputBytes: 8192 * megabyte, maxInputSeconds: 10 * 3600, maxTextCharacters: 0 },
  // Recognition on a slow core takes as long as the recording, and encoding a cut film as well.
  deadlineMs: (inputSeconds) => 5 * minuteMs + (inputSeconds ?? 3600) * 2500,
  async loadHandler() {
    const { createVoiceEditorHandler } = await import('./handler')
    return createVoiceEditorHandler()
  },
}
