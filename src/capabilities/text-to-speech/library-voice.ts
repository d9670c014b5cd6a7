import { join } from 'node:path'

import type { CapabilityTask, HandlerContext, TaskVoice } from '../capability'
import type { TextToSpeechParameters } from './index'
import { createSpeechFile, type SpeechFile } from './speech-file'

/**
 * Turns speech of a model's voice into one of the voice library, word times kept, and writes it as the task's result.
 *
 * @param draft Lossless file of the speech.
 */
export async function speakAs(
  target: TaskVoice,
  draft: string,
  task: CapabilityTask<TextToSpeechParameters>,
  context: HandlerContext,
  onProgress: (fraction: number) => void,
): Promise<SpeechFile> {
  const changed = await context.runCapability(
    {
      capability: 'voice-changer',
      input: { kind: 'audio', path: draft },
      parameters: { target_voice_id: target.id, preserve_timing: true },
      resources: task.resources,
      outputDir: join(task.outputDir, 'changed'),
    },
    (_stage, fraction) => onProgress(fraction),
  )
  const { ffmpeg, signal } = context
  const decoded = await ffmpeg.decode(changed.output.path, {
    channels: 1,
    maxSeconds: task.maxInputSeconds,
    signal,
  })
  const file = createSpeechFile(task, decoded.sampleRateHz, context)
  try {
    for await (const block of decoded.blocks) await file.write(block.channels[0]!)
    return file
  } catch (error) {
    await Promise.all([file.abort(), decoded.stop()])
    throw error
  }
}
