import { z } from 'zod'

import type { CapabilityDefinition } from '../capability'

export const maxTextCharacters = 2000
const maxSeconds = 600

export const soundEffectsParameters = z.strictObject({
  duration_seconds: z.number().min(0.5).max(maxSeconds).nullable().default(null).meta({
    title: 'Duration (s)',
    description: 'Exactly as long; empty for as long as the effect lasts by itself.',
  }),
  loop: z.boolean().default(false).describe('The end goes over into the beginning without a seam.'),
  intensity: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('From faint to violent; words such as “heavy” add to it.'),
  distance: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('From close by to far away; words such as “distant” add to it.'),
  size: z.number().min(0).max(1).default(0.5).describe('From tiny to huge; words such as “small” add to it.'),
  prompt_influence: z.number().min(0).max(1).default(0.7).meta({
    advanced: true,
    description: 'How closely the description is kept to; with less, seeds differ more.',
  }),
  negative_prompt: z.string().max(500).default('').meta({
    title: 'Without',
    advanced: true,
    description: 'What is not to be heard, for example “music, voices”.',
  }),
  channels: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('1 for mono, 2 for stereo.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .nullable()
    .default(null)
    .meta({ advanced: true, description: 'The same seed and description give the same sound.' }),
})

export type SoundEffectsParameters = z.output<typeof soundEffectsParameters>

const minuteMs = 60_000

export const soundEffects: CapabilityDefinition<SoundEffectsParameters> = {
  id: 'sound-effects',
  title: 'Sound effects',
  summary:
    'Makes the sound of a description, such as “rain on a tin roof with distant thunder”: as long as you like, as a seamless loop, and different with every seed.',
  inputs: ['text'],
  outputs: ['audio'],
  sound: { generated: true, speech: false },
  parameters: soundEffectsParameters,
  limits: { maxInputBytes: 4 * maxTextCharacters, maxInputSeconds: maxSeconds, maxTextCharacters },
  // The length of an effect is not in its description.
  deadlineMs: (_inputSeconds, realTimeFactor = 1) => 2 * minuteMs + 1.5 * maxSeconds * 1000 * realTimeFactor,
  async loadHandler() {
    const { createSoundEffectsHandler } = await import('./handler')
    const { effectEngines } = await import('./engines')
    return createSoundEffectsHandler(effectEngines)
  },
}
