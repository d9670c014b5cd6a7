import { setImmediate } from 'node:timers/promises'

import type { PcmBlock } from '../../../../audio/pcm'
import type { Mix } from '../../../../audio/synthesis/mixer'
import { AppError } from '../../../../platform/errors'
import type { HandlerContext } from '../../../capability'
import type { ClipTask, MusicMaker } from '../../music-maker'
import type { SoloInstrument } from '../../solo-instruments'
import { sampleRateHz, writeMusic } from '../../write-music'
import { readHumming } from './humming'
import { collectSolo, staged } from './mix'
import { ddspNetwork, ddspTraits, type DdspModelTraits } from './network'
import type { Score } from './score'
import { composeFor } from './words'

/** How much louder the instrument is than its band. */
const aheadLu = -1
/** Shares of the music up to its score, its solo and its band. */
const shares = { score: 0.1, solo: 0.45, band: 0.6 }

/** An instrument that a network plays: a hummed tune, or the melody of a composed piece before its band. */
export const ddspMaker: MusicMaker = {
  engine: ddspNetwork.id,
  takes: ['text', 'audio'],
  async make(task, context, progress) {
    const startedAt = performance.now()
    const model = ddspTraits(task.model)
    const instrument = task.parameters.instrument ?? firstOf(model)
    const seed = task.parameters.seed ?? context.seed
    const score = await scoreFor(task, context, { instrument, model, seed })
    const lease = await context.models.acquire(ddspNetwork, task.model)
    try {
      const openMs = performance.now() - startedAt
      progress('play', shares.score)
      const parts = await lease.model.run({ instrument, melody: score.melody, seed }, context)
      const { frames, loop } = score
      const solo = await collectSolo(parts, { rateHz: model.sampleRateHz, frames }, (fraction) =>
        progress('play', shares.score + (shares.solo - shares.score) * fraction),
      )
      const band = score.band ? await rendered(score.band, context.signal) : null
      progress('play', shares.band)
      const blocks = staged({ ...score, solo, band, aheadLu })
      const written = await writeMusic(blocks, { frames, loop }, task, context, (stage, fraction) =>
        progress(stage, shares.band + (1 - shares.band) * fraction),
      )
      return {
        ...{ path: written.path, frames, sampleRateHz, channels: 2, recording: score.recording },
        details: {
          ...{ instrument, accompaniment: band ? 'band' : 'none' },
          ...score.details,
          loudness_lufs: Math.round(written.loudness * 100) / 100,
        },
        timings: { open: openMs, inference: performance.now() - startedAt - openMs },
        provider: lease.provider,
      }
    } finally {
      lease.release()
    }
  },
  async warm(model, models) {
    const lease = await models.acquire(ddspNetwork, model)
    lease.release()
  },
}

function scoreFor(
  task: ClipTask,
  context: HandlerContext,
  { instrument, model, seed }: { instrument: SoloInstrument; model: DdspModelTraits; seed: number },
): Promise<Score> | Score {
  const traits = model.instruments.get(instrument)
  if (!traits) throw unknownInstrument(instrument, model)
  if (task.input.kind === 'text') return composeFor(task, { traits, model, seed })
  return readHumming(task, task.input.path, context, { instrument, traits, model })
}

/** The manifest names one at least. */
function firstOf({ instruments }: DdspModelTraits): SoloInstrument {
  const [first] = instruments.keys()
  return first!
}

function unknownInstrument(asked: SoloInstrument, { instruments }: DdspModelTraits): AppError {
  const known = [...instruments.keys()].join(', ')
  return new AppError('invalid_parameter', { message: `This model has no ${asked}. It plays: ${known}.` })
}

/** A clip's band is a minute at most. */
async function rendered(mix: Mix, signal: AbortSignal): Promise<PcmBlock[]> {
  const blocks: PcmBlock[] = []
  for (let block = mix.next(); block; block = mix.next()) {
    blocks.push(block)
    if (blocks.length % 8 > 0) continue
    await setImmediate()
    signal.throwIfAborted()
  }
  return blocks
}
