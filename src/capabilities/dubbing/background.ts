import { join } from 'node:path'

import type { HandlerContext } from '../capability'
import { clearBackground } from './clear-background'
import type { Sound } from './sound'

/**
 * The recording without its voices: what noise removal takes for noise, cleared of what is left of them. Same rate,
 * channels and length.
 */
export async function separateBackground(
  sound: Sound,
  { outputDir, maxInputSeconds }: { outputDir: string; maxInputSeconds: number },
  context: HandlerContext,
): Promise<string> {
  const { output } = await context.runCapability(
    {
      capability: 'noise-removal',
      input: { kind: 'audio', path: sound.path, media: sound.media },
      parameters: { mode: 'speech', output: 'residue', strength: 1 },
      outputDir: join(outputDir, 'background'),
    },
    context.progress,
  )
  const cleared = join(outputDir, 'background', 'cleared.flac')
  const paths = { recording: sound.path, background: output.path, output: cleared }
  await clearBackground(paths, maxInputSeconds, context)
  return cleared
}
