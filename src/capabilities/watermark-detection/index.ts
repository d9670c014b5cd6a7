import { z } from 'zod'
import type { CapabilityDefinition } from '../capability'

const megabyte = 1024 * 1024
const minuteMs = 60_000

/** Says whether sound carries the watermark that this product puts into what it generates. Costs nothing. */
export const watermarkDetection: CapabilityDefinition = {
  id: 'watermark-detection',
  title: 'Watermark detection',
  summary:
    'Says whether a recording carries the inaudible watermark of sound that Timbre generated, and which installation made it.',
  inputs: ['audio', 'video'],
  outputs: ['data'],
  parameters: z.strictObject({}),
  limits: { maxInputBytes: 2048 * megabyte, maxInputSeconds: 4 * 3600, maxTextCharacters: 0 },
  deadlineMs: (inputSeconds) => 2 * minuteMs + (inputSeconds ?? 3600) * 500,
  async loadHandler() {
    const { watermarkDetectionHandler } = await import('./handler')
    return watermarkDetectionHandler
  },
}
