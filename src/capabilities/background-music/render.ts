import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import type { EncodeOutput } from '../../audio/ffmpeg'
import { audioFormatTable } from '../../audio/formats'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createLoudnessMeter } from '../../audio/synthesis/mixer-loudness'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import type { CapabilityTask, HandlerContext, TaskArtifact, TaskFile } from '../capability'
import { createDraft, type Draft } from '../../audio/synthesis/mixer-draft'
import { createFader } from '../../audio/synthesis/mixer-fades'
import type { BackgroundMusicParameters } from './index'
import { findMastering, mastered } from '../../audio/synthesis/mixer-master'
import type { MusicPlan, PlannedSound } from './musician'

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

type Task = CapabilityTask<BackgroundMusicParameters>
type Context = Pick<HandlerContext, 'ffmpeg' | 'signal' | 'progress'>

/** Share of the work up to the end of each pass. */
const playedShare = 0.7
const measuredShare = 0.8

/** The music is let go of within this time where no fade is asked for. */
const endingFadeSeconds = 1.2

/** Plays a plan into a draft, finds how loud it is, and writes it at the target loudness. */
export async function renderPlan(plan: MusicPlan, task: Task, context: Context): Promise<Rendered> {
  const { loop, sampleRateHz } = plan
  const { loudness_lufs: targetLufs } = task.parameters
  const check = () => {
    if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
  }
  const scale = plan.stems.length > 0 ? 0.5 : 1
  const writing: Writing = { plan, task, context, check, scale }
  const startedAt = performance.now()
  const draft = await createDraft(join(task.outputDir, 'draft.pcm'))
  try {
    const meter = createLoudnessMeter(sampleRateHz, 2)
    const progress = (fraction: number) => context.progress('play', scale * playedShare * fraction)
    for await (const block of played(plan.play, writing, progress)) {
      meter.add(block)
      await draft.write(block)
    }
    if (draft.frames() !== plan.frames) {
      throw new AppError('engine_failed', {
        message: `The engine gave ${draft.frames()} frames instead of ${plan.frames}.`,
      })
    }
    context.progress('master', scale * playedShare)
    const measured = { loudness: meter.integrated(), peak: meter.peak() }
    const mastering = await findMastering(draft, measured, { targetLufs, sampleRateHz, loop, check })
    const synthesisMs = performance.now() - startedAt
    context.progress('write', scale * measuredShare)
    const written = await write(draft, mastering.gain, writing)
    const stems = await writeStems(mastering.gain, writing)
    return { ...written, stems, synthesisMs, loudness: mastering.loudness }
  } finally {
    await draft.remove()
  }
}

interface Writing {
  plan: MusicPlan
  task: Task
  context: Context
  check: () => void
  /** Share of the whole in the work. */
  scale: number
}

/** A sound with the fades at its ends. */
async function* played(
  play: PlannedSound,
  { plan, task, check }: Writing,
  progress: (fraction: number) => void,
): AsyncGenerator<PcmBlock> {
  const { sampleRateHz, frames, loop } = plan
  const { fade_in, fade_out, duration_seconds } = task.parameters
  const fadeOut = loop ? 0 : Math.max(fade_out, Math.min(endingFadeSeconds, 0.1 * duration_seconds))
  const fade = createFader({
    inFrames: Math.round(fade_in * sampleRateHz),
    outFrames: Math.round(fadeOut * sampleRateHz),
    frames,
  })
  for await (const block of play(progress)) {
    check()
    fade(block)
    yield block
  }
}

async function write(
  draft: Draft,
  gain: number,
  { plan, task, context, check, scale }: Writing,
): Promise<Pick<Rendered, 'file' | 'preview' | 'waveform' | 'encodeMs'>> {
  const { sampleRateHz, frames, loop } = plan
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
    for await (const block of mastered(draft, gain, { sampleRateHz, loop })) {
      check()
      waveform.add(block)
      await sink.write(block)
      done += frameCount(block)
      context.progress('write', scale * (measuredShare + (0.99 - measuredShare) * (done / frames)))
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
async function writeStems(gain: number, writing: Writing): Promise<TaskArtifact[]> {
  const { plan, task, context } = writing
  const stems: TaskArtifact[] = []
  for (const [index, stem] of plan.stems.entries()) {
    const name = `${stem.name}.flac`
    const path = join(task.outputDir, name)
    const progress = (fraction: number) =>
      context.progress('stems', 0.5 + (0.49 * (index + fraction)) / plan.stems.length)
    const sink = context.ffmpeg.encode({ outputs: [{ path, format: 'flac' }], signal: context.signal })
    try {
      sink.begin(plan.sampleRateHz, 2)
      for await (const block of played(stem.play, writing, progress)) {
        for (const samples of block.channels) {
          for (let frame = 0; frame < samples.length; frame++) samples[frame]! *= gain
        }
        await sink.write(block)
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
