import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import type { CapabilityTask, HandlerContext } from '../capability'

/** Hands out the beginning of the speech while the rest is still being made. */
export interface PreviewParts {
  /** @param samples A sentence with the pause behind it. */
  add(samples: Float32Array): Promise<void>
}

/** An MP3 for each sentence, until they hold as much as the preview does; nothing where no preview is wanted. */
export function createPreviewParts(
  { outputDir, previewSeconds }: Pick<CapabilityTask, 'outputDir' | 'previewSeconds'>,
  sampleRateHz: number,
  { ffmpeg, signal, publishPart }: Pick<HandlerContext, 'ffmpeg' | 'signal' | 'publishPart'>,
): PreviewParts {
  let leftSeconds = previewSeconds ?? 0
  let count = 0
  return {
    async add(samples) {
      if (leftSeconds <= 0) return
      const seconds = Math.min(leftSeconds, samples.length / sampleRateHz)
      leftSeconds -= seconds
      count += 1
      const path = join(outputDir, `part-${count}.mp3`)
      const sink = ffmpeg.encode({ outputs: [previewOutput(path, seconds)], signal })
      try {
        sink.begin(sampleRateHz, 1)
        await sink.write({ channels: [samples] })
        await sink.finish()
      } catch (error) {
        await sink.abort()
        throw error
      }
      publishPart(path)
    },
  }
}
