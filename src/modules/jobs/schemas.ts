import { z } from 'zod'
import { audioFormats } from '../../audio/formats'
import { loudnessTargets } from '../../audio/mastering'
import { transcriptFormats } from '../../transcript/formats'
import { uploadTargetSchema } from '../storage'

export const jobStatusSchema = z.enum(['pending', 'processing', 'completed', 'failed', 'canceled'])

export const downloadFormatSchema = z
  .enum([...audioFormats, ...transcriptFormats])
  .describe('Audio outputs and transcripts each have their own formats.')
export type DownloadFormat = z.infer<typeof downloadFormatSchema>

const sampleRatesHz = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

/** One line of text. */
const tagSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'Control characters are not taken.')
  .optional()

export const downloadQuerySchema = z.object({
  format: downloadFormatSchema.optional(),
  max_line_length: z.coerce
    .number()
    .int()
    .min(10)
    .max(200)
    .optional()
    .describe('Of captions and plain text; captions have 42 characters where it is not given.'),
  max_lines: z.coerce.number().int().min(1).max(4).optional().describe('Of a caption; 2 where not given.'),
  loudness: z
    .enum(loudnessTargets)
    .optional()
    .describe(
      'Sets the loudness of sound (EBU R 128): streaming −14, podcast −16, audiobook −18, broadcast −23 LUFS.',
    ),
  level: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .describe('Whether speech is made evenly loud first: the gain is ridden slowly, and rests in pauses.'),
  high_pass: z.coerce.number().min(20).max(500).optional().describe('Takes rumble below so many hertz away.'),
  fade_in: z.coerce.number().min(0).max(60).optional().describe('Seconds.'),
  fade_out: z.coerce.number().min(0).max(60).optional().describe('Seconds.'),
  sample_rate: z.coerce
    .number()
    .refine((rate) => sampleRatesHz.includes(rate), `Choose one of ${sampleRatesHz.join(', ')}.`)
    .optional()
    .describe('In hertz; where not given, the output’s own.'),
  bit_rate: z.coerce.number().int().min(32).max(320).optional().describe('Of lossy formats, in kbit/s.'),
  title: tagSchema.describe('Tag in the file.'),
  artist: tagSchema.describe('Tag in the file.'),
  album: tagSchema.describe('Tag in the file.'),
  comment: tagSchema.describe('Tag in the file; where it comes from is added to it.'),
})
export type DownloadQuery = z.output<typeof downloadQuerySchema>

const jobInputSchema = z.object({
  upload_id: z.string().nullable(),
  filename: z.string().nullable(),
  duration_seconds: z.number().nullable().describe('Decoded length; null until the job is completed.'),
  preview_url: z
    .string()
    .nullable()
    .describe('The input in the same grade as the preview of the output, to compare.'),
})

const qualitySchema = z.object({
  duration_seconds: z.number(),
  integrated_lufs: z
    .number()
    .nullable()
    .describe('ITU-R BS.1770-4; null where nothing is loud enough to be measured.'),
  loudness_range_lu: z.number().nullable().describe('EBU Tech 3342; null below 3 seconds.'),
  true_peak_dbtp: z.number().nullable().describe('Null for digital silence.'),
  clipped_samples: z.int().describe('At full scale, in runs of two or more.'),
  noise_floor_dbfs: z
    .number()
    .nullable()
    .describe('Level that the quietest tenth stays below, at least −120; null below half a second.'),
  speech: z
    .object({ signal: z.number(), background: z.number(), overall: z.number() })
    .nullable()
    .describe('DNSMOS P.835 of the first 27 seconds, 1 to 5.'),
  speech_missing: z.string().nullable().describe('Why speech was not judged.'),
})
export type QualityView = z.infer<typeof qualitySchema>

const jobOutputSchema = z.object({
  content_type: z.string(),
  duration_seconds: z.number(),
  cost_seconds: z.int().describe('What the first download takes from the balance; later ones are free.'),
  kind: z.enum(['audio', 'video', 'transcript', 'data']),
  preview_url: z.string().nullable().describe('Signed address of the free preview, where there is sound.'),
  preview_text: z.string().nullable().describe('The free part of a text result.'),
  filename: z.string(),
  sample_rate_hz: z.int().nullable(),
  channels: z.int().nullable(),
  artifacts: z
    .array(
      z.object({
        name: z.string(),
        content_type: z.string(),
        bytes: z.int(),
        url: z.string().nullable().describe('Signed address; null until the output is paid for.'),
      }),
    )
    .describe('Further files of the result.'),
  details: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('What the capability says about the result.'),
  waveform: z
    .object({ input: z.array(z.number()), output: z.array(z.number()) })
    .describe('Peaks between 0 and 1, evenly spread over the duration.'),
  quality: z
    .object({ input: qualitySchema.nullable(), output: qualitySchema.nullable() })
    .nullable()
    .describe('How good the sound is, before and after; null where the output is no sound.'),
  downloaded: z.boolean().describe('True once the output was paid for.'),
  metrics: z.object({
    timings_ms: z.record(z.string(), z.number()),
    real_time_factor: z.number(),
    provider: z.string(),
  }),
})

export const jobViewSchema = z.object({
  job_id: z.string(),
  capability: z.string(),
  model_name: z.string(),
  status: jobStatusSchema,
  progress: z.object({
    stage: z.string(),
    fraction: z.number(),
    text: z.string().nullable().describe('What there is of a text result so far, as far as it is free.'),
  }),
  input_text: z.string().nullable().describe('The beginning of the text that is worked on: 200 characters.'),
  stream_url: z
    .string()
    .nullable()
    .describe(
      'The preview as it is made, once there is a part of it: `audio/mpeg` that goes on until the job ends.',
    ),
  parameters: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  started_at: z.string().nullable(),
  completed_at: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  input: jobInputSchema.nullable(),
  output: jobOutputSchema.nullable(),
})
export type JobView = z.infer<typeof jobViewSchema>

export const processAudioSchema = z.strictObject({
  input_type: z.enum(['audio', 'text']),
  input_data: z
    .string()
    .optional()
    .describe(
      'An upload id, or the text itself. Without it an audio job waits for the upload it answers with.',
    ),
  capability: z.string(),
  model_name: z.string().optional().describe("Default: the capability's default model."),
  parameters: z.record(z.string(), z.unknown()).default({}),
  filename: z
    .string()
    .optional()
    .describe('Name of the file that is going to be uploaded, without input_data.'),
  content_type: z
    .string()
    .optional()
    .describe('Type of the file that is going to be uploaded, without input_data.'),
})
export type ProcessAudioRequest = z.infer<typeof processAudioSchema>

export const acceptedJobSchema = jobViewSchema.extend({
  upload: uploadTargetSchema
    .optional()
    .describe('Where to send the bytes; the job starts once they are there.'),
})
export type AcceptedJob = z.infer<typeof acceptedJobSchema>

export const jobIdParamsSchema = z.object({ job_id: z.uuid() })
