import { join } from 'node:path'

import type { AudioSink } from '../../audio/ffmpeg'
import { audioFormatTable, type AudioFormat } from '../../audio/formats'
import { createPeakLimiter, type PeakLimiter } from '../../audio/limiter'
import type { PcmBlock } from '../../audio/pcm'
import type { CapabilityTask, HandlerContext, TaskArtifact } from '../capability'

/** Parts of the sound, each written to a file of its own. */
export interface PartFiles {
  write(blocks: readonly PcmBlock[]): Promise<void>
  finish(): Promise<TaskArtifact[]>
  abort(): Promise<void>
}

/** The parts lose nothing, whatever the format of the output. */
const format: AudioFormat = 'flac'

export function openPartFiles(
  names: readonly string[],
  { sampleRateHz, channels }: { sampleRateHz: number; channels: number },
  { outputDir }: Pick<CapabilityTask, 'outputDir'>,
  { ffmpeg, signal }: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): PartFiles {
  const { extension, contentType } = audioFormatTable[format]
  const parts = names.map((part): { name: string; path: string; sink: AudioSink; limiter: PeakLimiter } => {
    const name = `${part}.${extension}`
    const path = join(outputDir, name)
    const sink = ffmpeg.encode({ outputs: [{ path, format }], signal })
    sink.begin(sampleRateHz, channels)
    return { name, path, sink, limiter: createPeakLimiter(sampleRateHz, channels) }
  })
  return {
    async write(blocks) {
      await Promise.all(parts.map(({ sink, limiter }, index) => sink.write(limiter.push(blocks[index]!))))
    },
    finish: () =>
      Promise.all(
        parts.map(async ({ name, path, sink, limiter }): Promise<TaskArtifact> => {
          await sink.write(limiter.finish())
          const [file] = await sink.finish()
          return { name, path, contentType, bytes: file!.bytes, free: false }
        }),
      ),
    async abort() {
      await Promise.all(parts.map(({ sink }) => sink.abort()))
    },
  }
}
