import { z } from 'zod'
import type { CapabilityDefinition } from '../capability'
import type { ListenForVoices } from '../listening'

const megabyte = 1024 * 1024
const minuteMs = 60_000

/** Checks the sample of a voice and measures it, for the voice library. Its details are a `SampleReport`. */
export function voiceSample(loadListener: () => Promise<ListenForVoices>): CapabilityDefinition {
  return {
    id: 'voice-sample',
    title: 'Voice sample',
    summary: 'Checks whether a recording can stand for a voice, and measures it.',
    inputs: ['audio', 'video'],
    outputs: ['audio'],
    internal: true,
    parameters: z.strictObject({}),
    limits: { maxInputBytes: 512 * megabyte, maxInputSeconds: 900, maxTextCharacters: 0 },
    deadlineMs: () => 15 * minuteMs,
    async loadHandler() {
      const { createVoiceSampleHandler } = await import('./handler')
      return createVoiceSampleHandler(await loadListener())
    },
  }
}
