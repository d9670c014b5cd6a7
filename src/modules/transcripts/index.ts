import { text } from 'node:stream/consumers'
import type { Database } from '../../platform/database'
import { AppError } from '../../platform/errors'
import type { ObjectStore } from '../../platform/objects'
import { correctTranscript, type TranscriptCorrection } from '../../transcript/correct'
import { transcriptFormatTable, type RenderOptions, type TranscriptFormat } from '../../transcript/formats'
import { transcriptSchema, type Transcript } from '../../transcript/transcript'
import { createTranscriptRepository } from './repository'

export { transcriptRoutes } from './routes'

/** A completed job whose output is a transcript. */
export interface TranscriptSource {
  jobId: string
  outputKey: string
  completedAt: Date
}

export interface TranscriptVersion {
  /** 1 is what the recogniser gave; every correction adds one. */
  version: number
  createdAt: Date
  transcript: Transcript
}

export interface TranscriptsModule {
  /**
   * A version, the newest where none is named.
   * @throws AppError `not_found`.
   */
  get(source: TranscriptSource, version?: number): Promise<TranscriptVersion>
  versions(source: TranscriptSource): Promise<Omit<TranscriptVersion, 'transcript'>[]>
  /**
   * Adds a version.
   * @param base The version that was corrected.
   * @throws AppError `conflict` where somebody else was quicker.
   */
  correct(
    source: TranscriptSource,
    base: number,
    correction: TranscriptCorrection,
  ): Promise<TranscriptVersion>
  /** The newest version in a format. */
  render(
    source: TranscriptSource,
    format: TranscriptFormat,
    options: RenderOptions,
  ): Promise<RenderedTranscript>
}

export interface RenderedTranscript {
  version: number
  content: Buffer
}

/** Transcripts of jobs: the recogniser's own lies in the object store, corrections in this module's table. */
export function createTranscriptsModule(options: {
  database: Database
  objects: Pick<ObjectStore, 'read'>
}): TranscriptsModule {
  const repository = createTranscriptRepository(options.database)

  async function original({ outputKey, completedAt }: TranscriptSource): Promise<TranscriptVersion> {
    const body: unknown = JSON.parse(await text(await options.objects.read(outputKey)))
    return { version: 1, createdAt: completedAt, transcript: transcriptSchema.parse(body) }
  }

  async function get(source: TranscriptSource, version?: number): Promise<TranscriptVersion> {
    if (version === 1) return original(source)
    const row = await repository.find(source.jobId, version)
    if (row) return { ...row, transcript: transcriptSchema.parse(row.body) }
    if (version === undefined) return original(source)
    throw new AppError('not_found', { message: `The transcript has no version ${version}.` })
  }

  return {
    get,
    async versions(source) {
      return [{ version: 1, createdAt: source.completedAt }, ...(await repository.list(source.jobId))]
    },
    async correct(source, base, correction) {
      const newest = await get(source)
      if (newest.version !== base) throw overtaken(base, newest.version)
      const transcript = correctTranscript(newest.transcript, correction)
      const row = await repository.add(source.jobId, base + 1, transcript)
      if (!row) throw overtaken(base, base + 1)
      return { ...row, transcript }
    },
    async render(source, format, renderOptions) {
      const { version, transcript } = await get(source)
      const content = await transcriptFormatTable[format].render(transcript, renderOptions)
      return { version, content: Buffer.from(content as Uint8Array) }
    },
  }
}

function overtaken(base: number, newest: number): AppError {
  return new AppError('conflict', {
    message: `You corrected version ${base}, but there is a version ${newest} by now. Load it and correct that.`,
    details: { version: newest },
  })
}
