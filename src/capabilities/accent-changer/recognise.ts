import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AppError } from '../../platform/errors'
import { transcriptSchema, type Transcript } from '../../transcript/transcript'
import type { CapabilityTask, HandlerContext } from '../capability'
import type { AccentChangerParameters } from './index'

/** The words of the recording with their times; those of a transcript that is given are looked for in it. */
export async function recognise(
  task: CapabilityTask<AccentChangerParameters>,
  context: HandlerContext,
): Promise<Transcript> {
  const folder = join(task.outputDir, 'recognition')
  const script = task.parameters.transcript
  try {
    const { output } = await context.runCapability(
      {
        capability: 'speech-to-text',
        model: task.parameters.recognizer || undefined,
        input: task.input,
        parameters: { language: 'en', ...(script && { task: 'align', script }) },
        outputDir: folder,
      },
      context.progress,
    )
    const transcript = transcriptSchema.parse(JSON.parse(await readFile(output.path, 'utf8')))
    if (transcript.segments.some(({ words }) => words.length > 0)) return transcript
    throw new AppError('invalid_media', {
      message: 'No English words were found in the recording, so that there is no accent to change.',
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
