import { z } from 'zod'

export const speechFormats = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const
export const maxInputCharacters = 4096

export const speechRequestSchema = z
  .strictObject({
    model: z.string().min(1),
    input: z.string().min(1).max(maxInputCharacters),
    voice: z
      .string()
      .min(1)
      .or(z.strictObject({ id: z.string().min(1) }))
      .describe('OpenAI’s names, a voice of the model or a preset, or `{id}` of a voice of your library.'),
    instructions: z.string().max(4096).optional().describe('Not supported: must be empty.'),
    response_format: z.enum(speechFormats).default('mp3'),
    speed: z.number().min(0.25).max(4).default(1).describe('0.5 to 2 are supported.'),
    stream_format: z
      .enum(['audio', 'sse'])
      .optional()
      .describe(
        '“audio” sends MP3 while it is made; “sse” sends events with base64. Without it the whole file comes at the end.',
      ),
  })
  .describe('As OpenAI’s CreateSpeechRequest.')
export type SpeechRequest = z.output<typeof speechRequestSchema>

/** Fields of a form are texts. */
const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const list = z.array(z.string())
const temperature = z.coerce.number().min(0).max(1).default(0)

export const translationFormats = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const
export const transcriptionFormats = [...translationFormats, 'diarized_json'] as const

export const transcriptionRequestSchema = z.strictObject({
  model: z.string().min(1),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'Give a language such as en.')
    .optional(),
  languages: list.optional(),
  keywords: z.array(z.string().trim().min(1).max(80)).max(200).optional(),
  prompt: z.string().max(2000).optional(),
  response_format: z.enum(transcriptionFormats).default('json'),
  temperature,
  include: list.optional(),
  timestamp_granularities: z.array(z.enum(['word', 'segment'])).optional(),
  stream: flag.default(false),
  chunking_strategy: z.string().optional(),
  known_speaker_names: list.optional(),
  known_speaker_references: list.optional(),
})
export type TranscriptionRequest = z.output<typeof transcriptionRequestSchema>

export const translationRequestSchema = z.strictObject({
  model: z.string().min(1),
  prompt: z.string().max(2000).optional(),
  response_format: z.enum(translationFormats).default('json'),
  temperature,
})

/** The lists of a form, which clients name with brackets, `name[]` or `name[0]`, or without. */
const lists = new Set([
  ...['languages', 'keywords', 'include', 'timestamp_granularities'],
  ...['known_speaker_names', 'known_speaker_references'],
])

/** A form as an object: lists as lists, `name[key]` as the JSON of an object, others as their last value. */
export function fieldsOf(values: Record<string, string[]>): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  const nested: Record<string, Record<string, string>> = {}
  for (const [name, given] of Object.entries(values)) {
    const [, plain = name, key] = /^([^[]+)\[(.*)\]$/.exec(name) ?? []
    if (lists.has(plain)) fields[plain] = [...((fields[plain] as string[] | undefined) ?? []), ...given]
    else if (key) (nested[plain] ??= {})[key] = given.at(-1) ?? ''
    else fields[plain] = given.at(-1)
  }
  for (const [name, object] of Object.entries(nested)) fields[name] = JSON.stringify(object)
  return fields
}

export const modelSchema = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
})
export type OpenAiModel = z.output<typeof modelSchema>
