import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { AppError } from '../../platform/errors'
import type { Transcript } from '../../transcript/transcript'
import type { HandlerContext } from '../capability'
import { sameLanguage } from '../speech-models'
import { recognise, type RecognitionRequest } from './recognise'
import { isOpen, type DubSegment } from './segments'

export interface Translation {
  segments: DubSegment[]
  /** Why texts are missing, for the user; null where none is. */
  missing: string | null
}

type Request = Omit<RecognitionRequest, 'task' | 'diarize'> & {
  segments: readonly DubSegment[]
  sourceLanguage: string | null
}

const translationSchema = z.object({ lines: z.array(z.string()) })

/**
 * Fills in the text of segments that have none: by a translation model or server, else by a Whisper that translates
 * into English while it listens. Where nothing here can translate, the texts stay empty.
 */
export async function translateSegments(request: Request, context: HandlerContext): Promise<Translation> {
  const { segments, parameters, sourceLanguage } = request
  const open = segments.filter(isOpen)
  if (open.length === 0) return { segments: [...segments], missing: null }
  const target = parameters.target_language
  if (sourceLanguage !== null && sameLanguage(sourceLanguage, target)) {
    return { segments: filled(segments, (segment) => segment.sourceText), missing: null }
  }
  try {
    if (sourceLanguage === null) throw unknownLanguage()
    const lines = await translateLines(open, { ...request, sourceLanguage }, context)
    const texts = new Map(open.map((segment, index) => [segment, lines[index]!]))
    return { segments: filled(segments, (segment) => texts.get(segment)!), missing: null }
  } catch (error) {
    if (!(error instanceof AppError) || !['model_not_found', 'model_file_missing'].includes(error.code))
      throw error
    const listened = await translateByListening(request, context)
    return listened ?? { segments: [...segments], missing: error.message }
  }
}

function filled(segments: readonly DubSegment[], textOf: (segment: DubSegment) => string): DubSegment[] {
  return segments.map((segment) => (isOpen(segment) ? { ...segment, text: textOf(segment).trim() } : segment))
}

function unknownLanguage(): AppError {
  return new AppError('model_not_found', {
    message: 'The language of the recording is not known. Name it in source_language, or give the texts.',
  })
}

async function translateLines(
  open: readonly DubSegment[],
  { parameters, outputDir, sourceLanguage }: Request & { sourceLanguage: string },
  context: HandlerContext,
): Promise<string[]> {
  const folder = join(outputDir, 'translation')
  try {
    const { output } = await context.runCapability(
      {
        capability: 'translation',
        input: {
          kind: 'text',
          text: open.map(({ sourceText }) => sourceText.replaceAll(/\s+/g, ' ')).join('\n'),
        },
        parameters: { source_language: sourceLanguage, target_language: parameters.target_language },
        outputDir: folder,
      },
      context.progress,
    )
    const { lines } = translationSchema.parse(JSON.parse(await readFile(output.path, 'utf8')))
    if (lines.length === open.length) return lines
    throw new AppError('engine_failed', { message: 'The translation has not as many lines as the text.' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Null where there is no such Whisper, or it is not English that is wanted. */
async function translateByListening(request: Request, context: HandlerContext): Promise<Translation | null> {
  const { parameters, segments } = request
  if (!sameLanguage(parameters.target_language, 'en')) return null
  const model = context.helperModel('speech-to-text', parameters.recognizer || undefined)
  if (model?.manifest.engine !== 'whisper' || model.manifest.languages.length < 2) return null
  const english = await recognise({ ...request, task: 'translate', diarize: false }, context)
  const texts = wordsByTime(english, segments)
  return { segments: filled(segments, (segment) => texts.get(segment) ?? ''), missing: null }
}

/** Gives every word of a transcript to the segment in which its middle lies, or to the nearest one. */
export function wordsByTime(
  transcript: Transcript,
  segments: readonly DubSegment[],
): Map<DubSegment, string> {
  const texts = new Map<DubSegment, string>()
  for (const { words } of transcript.segments) {
    for (const { start, end, text } of words) {
      const middle = (start + end) / 2
      const distance = (segment: DubSegment) => Math.max(0, segment.start - middle, middle - segment.end)
      const nearest = segments.reduce((best, segment) =>
        distance(segment) < distance(best) ? segment : best,
      )
      const before = texts.get(nearest)
      texts.set(nearest, before === undefined ? text : `${before} ${text}`)
    }
  }
  return texts
}
