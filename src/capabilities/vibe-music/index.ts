import { z } from 'zod'

import { parseKey } from '../../music/keys'
import { moods } from '../../music/moods'
import { genres } from '../../music/styles'
import type { CapabilityDefinition } from '../capability'
import { platformIds } from './platforms'
import { soloInstruments } from './solo-instruments'

export const maxTextCharacters = 500
const maxSeconds = 60

export const vibeMusicParameters = z.strictObject({
  platform: z
    .enum(platformIds)
    .default('instagram-story')
    .describe('Where the clip is posted: gives its length and the largest video.'),
  duration_seconds: z.number().min(5).max(maxSeconds).nullable().default(null).meta({
    title: 'Length (seconds)',
    description: 'Usually 15, 30 or 60; empty: as the platform has it, or as long as a recorded tune.',
  }),
  output: z.enum(['audio', 'video']).default('audio').meta({
    description: 'Sound alone, or an upright video (1080 × 1920) with a moving waveform and the title.',
  }),
  title: z.string().max(80).default('').meta({ description: 'Shown in the video; empty: none.' }),
  instrument: z.enum(soloInstruments).nullable().default(null).meta({
    description:
      'Plays a hummed or whistled tune, or the melody. Empty: the first that the model has; the composer chooses to fit the music.',
  }),
  accompaniment: z.enum(['none', 'band']).nullable().default(null).meta({
    advanced: true,
    description:
      'Whether the instrument plays alone or before a band; empty: with a band for words, alone for a recording.',
  }),
  mood: z.enum(moods).nullable().default(null).describe('Empty: by the text and its emoji.'),
  genre: z.enum(genres).nullable().default(null).describe('Empty: by the text.'),
  bpm: z.number().min(40).max(220).nullable().default(null).meta({
    title: 'Tempo (bpm)',
    advanced: true,
    description: 'Beats per minute; empty: by the text.',
  }),
  key: z
    .string()
    .max(40)
    .refine((text) => parseKey(text) !== null, {
      message: 'Give a key such as “C minor”, “F# major” or “D dorian”, or leave it empty.',
    })
    .nullable()
    .default(null)
    .meta({ advanced: true, description: 'Such as “C minor”; empty: chosen to fit the mood.' }),
  loop: z.boolean().default(true).meta({
    advanced: true,
    description: 'Whether the end runs into the beginning without a seam, as posts play again and again.',
  }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .nullable()
    .default(null)
    .meta({ advanced: true, description: 'The same seed and text give the same clip.' }),
})

export type VibeMusicParameters = z.output<typeof vibeMusicParameters>

export const vibeMusic: CapabilityDefinition<VibeMusicParameters> = {
  id: 'vibe-music',
  title: 'Vibe clips',
  summary:
    'A short clip for a status post from a few words or emoji, such as “rainy monday, hopeful”, or from a tune that you hum or whistle and an instrument plays: loops without a seam, as sound or as an upright video.',
  inputs: ['text', 'audio'],
  outputs: ['audio', 'video'],
  sound: { generated: true, speech: false },
  parameters: vibeMusicParameters,
  limits: { maxInputBytes: 64 * 1024 * 1024, maxInputSeconds: maxSeconds, maxTextCharacters },
  // A minute of video takes less than one on a usual core; a busy machine may take several times as long.
  deadlineMs: (_inputSeconds, realTimeFactor = 1) => 10 * 60_000 + 1.5 * maxSeconds * 1000 * realTimeFactor,
  async loadHandler() {
    const { createVibeMusicHandler } = await import('./handler')
    const { musicMakers } = await import('./engines')
    return createVibeMusicHandler(musicMakers)
  },
}
