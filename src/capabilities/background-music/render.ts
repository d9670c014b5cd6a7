import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import type { EncodeOutput } from '../../audio/ffmpeg'
import { audioFormatTable } from '../../audio/formats'
import { createMix } from '../../audio/synthesis/mixer'
import { createDraft, type Draft } from '../../audio/synthesis/mixer-draft'
import { createFader } from '../../audio/synthesis/mixer-fades'
import { createLoudnessMeter } from '../../audio/synthesis/mixer-loudness'
import { findMastering, mastered } from '../../audio/synthesis/mixer-master'
import { createWaveformCollector } from '../../audio/waveform'
import { roles, type Piece, type Role } from '../../music/piece'
import { styles, type Genre } from '../../music/styles'
import { AppError } from '../../platform/errors'
import type { CapabilityTask, HandlerContext, TaskArtifact, TaskFile } from '../capability'

export const sampleRateHz = 48_000

export interface Rendering {
  piece: Piece
  loop: boolean
  frames: number
  /** Integrated loudness that comes out. */
  targetLufs: number
  fadeInFrames: number
  fadeOutFrames: number
}

export interface Rendered {
  file: TaskFile
  preview: TaskFile | null
  /** Peaks. */
  waveform: number[]
  /** LUFS. */
  loudness: number
  stems: TaskArtifact[]
  synthesisMs: number
  encodeMs: number
}

type Task = Pick<CapabilityTask, 'outputDir' | 'outputFormat' | 'previewSeconds'>
type Context = Pick<HandlerContext, 'ffmpeg' | 'signal' | 'progress'>

/** Share of the work up to the end of each pass. */
const playedShare = 0.7
const measuredShare = 0.8

/** Plays a piece into a draft, finds how loud it is, and writes it at the target loudness. */
export async function renderPiece(
  rendering: Rendering,
  task: Task,
  context: Context,
  withStems: boolean,
): Promise<Rendered> {
  const { loop, frames, targetLufs } = rendering
  const check = () => {
    if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
  }
  const scale = withStems ? 0.5 : 1
  const startedAt = performance.now()
  const draft = await createDraft(join(task.outputDir, 'draft.pcm'))
  try {
    const meter = createLoudnessMeter(sampleRateHz, 2)
    for await (const block of played(rendering, check)) {
      meter.add(block)
      await draft.write(block)
      context.progress('play', (scale * playedShare * draft.frames()) / frames)
    }
    context.progress('master', scale * playedShare)
    const measured = { loudness: meter.integrated(), peak: meter.peak() }
    const mastering = await findMastering(draft, measured, { targetLufs, sampleRateHz, loop, check })
    const synthesisMs = performance.now() - startedAt
    context.progress('write', scale * measuredShare)
    const written = await write(draft, mastering.gain, { rendering, task, context, scale, check })
    const stems = withStems ? await writeStems(mastering.gain, { rendering, task, context, check }) : []
    return { ...written, stems, synthesisMs, loudness: mastering.loudness }
  } finally {
    await draft.remove()
  }
}

/** The sound of a piece with its fades, in blocks; other work gets its turn between them. */
async function* played(
  { piece, loop, frames, fadeInFrames, fadeOutFrames }: Rendering,
  check: () => void,
  stem?: readonly Role[],
) {
  const room = styles[piece.style as Genre].room
  const mix = createMix(piece, { sampleRateHz, frames, loop, room, ...(stem ? { stem } : {}) })
  const fade = createFader({ inFrames: fadeInFrames, outFrames: fadeOutFrames, frames })
  for (let count = 0; ; count++) {
    if (count % 8 === 0) await new Promise((resolve) => setImmediate(resolve))
    check()
    const block = mix.next()
    if (!block) return
    fade(block)
    yield block
  }
}

interface Writing {
  rendering: Rendering
  task: Task
  context: Context
  check: () => void
}

async function write(
  draft: Draft,
  gain: number,
  { rendering, task, context, scale, check }: Writing & { scale: number },
): Promise<Pick<Rendered, 'file' | 'preview' | 'waveform' | 'encodeMs'>> {
  const startedAt = performance.now()
  const { extension, contentType } = audioFormatTable[task.outputFormat]
  const outputs: EncodeOutput[] = [
    { path: join(task.outputDir, `output.${extension}`), format: task.outputFormat },
  ]
  if (task.previewSeconds !== null) {
    outputs.push(previewOutput(join(task.outputDir, 'preview.mp3'), task.previewSeconds))
  }
  const sink = context.ffmpeg.encode({ outputs, signal: context.signal })
  const waveform = createWaveformCollector()
  try {
    sink.begin(sampleRateHz, 2)
    let done = 0
    for await (const block of mastered(draft, gain, { sampleRateHz, loop: rendering.loop })) {
      check()
      waveform.add(block)
      await sink.write(block)
      done += block.channels[0]!.length
      context.progress('write', scale * (measuredShare + (0.99 - measuredShare) * (done / rendering.frames)))
    }
    const [file, preview] = await sink.finish()
    return {
      file: { ...file!, contentType },
      preview: preview ? { ...preview, contentType: audioFormatTable.mp3.contentType } : null,
      waveform: waveform.peaks(),
      encodeMs: performance.now() - startedAt,
    }
  } catch (error) {
    await sink.abort()
    throw error
  }
}

/** Every part on its own, at the gain of the whole, before its compressor and limiter. */
async function writeStems(
  gain: number,
  { rendering, task, context, check }: Writing,
): Promise<TaskArtifact[]> {
  const present = roles.filter((role) => rendering.piece.tracks.some((track) => track.role === role))
  const stems: TaskArtifact[] = []
  for (const [index, role] of present.entries()) {
    const name = `${role}.flac`
    const path = join(task.outputDir, name)
    const sink = context.ffmpeg.encode({ outputs: [{ path, format: 'flac' }], signal: context.signal })
    try {
      sink.begin(sampleRateHz, 2)
      let done = 0
      for await (const block of played(rendering, check, [role])) {
        for (const samples of block.channels) {
          for (let frame = 0; frame < samples.length; frame++) samples[frame]! *= gain
        }
        await sink.write(block)
        done += block.channels[0]!.length
        context.progress('stems', 0.5 + (0.49 * (index + done / rendering.frames)) / present.length)
      }
      const [file] = await sink.finish()
      stems.push({ ...file!, name, contentType: audioFormatTable.flac.contentType, free: false })
    } catch (error) {
      await sink.abort()
      throw error
    }
  }
  return stems
}
