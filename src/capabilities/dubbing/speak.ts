import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import { beginningOf } from './dub-problems'
import type { DubbingParameters } from './index'
import type { SpeechKey, SpeechStore } from './speech-store'

/** Has the text-to-speech capability say what is not in the store yet, one segment after the other. */
export async function speakSegments(
  keys: readonly SpeechKey[],
  store: SpeechStore,
  parameters: DubbingParameters,
  outputDir: string,
  context: HandlerContext,
): Promise<{ spoken: number }> {
  let spoken = 0
  for (const [index, key] of keys.entries()) {
    if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
    context.progress('speak', index / keys.length)
    if (store.has(key)) continue
    const folder = join(outputDir, 'speaking')
    try {
      const { output } = await context.runCapability(
        {
          capability: 'text-to-speech',
          model: parameters.speech_model || undefined,
          input: { kind: 'text', text: key.text },
          parameters: {
            voice_id: parameters.voice_id,
            language: key.language,
            seed: key.seed,
            ssml: key.ssml,
          },
          outputDir: folder,
        },
        (stage, fraction) => context.progress(stage, (index + fraction) / keys.length),
      )
      await store.put(key, output.path)
      spoken += 1
    } catch (error) {
      throw aboutSegment(error, key.text)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return { spoken }
}

/** What cannot be said is the text's fault, and the user should see whose. */
function aboutSegment(error: unknown, text: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'invalid_parameter') return error
  return new AppError('invalid_parameter', {
    message: `The segment “${beginningOf(text)}” cannot be spoken: ${error.message}`,
    details: { ...error.details, parameter: 'segments' },
    cause: error,
  })
}
