import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { EncodeOutput } from '../../audio/encode'
import { audioFormatTable, type AudioFormat, type StreamFormat } from '../../audio/formats'
import { changesNothing, type MasteringSettings } from '../../audio/mastering'
import { AppError } from '../../platform/errors'
import type { ObjectStore } from '../../platform/objects'
import type { CaptionLayout } from '../../transcript/captions'
import { isTranscriptFormat, transcriptFormatTable, type TranscriptFormat } from '../../transcript/formats'
import type { TranscriptSource, TranscriptsModule } from '../transcripts'
import type { JobResult } from './job-result'
import { jobPrefix } from './outputs'
import type { DownloadFormat } from './schemas'

/** What the sound of a download is to be. */
export type SoundSettings = MasteringSettings & Pick<EncodeOutput, 'sampleRateHz' | 'bitRateKbps' | 'tags'>

/** Writes `input` as `output`; the audio layer's `masterFile`. */
export type ConvertFile = (
  input: string,
  output: EncodeOutput,
  settings: MasteringSettings,
  sound: { sampleRateHz: number; durationSeconds: number },
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
  format?: DownloadFormat | StreamFormat | undefined
  /** Of outputs that are sound. */
  sound?: SoundSettings | undefined
  /** Of captions. */
  layout?: CaptionLayout | undefined
  /** Of documents. */
  title: string
}

/** Of outputs that state none. */
const defaultRateHz = 48_000

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

  async function makeAudio(
    { result, sound = {} }: ConversionRequest,
    key: string,
    format: AudioFormat | StreamFormat,
  ): Promise<void> {
    const folder = await mkdtemp(path.join(workDir, 'convert-'))
    try {
      const input = path.join(folder, 'source')
      const output = path.join(folder, `output.${format}`)
      await objects.getFile(result.outputKey, input)
      const { sampleRateHz, bitRateKbps, tags, ...mastering } = sound
      const { durationSeconds } = result
      await convert(input, { path: output, format, sampleRateHz, bitRateKbps, tags }, mastering, {
        ...{ durationSeconds, sampleRateHz: result.sampleRateHz ?? defaultRateHz },
      })
      await objects.putFile(key, output, { contentType: audioFormatTable[format].contentType })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async function audio(
    request: ConversionRequest,
    format: AudioFormat | StreamFormat,
  ): Promise<ConvertedOutput> {
    const { extension, contentType } = audioFormatTable[format]
    const key = `${jobPrefix(request.source.jobId)}download${settingsInName(request.sound)}.${extension}`
    if (!(await objects.stat(key))) {
      let work = inFlight.get(key)
      if (!work) {
        work = makeAudio(request, key, format).finally(() => inFlight.delete(key))
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
      } else if ((!format || format === own) && (result.kind !== 'audio' || isAsItIs(request.sound))) {
        return { key: result.outputKey, extension: own, contentType: result.contentType }
      } else if (result.kind !== 'data') {
        const wanted = format ?? own
        if (isAudioFormat(wanted)) return audio(request, wanted)
      }
      throw new AppError('invalid_parameter', {
        message: `This output cannot be had as ${format}. Leave the format out, or see the formats of ${result.kind} outputs.`,
      })
    },
  }
}

function isAudioFormat(format: string): format is AudioFormat | StreamFormat {
  return format in audioFormatTable
}

function isAsItIs(sound: SoundSettings = {}): boolean {
  return changesNothing(sound) && !sound.sampleRateHz && !sound.bitRateKbps && !sound.tags
}

/** Conversions with other settings lie beside each other. */
function settingsInName({ tags, ...sound }: SoundSettings = {}): string {
  const given = Object.entries<string | number | boolean | undefined>(sound).filter(
    ([, value]) => value !== undefined,
  )
  const named = given.map(([name, value]) => `.${name}-${value}`).join('')
  return tags ? `${named}.tags-${digestOf(tags)}` : named
}

function digestOf(tags: Record<string, string>): string {
  return createHash('sha256').update(JSON.stringify(tags)).digest('hex').slice(0, 32)
}
