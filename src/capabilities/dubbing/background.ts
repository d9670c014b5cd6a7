import { join } from 'node:path'

import type { HandlerContext } from '../capability'
import type { Sound } from './sound'

/** The recording without its voices: what noise removal takes for noise. Same rate, channels and length. */
export async function separateBackground(
  sound: Sound,
  outputDir: string,
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
  return output.path
}
