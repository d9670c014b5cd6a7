import { z } from 'zod'

/** What is measured of a voice's sample once, and kept with it. */
export const voiceProfileSchema = z.object({
  /** Of the sample's voiced frames: natural logarithm of the pitch in Hz. */
  logPitch: z.object({ mean: z.number(), standardDeviation: z.number().min(0) }),
  /** Unit vector of the speaker-embedding model, which is named because vectors of two models cannot be compared. */
  embedding: z.object({ model: z.string(), vector: z.array(z.number()) }).nullable(),
  /** Seconds of speech in the sample. */
  speechSeconds: z.number().min(0),
  /** Integrated loudness of the sample's speech (ITU-R BS.1770). */
  loudnessLufs: z.number(),
})

export type VoiceProfile = z.output<typeof voiceProfileSchema>
