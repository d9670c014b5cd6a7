import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AppError } from '../../platform/errors'
import { transcriptSchema, type Transcript } from '../../transcript/transcript'
import type { HandlerContext } from '../capability'
import type { DubbingParameters } from './index'
import type { Sound } from './sound'

export interface RecognitionRequest {
  sound: Sound
  parameters: DubbingParameters
  outputDir: string
  task: 'transcribe' | 'translate'
  diarize: boolean
}

/** What is said in the recording, by the speech-to-text capability. */
export async function recognise(
  { sound, parameters, outputDir, task, diarize }: RecognitionRequest,
  context: HandlerContext,
): Promise<Transcript> {
  const folder = join(outputDir, 'recognition')
  try {
    const { output } = await context.runCapability(
      {
        capability: 'speech-to-text',
        model: parameters.recognizer || undefined,
        input: { kind: 'audio', path: sound.path, media: sound.media },
        parameters: { language: parameters.source_language, task, diarize },
        outputDir: folder,
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
    await rm(folder, { recursive: true, force: true })
  }
}
