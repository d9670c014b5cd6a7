import { z } from 'zod'

import { intensities, openings } from '../../music/form'
import { parseKey } from '../../music/keys'
import { moods } from '../../music/moods'
import { instrumentNames } from '../../music/piece'
import { genres } from '../../music/styles'
import type { CapabilityDefinition } from '../capability'

export const maxTextCharacters = 2000
const maxSeconds = 600

const fadeSeconds = z.number().min(0).max(30).default(0)

export const backgroundMusicParameters = z
  .strictObject({
    duration_seconds: z.number().min(5).max(maxSeconds).default(60).meta({
      title: 'Length (seconds)',
      description: 'The music is exactly so long, and ends there as music does.',
    }),
    genre: z.enum(genres).nullable().default(null).describe('Empty: by the description.'),
    mood: z.enum(moods).nullable().default(null).describe('Empty: by the description.'),
    bpm: z.number().min(40).max(220).nullable().default(null).meta({
      title: 'Tempo (bpm)',
      description: 'Beats per minute; empty: by the description, the mood and the genre.',
    }),
    key: z
      .string()
      .max(40)
      .refine((text) => parseKey(text) !== null, {
        message: 'Give a key such as “C minor”, “F# major”, “Bb” or “D dorian”, or leave it empty.',
      })
      .nullable()
      .default(null)
      .describe('Such as “C minor”, “F# major” or “D dorian”; empty: chosen to fit the mood.'),
    intensity: z.enum(intensities).nullable().default(null).meta({
      description:
        'How the energy goes over time: flat, build (grows), arc (grows and falls), drop (all at once in the middle). Empty: by the description.',
    }),
    opening: z.enum(openings).default('intro').meta({
      advanced: true,
      description: 'How the music begins: intro leads up to it, hook begins with its strongest part.',
    }),
    loudness_lufs: z.number().min(-30).max(-12).default(-16).meta({
      title: 'Loudness (LUFS)',
      advanced: true,
      description:
        'Integrated loudness after EBU R128: −16 for podcasts and web video, −14 for status posts.',
    }),
    loop: z.boolean().default(false).meta({
      description: 'Whether the end runs into the beginning without a seam. The tempo gives way a little.',
    }),
    instruments: z.array(z.enum(instrumentNames)).max(8).default([]).meta({
      advanced: true,
      description: 'Instruments that play where they fit; none for the genre’s own.',
    }),
    stems: z.boolean().default(false).meta({
      title: 'Stems and MIDI',
      description:
        'Whether melody, chords, bass and drums come along as tracks of their own, and the notes as MIDI.',
    }),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .nullable()
      .default(null)
      .meta({ advanced: true, description: 'The same seed and wishes give the same music.' }),
    fade_in: fadeSeconds.meta({
      title: 'Fade in (seconds)',
      advanced: true,
      description: 'How long the music takes to come up from silence.',
    }),
    fade_out: fadeSeconds.meta({
      title: 'Fade out (seconds)',
      advanced: true,
      description: 'How long the music takes to go down to silence; at 0 the last chord rings out.',
    }),
    instrumental: z.boolean().default(true).meta({
      advanced: true,
      description:
        'Without singing. Off: a model that can sing sings the lines of the description that begin with a time, such as “[00:10.00]words”; the others say that they cannot.',
    }),
  })
  .refine(({ loop, fade_in, fade_out }) => !loop || (fade_in === 0 && fade_out === 0), {
    path: ['loop'],
    message: 'A loop has no fades: leave fade_in and fade_out at 0, or loop off.',
  })
  .refine(({ duration_seconds, fade_in, fade_out }) => fade_in + fade_out <= duration_seconds, {
    path: ['fade_out'],
    message: 'The fades together are longer than the music.',
  })

export type BackgroundMusicParameters = z.output<typeof backgroundMusicParameters>

export const backgroundMusic: CapabilityDefinition<BackgroundMusicParameters> = {
  id: 'background-music',
  title: 'Background music',
  summary:
    'Composes and plays music to a description: mood, genre, tempo, key, length to the sample, loops, stems and MIDI.',
  inputs: ['text'],
  outputs: ['audio'],
  sound: { generated: true, speech: false },
  parameters: backgroundMusicParameters,
  limits: { maxInputBytes: 4 * maxTextCharacters, maxInputSeconds: maxSeconds, maxTextCharacters },
  // Half as much again as the model takes for the longest music: its length is not in the input.
  deadlineMs: (_inputSeconds, realTimeFactor = 1) => 5 * 60_000 + 1.5 * maxSeconds * 1000 * realTimeFactor,
  async loadHandler() {
    const { createBackgroundMusicHandler } = await import('./handler')
    const { musicEngines } = await import('./engines')
    return createBackgroundMusicHandler(musicEngines)
  },
}
