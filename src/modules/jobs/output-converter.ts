import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { audioFormats, audioFormatTable, type AudioFormat } from '../../audio/formats'
import { AppError } from '../../platform/errors'
import type { ObjectStore } from '../../platform/objects'
import type { CaptionLayout } from '../../transcript/captions'
import { isTranscriptFormat, transcriptFormatTable, type TranscriptFormat } from '../../transcript/formats'
import type { TranscriptSource, TranscriptsModule } from '../transcripts'
import type { JobResult } from './job-result'
import { jobPrefix } from './outputs'
import type { DownloadFormat } from './schemas'

/** Writes `input` to `output` in another format; the audio layer's converter. */
export type ConvertFile = (
  input: string,
  output: string,
  format: AudioFormat,
  signal?: AbortSignal,
) => Promise<void>

export interface ConvertedOutput {
  key: string
  extension: string
  contentType: string
}

export interface ConversionRequest {
  source: TranscriptSource
  result: JobResult
  /** Default: the output's own. */
  format?: DownloadFormat | undefined
  /** Of captions. */
  layout?: CaptionLayout | undefined
  /** Of documents. */
  title: string
}

export type OutputConverter = ReturnType<typeof createOutputConverter>

/**
 * Outputs in other formats: made on the first request, kept beside the output, made once for concurrent requests.
 * Transcripts are made from their newest version.
 */
export function createOutputConverter({
  objects,
  convert,
  transcripts,
  workDir,
}: {
  objects: ObjectStore
  convert: ConvertFile
  transcripts: Pick<TranscriptsModule, 'render'>
  workDir: string
}) {
  const inFlight = new Map<string, Promise<void>>()

  async function makeAudio(source: string, key: string, format: AudioFormat): Promise<void> {
    const folder = await mkdtemp(path.join(workDir, 'convert-'))
    try {
      const input = path.join(folder, 'source')
      const output = path.join(folder, `output.${format}`)
      await objects.getFile(source, input)
      await convert(input, output, format)
      await objects.putFile(key, output, { contentType: audioFormatTable[format].contentType })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async function audio({ source, result }: ConversionRequest, format: AudioFormat): Promise<ConvertedOutput> {
    const { extension, contentType } = audioFormatTable[format]
    const key = `${jobPrefix(source.jobId)}download.${extension}`
    if (!(await objects.stat(key))) {
      let work = inFlight.get(key)
      if (!work) {
        work = makeAudio(result.outputKey, key, format).finally(() => inFlight.delete(key))
        inFlight.set(key, work)
      }
      await work
    }
    return { key, extension, contentType }
  }

  async function transcript(
    { source, layout, title }: ConversionRequest,
    format: TranscriptFormat,
  ): Promise<ConvertedOutput> {
    const { version, content } = await transcripts.render(source, format, { title, layout })
    const { extension, contentType } = transcriptFormatTable[format]
    const lines = layout ? `.${layout.maxLineLength}x${layout.maxLines}` : ''
    const key = `${jobPrefix(source.jobId)}download.${format}.v${version}${lines}.${extension}`
    await objects.put(key, content, { contentType })
    return { key, extension, contentType }
  }

  return {
    /** @throws AppError `invalid_parameter` where the output cannot be had in that format. */
    async inFormat(request: ConversionRequest): Promise<ConvertedOutput> {
      const { result, format } = request
      const own = result.outputKey.split('.').at(-1) ?? ''
      if (result.kind === 'transcript') {
        const wanted = format ?? 'json'
        if (isTranscriptFormat(wanted)) return transcript(request, wanted)
      } else if (!format || format === own) {
        return { key: result.outputKey, extension: own, contentType: result.contentType }
      } else if (result.kind !== 'data' && isAudioFormat(format)) return audio(request, format)
      throw new AppError('invalid_parameter', {
        message: `This output cannot be had as ${format}. Leave the format out, or see the formats of ${result.kind} outputs.`,
      })
    },
  }
}

function isAudioFormat(format: string): format is AudioFormat {
  return (audioFormats as readonly string[]).includes(format)
}
