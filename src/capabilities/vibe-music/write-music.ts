import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'

import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createDraft, type Draft } from '../../audio/synthesis/mixer-draft'
import { createLoudnessMeter } from '../../audio/synthesis/mixer-loudness'
import { findMastering, mastered } from '../../audio/synthesis/mixer-master'
import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import { targetLufs, type ClipTask } from './music-maker'

/** Of a clip's music, whatever its maker works at. */
export const sampleRateHz = 48_000

export interface WrittenMusic {
  path: string
  frames: number
  /** LUFS. */
  loudness: number
}

const playedShare = 0.7
const measuredShare = 0.85

/**
 * Writes music as FLAC at the loudness of clips, behind a true-peak limiter. Memory does not grow with its length.
 *
 * @param blocks Stereo, of `sampleRateHz`, as loud as they like.
 * @param loop Whether the end runs into the beginning: it is limited so that it still does.
 */
export async function writeMusic(
  blocks: Iterable<PcmBlock> | AsyncIterable<PcmBlock>,
  { frames, loop }: { frames: number; loop: boolean },
  { outputDir }: ClipTask,
  { ffmpeg, signal }: HandlerContext,
  progress: HandlerContext['progress'],
): Promise<WrittenMusic> {
  const check = () => {
    if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
  }
  const folder = join(outputDir, 'music')
  await mkdir(folder, { recursive: true })
  const draft = await createDraft(join(folder, 'draft.pcm'))
  try {
    const meter = createLoudnessMeter(sampleRateHz, 2)
    for await (const block of blocks) {
      await setImmediate()
      check()
      meter.add(block)
      await draft.write(block)
      progress('play', (playedShare * draft.frames()) / frames)
    }
    progress('master', playedShare)
    const measured = { loudness: meter.integrated(), peak: meter.peak() }
    const { gain, loudness } = await findMastering(draft, measured, { targetLufs, sampleRateHz, loop, check })
    const path = join(folder, 'output.flac')
    await writeFlac(path, draft, { gain, loop }, { ffmpeg, signal }, (fraction) => {
      check()
      progress('master', measuredShare + (1 - measuredShare) * fraction)
    })
    return { path, frames: draft.frames(), loudness }
  } finally {
    await draft.remove()
  }
}

async function writeFlac(
  path: string,
  draft: Draft,
  { gain, loop }: { gain: number; loop: boolean },
  { ffmpeg, signal }: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
  onWritten: (fraction: number) => void,
): Promise<void> {
  const sink = ffmpeg.encode({ outputs: [{ path, format: 'flac' }], signal })
  try {
    sink.begin(sampleRateHz, 2)
    let done = 0
    for await (const block of mastered(draft, gain, { sampleRateHz, loop })) {
      await sink.write(block)
      done += frameCount(block)
      onWritten(done / draft.frames())
    }
    await sink.finish()
  } catch (error) {
    await sink.abort()
    await rm(path, { force: true })
    throw error
  }
}
