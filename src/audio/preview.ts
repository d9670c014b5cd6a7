import { rm, stat } from 'node:fs/promises'

import { previewOutput } from './encode'
import type { Ffmpeg } from './ffmpeg'
import { audioFormatTable } from './formats'

export interface PreviewOptions {
  /** File to write. */
  path: string
  /** Length of the beginning that it holds. */
  maxSeconds: number
  signal?: AbortSignal
}

/** A preview of a file that is being written while other work on the file goes on. */
export interface Preview {
  /** @throws AppError `disk_full`, `engine_failed` or `canceled` */
  finished(): Promise<{ path: string; contentType: string; bytes: number }>
  /** Ends the work on it and removes it. */
  stop(): Promise<void>
}

/** Starts a preview of a file in a process of its own, which gets what the rest of the work leaves. */
export function startPreview(
  ffmpeg: Pick<Ffmpeg, 'convert'>,
  source: string,
  { path, maxSeconds, signal }: PreviewOptions,
): Preview {
  const stopped = new AbortController()
  const done = ffmpeg.convert(source, previewOutput(path, maxSeconds), {
    signal: signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal,
    background: true,
  })
  done.catch(() => undefined)
  return {
    async finished() {
      await done
      return { path, contentType: audioFormatTable.mp3.contentType, bytes: (await stat(path)).size }
    },
    async stop() {
      stopped.abort()
      await done.catch(() => undefined)
      await rm(path, { force: true })
    },
  }
}
