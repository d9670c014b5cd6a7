import { createRequire } from 'node:module'
import { join } from 'node:path'

import { previewOutput, type EncodeOutput } from '../../audio/encode'
import { audioFormatTable } from '../../audio/formats'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskFile, TaskResult } from '../capability'
import { maxTextCharacters, type VibeMusicParameters } from './index'
import { lookOf, titleLines } from './look'
import { platforms } from './platforms'

type Task = CapabilityTask<VibeMusicParameters>

const engineId = 'composer'
/** As loud as the platforms play. */
const targetLufs = -14
const picture = { size: { width: 1080, height: 1920 }, frameRate: 30 }
const fontPath = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')

/** Share of the work up to the end of the music, and of its writing. */
const shares = { audio: [0.85, 1], video: [0.35, 0.45] } as const

/** Short clips: the composer's music, begun with its hook, and where wanted a picture to it. */
export function createVibeMusicHandler(): CapabilityHandler<VibeMusicParameters> {
  return {
    async run(task, context) {
      try {
        return await makeClip(task, context)
      } catch (error) {
        if (error instanceof AppError) throw error
        throw new AppError(context.signal.aborted ? 'canceled' : 'engine_failed', { cause: error })
      }
    },
  }
}

async function makeClip(task: Task, context: HandlerContext): Promise<TaskResult> {
  const startedAt = performance.now()
  const { manifest } = task.model
  if (manifest.engine !== engineId) {
    throw new AppError('model_not_found', {
      message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
    })
  }
  const { parameters } = task
  const platform = platforms[parameters.platform]
  const durationSeconds = parameters.duration_seconds ?? platform.seconds
  const [played, written] = shares[parameters.output]
  const music = await context.runCapability(
    {
      capability: 'background-music',
      input: { kind: 'text', text: textOf(task) },
      parameters: musicParameters(parameters, durationSeconds, context.seed),
      outputDir: join(task.outputDir, 'music'),
    },
    (stage, fraction) => context.progress(stage, played * fraction),
  )
  const playedMs = performance.now() - startedAt
  const sound = await writeSound(task, context, music, (fraction) =>
    context.progress('write', played + (written - played) * fraction),
  )
  const video = parameters.output === 'video' ? await film(task, context, sound.file, music, written) : null
  const warnings = (music.details?.warnings ?? []) as string[]
  const frames = music.output.audio!.frames
  const totalMs = performance.now() - startedAt
  return {
    output: {
      ...(video ?? sound.file),
      kind: parameters.output,
      durationSeconds: frames / music.output.audio!.sampleRateHz,
      audio: music.output.audio,
    },
    billedSeconds: durationSeconds,
    ...{ preview: sound.preview, previewText: null, inputPreview: null },
    artifacts: video
      ? [{ ...sound.file, name: `sound.${audioFormatTable.flac.extension}`, free: false }]
      : [],
    details: {
      ...music.details,
      ...{ platform: platform.title, loudness_lufs: music.details?.loudness_lufs },
      warnings: [...warnings, ...tooLong(durationSeconds, platform)],
    },
    inputSeconds: durationSeconds,
    waveform: { input: [], output: sound.waveform },
    report: {
      timingsMs: {
        open: music.report.timingsMs.open,
        inference: music.report.timingsMs.inference,
        encode: totalMs - playedMs,
        total: totalMs,
      },
      realTimeFactor: music.report.realTimeFactor,
      provider: 'cpu',
      model: { id: manifest.id, version: manifest.version },
    },
  }
}

function textOf({ input }: Task): string {
  if (input.kind !== 'text') {
    throw new AppError('invalid_parameter', {
      message: 'A vibe clip is made of words or emoji, not of a recording.',
    })
  }
  if (input.text.length <= maxTextCharacters) return input.text
  throw new AppError('text_too_long', {
    message: `The text has ${input.text.length} characters; at most ${maxTextCharacters} are taken.`,
  })
}

function musicParameters(parameters: VibeMusicParameters, durationSeconds: number, seed: number) {
  const { mood, genre, bpm, key, loop } = parameters
  return {
    ...{ mood, genre, bpm, key, loop, duration_seconds: durationSeconds },
    ...{ opening: 'hook', loudness_lufs: targetLufs, seed: parameters.seed ?? seed },
  }
}

function tooLong(
  seconds: number,
  { title, maxSeconds }: (typeof platforms)[keyof typeof platforms],
): string[] {
  return seconds > maxSeconds ? [`${title} cuts clips after ${maxSeconds} seconds.`] : []
}

/** The music as the task's output: FLAC under a picture, else as asked, with its preview. */
async function writeSound(
  task: Task,
  { ffmpeg, signal }: HandlerContext,
  { output: music }: TaskResult,
  progress: (fraction: number) => void,
): Promise<{ file: TaskFile; preview: TaskFile | null; waveform: number[] }> {
  const format = task.parameters.output === 'video' ? 'flac' : task.outputFormat
  const { extension, contentType } = audioFormatTable[format]
  const outputs: EncodeOutput[] = [{ path: join(task.outputDir, `output.${extension}`), format }]
  if (task.previewSeconds !== null) {
    outputs.push(previewOutput(join(task.outputDir, 'preview.mp3'), task.previewSeconds))
  }
  const { frames, channels, sampleRateHz } = music.audio!
  const decoded = await ffmpeg.decode(music.path, { maxSeconds: music.durationSeconds + 1, signal })
  const sink = ffmpeg.encode({ outputs, signal })
  const waveform = createWaveformCollector()
  try {
    sink.begin(sampleRateHz, channels)
    for await (const block of decoded.blocks) {
      waveform.add(block)
      await sink.write(block)
      progress(decoded.framesDecoded() / frames)
    }
    const [file, preview] = await sink.finish()
    return {
      file: { ...file!, contentType },
      preview: preview ? { ...preview, contentType: audioFormatTable.mp3.contentType } : null,
      waveform: waveform.peaks(),
    }
  } catch (error) {
    await Promise.all([sink.abort(), decoded.stop()])
    throw error
  }
}

function film(
  { outputDir, parameters }: Task,
  { ffmpeg, signal, progress }: HandlerContext,
  sound: TaskFile,
  music: TaskResult,
  from: number,
): Promise<TaskFile> {
  const [mood] = (music.details?.moods ?? []) as string[]
  return ffmpeg.renderClipVideo({
    ...picture,
    soundPath: sound.path,
    durationSeconds: music.output.durationSeconds,
    outputPath: join(outputDir, 'output'),
    colours: lookOf(mood),
    title: titleLines(parameters.title),
    fontPath,
    maxBytes: platforms[parameters.platform].maxBytes,
    onProgress: (fraction) => progress('film', from + (0.99 - from) * fraction),
    signal,
  })
}
