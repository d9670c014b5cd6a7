import { z } from 'zod'

import type { CapabilityDefinition } from '../capability'

export const modes = ['auto', 'speech', 'music', 'stems'] as const

export const noiseRemovalParameters = z.strictObject({
  mode: z
    .enum(modes)
    .default('auto')
    .describe(
      'What is kept: “speech” keeps voices and takes all else away, “music” keeps voices and instruments and takes steady noise away, “stems” takes a song apart into vocals, drums, bass and other. “auto” listens whether it is speech or music.',
    ),
  strength: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('How much of the noise is taken away, from nothing to all that the model hears as noise.'),
  output: z
    .enum(['clean', 'residue', 'stems'])
    .default('clean')
    .describe(
      '“clean” gives the recording without the noise, or of a song its vocals; “residue” gives what was taken away, or the song without its vocals. “stems” gives the clean result, and every part as a track of its own beside it.',
    ),
  hum: z
    .boolean()
    .default(false)
    .describe('Whether mains hum (50 or 60 Hz and its harmonics) is looked for and taken out first.'),
  wind: z
    .boolean()
    .default(false)
    .describe('Whether the rumble of wind below the voice is turned down while it blows.'),
  clicks: z
    .boolean()
    .default(false)
    .describe('Whether clicks and crackle, as of records or bad cables, are mended first.'),
  shifts: z.int().min(0).max(4).default(0).meta({
    advanced: true,
    description:
      'For stems: how often the song is taken apart, each time moved a little, and averaged. Each takes as long as the first; one or two make stems slightly better.',
  }),
})

export type NoiseRemovalParameters = z.output<typeof noiseRemovalParameters>

const megabyte = 1024 * 1024
const minuteMs = 60_000
/** Stems take a slow core several times the song's length; denoisers with many channels work at about its speed. */
const slowestRealTimeFactor = 8

export const noiseRemoval: CapabilityDefinition = {
  id: 'noise-removal',
  title: 'Noise removal',
  summary:
    'Takes hiss, hum, traffic and other noise out of recordings of speech and music, and takes songs apart into vocals, drums, bass and other. Rate, channels and length stay as they are.',
  inputs: ['audio'],
  outputs: ['audio'],
  sound: { generated: false, speech: true },
  parameters: noiseRemovalParameters,
  limits: { maxInputBytes: 2048 * megabyte, maxInputSeconds: 4 * 3600, maxTextCharacters: 0 },
  // Two minutes are for start and storage.
  deadlineMs: (inputSeconds) => 2 * minuteMs + (inputSeconds ?? 3600) * slowestRealTimeFactor * 1000,
  async loadHandler() {
    const { createNoiseRemovalHandler } = await import('./handler')
    const { denoiserEngines, separatorEngines } = await import('./engines')
    return createNoiseRemovalHandler(denoiserEngines, separatorEngines)
  },
}
