import { z } from 'zod'
import { transcriptCorrectionSchema } from '../../transcript/correct'
import { transcriptSchema } from '../../transcript/transcript'

export const transcriptVersionSchema = z.object({
  job_id: z.string(),
  version: z.int().describe('1 is what the recogniser gave; every correction adds one.'),
  created_at: z.string(),
  complete: z
    .boolean()
    .describe('False until the output is paid for: then the transcript holds the free beginning only.'),
  transcript: transcriptSchema,
})

export const transcriptVersionItemSchema = transcriptVersionSchema.omit({ transcript: true, complete: true })

export const correctTranscriptSchema = z.strictObject({
  version: z.int().min(1).describe('The version that was corrected.'),
  transcript: transcriptCorrectionSchema,
})

export const transcriptQuerySchema = z.object({
  version: z.coerce.number().int().min(1).optional().describe('Default: the newest.'),
})
