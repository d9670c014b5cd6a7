import { z } from 'zod'
import { voiceProfileSchema } from '../../audio/voice-profile'
import { uploadTargetSchema } from '../storage'

export const maxNameCharacters = 80

const tag = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(40)
  .regex(/^[^,]*$/, 'holds a comma')

const describing = {
  voice_name: z.string().trim().min(1).max(maxNameCharacters),
  description: z.string().trim().max(500).default(''),
  tags: z.array(tag).max(20).default([]),
}

/** What somebody says who gives a voice. */
export const consentRequestSchema = z.strictObject({
  statement: z.string().trim().min(10).max(2000).describe('In the words that were agreed to.'),
  given_by: z.string().trim().min(1).max(200).describe('Whose voice it is, by name.'),
  recording_upload_id: z.uuid().optional().describe('An upload in which the statement is spoken.'),
})
export type ConsentRequest = z.output<typeof consentRequestSchema>

/** As it is kept. */
export const consentSchema = z.object({
  statement: z.string(),
  given_by: z.string(),
  given_at: z.iso.datetime(),
  account_id: z.uuid().describe('Of the account that stated it.'),
  ip_address: z.string(),
  recording_key: z.string().nullable(),
})
export type Consent = z.output<typeof consentSchema>

export const uploadSampleSchema = z.strictObject({
  ...describing,
  consent: consentRequestSchema,
  filename: z.string().min(1).max(10_000),
  content_type: z.string().min(1).max(200),
  bytes: z.number().int().min(1).describe('Size of the file.'),
})
export type UploadSampleRequest = z.output<typeof uploadSampleSchema>

/** The fields of the form that carries the sample itself. */
export const sampleFormSchema = z.object({
  ...describing,
  tags: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((part) => part.trim() !== ''))
    .pipe(z.array(tag).max(20)),
  consent: z
    .string()
    .describe('“true” for the standard statement, or the consent as JSON.')
    .transform((text, context) => {
      if (text === 'true') return null
      const parsed = consentRequestSchema.safeParse(parseJson(text))
      if (parsed.success) return parsed.data
      context.addIssue({ code: 'custom', message: 'Agree with “true”, or give the consent as JSON.' })
      return z.NEVER
    }),
})

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** One thing that was looked at in a sample. */
export const findingSchema = z.object({
  check: z.string(),
  passed: z.boolean(),
  value: z.number().nullable(),
  advice: z.string().nullable().describe('What to do about it, where it did not pass.'),
})

/** What the capability `voice-sample` says in the details of its result. */
export const sampleReportSchema = z.object({
  accepted: z.boolean(),
  findings: z.array(findingSchema),
  profile: voiceProfileSchema.nullable(),
})

export interface CheckOutcome {
  status: 'ready' | 'rejected' | 'awaiting_moderation'
  reason: string | null
  findings: z.output<typeof findingSchema>[]
  profile: z.output<typeof voiceProfileSchema> | null
}

export const voiceStatusSchema = z.enum(['checking', 'ready', 'rejected', 'awaiting_moderation'])

export const voiceViewSchema = z.object({
  id: z.string(),
  kind: z.enum(['library', 'preset']).describe('A preset comes with the product and is everybody’s.'),
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  language: z.string().nullable(),
  gender: z.string().nullable(),
  status: voiceStatusSchema,
  reason: z.string().nullable().describe('Why it was rejected.'),
  findings: z.array(findingSchema),
  speech_seconds: z.number().nullable(),
  pitch_hz: z.number().nullable().describe('Of the voice, on average.'),
  consent: consentSchema.omit({ recording_key: true, ip_address: true }).nullable(),
  created_at: z.iso.datetime().nullable(),
})
export type VoiceView = z.output<typeof voiceViewSchema>

export const uploadedVoiceSchema = z.object({
  voice: voiceViewSchema,
  upload: uploadTargetSchema.optional().describe('Where to send the sample.'),
})

export const voiceChangesSchema = z
  .strictObject({
    name: describing.voice_name.optional(),
    description: z.string().trim().max(500).optional(),
    tags: z.array(tag).max(20).optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'Say what to change.')
export type VoiceChanges = z.output<typeof voiceChangesSchema>

export const adminVoiceSchema = voiceViewSchema.extend({
  username: z.string(),
  consent: consentSchema.omit({ recording_key: true }).nullable(),
  sample_url: z.string().nullable(),
  consent_recording_url: z.string().nullable(),
})
export type AdminVoiceView = z.output<typeof adminVoiceSchema>

export const voiceParamsSchema = z.object({ id: z.string().min(1).max(100) })
