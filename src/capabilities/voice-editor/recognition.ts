import { rm, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { AppError } from '../../platform/errors'
import { transcriptSchema, type Transcript } from '../../transcript/transcript'
import type { CapabilityTask, HandlerContext } from '../capability'
import type { VoiceEditorParameters } from './index'
import type { Sound } from './sound'

/** What a recogniser takes at most; see the parameters of speech-to-text. */
const keytermLimits = { count: 200, characters: 80 }

/** Whether words have to be known to do what the parameters ask for. */
export function needsWords({ keywords, fillers, speakers, redact }: VoiceEditorParameters): boolean {
  const anyFillers = Array.isArray(fillers) ? fillers.length > 0 : fillers
  return keywords.length + speakers.length + redact.length > 0 || anyFillers
}

/**
 * The transcript in which words are found: the one that came with the task, else a recogniser's. Null where none is
 * needed.
 * @throws AppError as speech-to-text does.
 */
export async function transcriptOf(
  task: CapabilityTask<VoiceEditorParameters>,
  sound: Sound,
  context: HandlerContext,
): Promise<Transcript | null> {
  const { parameters } = task
  if (parameters.transcript) return parameters.transcript
  if (!needsWords(parameters)) return null
  const outputDir = join(task.outputDir, 'recognition')
  try {
    const { output } = await context.runCapability(
      {
        capability: 'speech-to-text',
        model: parameters.recognizer || undefined,
        input: { kind: 'audio', path: sound.path, media: sound.media },
        parameters: {
          language: parameters.language,
          diarize: parameters.speakers.length > 0,
          keyterms: keyterms(parameters.keywords),
        },
        outputDir,
      },
      context.progress,
    )
    const parsed = transcriptSchema.safeParse(JSON.parse(await readFile(output.path, 'utf8')))
    if (parsed.success) return parsed.data
    throw new AppError('engine_failed', {
      message: 'The recogniser gave no transcript.',
      cause: parsed.error,
    })
  } finally {
    await rm(outputDir, { recursive: true, force: true })
  }
}

function keyterms(keywords: readonly string[]): string[] {
  return keywords
    .filter((keyword) => !/[*?]/.test(keyword) && keyword.length <= keytermLimits.characters)
    .slice(0, keytermLimits.count)
}
