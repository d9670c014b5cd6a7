import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { ObjectStore } from '../../platform/objects'
import type { JobResult } from './job-result'
import { jobPrefix } from './outputs'
import type { DownloadFormat } from './schemas'

/** Writes `input` to `output` in another format; the audio layer's converter. */
export type ConvertFile = (
  input: string,
  output: string,
  format: DownloadFormat,
  signal?: AbortSignal,
) => Promise<void>

export interface ConvertedOutput {
  key: string
  extension: string
  contentType: string
}

export const formatContentTypes: Record<DownloadFormat, string> = {
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  flac: 'audio/flac',
  opus: 'audio/ogg',
  m4a: 'audio/mp4',
}

export type OutputConverter = ReturnType<typeof createOutputConverter>

/** Outputs in other formats: made on the first request, kept beside the output, made once for concurrent requests. */
export function createOutputConverter({
  objects,
  convert,
  workDir,
}: {
  objects: ObjectStore
  convert: ConvertFile
  workDir: string
}) {
  const inFlight = new Map<string, Promise<void>>()

  async function make(source: string, key: string, format: DownloadFormat): Promise<void> {
    const folder = await mkdtemp(path.join(workDir, 'convert-'))
    try {
      const input = path.join(folder, 'source')
      const output = path.join(folder, `output.${format}`)
      await objects.getFile(source, input)
      await convert(input, output, format)
      await objects.putFile(key, output, { contentType: formatContentTypes[format] })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    async inFormat(jobId: string, result: JobResult, format?: DownloadFormat): Promise<ConvertedOutput> {
      const own = result.outputKey.split('.').at(-1) ?? ''
      if (!format || format === own) {
        return { key: result.outputKey, extension: own, contentType: result.contentType }
      }
      const key = `${jobPrefix(jobId)}download.${format}`
      if (!(await objects.stat(key))) {
        let work = inFlight.get(key)
        if (!work) {
          work = make(result.outputKey, key, format).finally(() => inFlight.delete(key))
          inFlight.set(key, work)
        }
        await work
      }
      return { key, extension: format, contentType: formatContentTypes[format] }
    },
  }
}
