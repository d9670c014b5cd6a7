import { z } from 'zod'

/** Times are seconds from the beginning of the recording, `end` ≥ `start`. */
export const transcriptWordSchema = z.strictObject({
  /** As written in the text: with its punctuation, without spaces. */
  text: z.string().min(1),
  start: z.number().min(0),
  end: z.number().min(0),
  /** 0–1; how sure the model is. */
  confidence: z.number().min(0).max(1),
})

/** A stretch of speech by one speaker, as long as a caption or a sentence. */
export const transcriptSegmentSchema = z.strictObject({
  start: z.number().min(0),
  end: z.number().min(0),
  text: z.string(),
  /** Id of one of the transcript's speakers; null where nobody was told apart. */
  speaker: z.string().nullable(),
  words: z.array(transcriptWordSchema),
  /** What the decoder thought of it, where it says so (Whisper's measures). */
  decoding: z
    .strictObject({
      avg_logprob: z.number(),
      no_speech_prob: z.number(),
      compression_ratio: z.number(),
      temperature: z.number(),
    })
    .nullable()
    .default(null),
})

export const transcriptSpeakerSchema = z.strictObject({
  id: z.string().min(1).max(40),
  /** What people call the speaker; editable. */
  name: z.string().min(1).max(80),
})

/** The one transcript type: what recognisers give, editors read, people correct, and every format is made from. */
export const transcriptSchema = z.strictObject({
  /** BCP 47; null where unknown. */
  language: z.string().nullable(),
  duration: z.number().min(0),
  text: z.string(),
  segments: z.array(transcriptSegmentSchema),
  speakers: z.array(transcriptSpeakerSchema),
  /** Id and version of the model that recognised it. */
  model: z.strictObject({ id: z.string(), version: z.string() }),
})

export type TranscriptWord = z.infer<typeof transcriptWordSchema>
export type TranscriptSegment = z.infer<typeof transcriptSegmentSchema>
export type TranscriptSpeaker = z.infer<typeof transcriptSpeakerSchema>
export type Transcript = z.infer<typeof transcriptSchema>

/** Languages whose words are written without spaces. */
const unspaced = new Set(['zh', 'ja', 'th', 'lo', 'my', 'km', 'yue', 'bo'])

/** Joins words as the language writes them. */
export function joinWords(words: readonly string[], language: string | null): string {
  return words.join(language !== null && unspaced.has(language.split('-')[0]!) ? '' : ' ')
}
