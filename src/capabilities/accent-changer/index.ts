import { z } from 'zod'

import type { CapabilityDefinition } from '../capability'
import { accentProblems } from './accent-problems'

export const targetAccents = ['en-GB', 'en-US', 'en-IN', 'en-AU'] as const

export const accentChangerParameters = z.strictObject({
  target_accent: z.enum(targetAccents).default('en-GB').meta({
    title: 'Accent',
    description: 'British (en-GB), American (en-US), Indian (en-IN) or Australian (en-AU) English.',
  }),
  strength: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('From nothing over the most telling sounds to all of them. Above 0.8 it may sound unnatural.'),
  transcript: z.string().trim().max(200_000).default('').meta({
    description: 'What is said, where you know it: words are found better than by recognition alone.',
  }),
  recognizer: z.string().max(80).default('').meta({
    advanced: true,
    description: 'Speech-to-text model that finds the words; empty for the default one.',
  }),
})

export type AccentChangerParameters = z.output<typeof accentChangerParameters>

const megabyte = 1024 * 1024
const minuteMs = 60_000

export const accentChanger: CapabilityDefinition<AccentChangerParameters> = {
  id: 'accent-changer',
  title: 'Accent changer',
  summary:
    'Brings English speech nearer to another accent, in the speaker’s own voice: moves its vowels in place, or says it anew.',
  inputs: ['audio'],
  outputs: ['audio'],
  sound: { generated: true, speech: true },
  parameters: accentChangerParameters,
  problemsWith: accentProblems,
  limits: { maxInputBytes: 2048 * megabyte, maxInputSeconds: 4 * 3600, maxTextCharacters: 0 },
  // Recognition on a slow core takes as long as the recording.
  deadlineMs: (inputSeconds) => 5 * minuteMs + (inputSeconds ?? 3600) * 4000,
  async loadHandler() {
    const { createAccentChangerHandler } = await import('./handler')
    return createAccentChangerHandler()
  },
}
