import { join } from 'node:path'

import type { InstrumentName } from '../../../music/piece'
import { wordsOf } from '../clip-input'
import { clipSeconds } from '../clip-length'
import type { VibeMusicParameters } from '../index'
import { targetLufs, type MusicMaker } from '../music-maker'
import type { SoloInstrument } from '../solo-instruments'

/** Those of the composer's that come nearest; null where none does. */
const nearest: Record<SoloInstrument, InstrumentName | null> = {
  violin: 'strings',
  cello: 'strings',
  flute: 'flute',
  clarinet: null,
  trumpet: 'brass',
  'alto-saxophone': null,
}

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
      details: {
        moods: [],
        ...details,
        warnings: [
          ...((details?.warnings ?? []) as string[]),
          ...instrumentWarnings(task.parameters.instrument),
        ],
      },
      timings: report.timingsMs,
      provider: report.provider,
    }
  },
}

function musicParameters(parameters: VibeMusicParameters, seed: number) {
  const { mood, genre, bpm, key, loop, instrument } = parameters
  const played = instrument && nearest[instrument]
  return {
    ...{ mood, genre, bpm, key, loop, duration_seconds: clipSeconds(parameters) },
    instruments: played ? [played] : [],
    ...{ opening: 'hook', loudness_lufs: targetLufs, seed: parameters.seed ?? seed },
  }
}

function instrumentWarnings(asked: SoloInstrument | null): string[] {
  if (asked === null || asked === nearest[asked]) return []
  const played = nearest[asked]
  const instead = played === null ? 'instruments that fit the music' : `its ${played}`
  return [
    `The composer has no ${asked} and plays ${instead} instead. A model with instruments of its own, such as timbre-ddsp, plays one.`,
  ]
}
