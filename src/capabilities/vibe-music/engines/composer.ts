import { join } from 'node:path'

import { wordsOf } from '../clip-input'
import { clipSeconds } from '../clip-length'
import type { VibeMusicParameters } from '../index'
import { targetLufs, type MusicMaker } from '../music-maker'

/** The composer of background music, begun with its hook. */
export const composerMaker: MusicMaker = {
  engine: 'composer',
  takes: ['text'],
  async make(task, context, progress) {
    const { output, details, report } = await context.runCapability(
      {
        capability: 'background-music',
        input: { kind: 'text', text: wordsOf(task) },
        parameters: musicParameters(task.parameters, context.seed),
        outputDir: join(task.outputDir, 'music'),
      },
      progress,
    )
    const { sampleRateHz, channels, frames } = output.audio!
    return {
      ...{ path: output.path, sampleRateHz, channels, frames, recording: null },
      details: { moods: [], warnings: [], ...details },
      timings: report.timingsMs,
      provider: report.provider,
    }
  },
}

function musicParameters(parameters: VibeMusicParameters, seed: number) {
  const { mood, genre, bpm, key, loop } = parameters
  return {
    ...{ mood, genre, bpm, key, loop, duration_seconds: clipSeconds(parameters) },
    ...{ opening: 'hook', loudness_lufs: targetLufs, seed: parameters.seed ?? seed },
  }
}
