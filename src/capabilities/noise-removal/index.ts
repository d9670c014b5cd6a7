import { z } from 'zod'

import type { CapabilityDefinition } from '../capability'

export const noiseRemovalParameters = z.strictObject({
  strength: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('How much of the noise is taken away, from nothing to all that the model hears as noise.'),
  output: z
    .enum(['clean', 'residue'])
    .default('clean')
    .describe('“clean” gives the recording without the noise, “residue” gives what was taken away.'),
})

export type NoiseRemovalParameters = z.output<typeof noiseRemovalParameters>

const megabyte = 1024 * 1024
const minuteMs = 60_000

export const noiseRemoval: CapabilityDefinition = {
  id: 'noise-removal',
  title: 'Noise removal',
  summary:
    'Takes hiss, hum, traffic and other noise out of a recording of speech. Rate, channels and length stay as they are.',
  inputs: ['audio'],
  outputs: ['audio'],
  sound: { generated: false, speech: true },
  parameters: noiseRemovalParameters,
  limits: { maxInputBytes: 2048 * megabyte, maxInputSeconds: 4 * 3600, maxTextCharacters: 0 },
  // A slow core with many channels works at about the speed of sound; two minutes are for start and storage.
  deadlineMs: (inputSeconds) => 2 * minuteMs + (inputSeconds ?? 3600) * 1000,
  async loadHandler() {
    const { createNoiseRemovalHandler } = await import('./handler')
    const { denoiserEngines } = await import('./engines')
    return createNoiseRemovalHandler(denoiserEngines)
  },
}
