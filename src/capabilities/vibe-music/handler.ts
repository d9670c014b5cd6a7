import { createRequire } from 'node:module'
import { join } from 'node:path'

import { previewOutput, type EncodeOutput } from '../../audio/encode'
import { audioFormatTable } from '../../audio/formats'
import { startPreview, type Preview } from '../../audio/preview'
import { createWaveformCollector } from '../../audio/waveform'
import type { ModelFiles } from '../../inference/engine'
import { AppError } from '../../platform/errors'
import type { CapabilityHandler, HandlerContext, TaskFile, TaskResult } from '../capability'
import type { VibeMusicParameters } from './index'
import { lookOf, titleLines } from './look'
import type { ClipTask, Music, MusicMaker } from './music-maker'
import { platforms, type Platform } from './platforms'

const capability = 'vibe-music'
const picture = { size: { width: 1080, height: 1920 }, frameRate: 30 }
const fontPath = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')

/** Share of the work up to the end of the music, and of its writing. */
const shares = { audio: [0.85, 1], video: [0.35, 0.45] } as const

/** Short clips: music by whichever maker the model asks for, and where wanted a picture to it. */
export function createVibeMusicHandler(
  makers: readonly MusicMaker[],
): CapabilityHandler<VibeMusicParameters> {
  return {
    async run(task, context) {
      const preview = startInputPreview(task, context)
      try {
        return await makeClip(chooseMaker(makers, task, context), context, preview)
      } catch (error) {
        await preview?.stop()
        if (error instanceof AppError) throw error
        throw new AppError(context.signal.aborted ? 'canceled' : 'engine_failed', { cause: error })
      }
    },
    async warm(model, models) {
      await makerOf(makers, model).warm?.(model, models)
    },
  }
}

function makerOf(makers: readonly MusicMaker[], { manifest }: ModelFiles): MusicMaker {
  const maker = makers.find(({ engine }) => engine === manifest.engine)
  if (maker) return maker
  throw new AppError('model_not_found', {
    message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
  })
}

interface Commission {
  maker: MusicMaker
  task: ClipTask
}

/** The model's own maker; for input that it does not take, the first installed model that does. */
function chooseMaker(
  makers: readonly MusicMaker[],
  task: ClipTask,
  { helperModels }: HandlerContext,
): Commission {
  const { kind } = task.input
  const own = makerOf(makers, task.model)
  if (own.takes.includes(kind)) return { maker: own, task }
  for (const { files, installed } of helperModels(capability)) {
    const maker = makers.find(({ engine }) => engine === files.manifest.engine)
    if (installed && maker?.takes.includes(kind)) return { maker, task: { ...task, model: files } }
  }
  throw new AppError('invalid_parameter', {
    message: `The model “${task.model.manifest.id}” makes no clips of ${kind === 'text' ? 'words' : 'recordings'}, and no other that does is installed.`,
  })
}

function startInputPreview(
  { input, inputPreviewSeconds, outputDir }: ClipTask,
  { ffmpeg, signal }: HandlerContext,
): Preview | null {
  if (input.kind !== 'audio' || inputPreviewSeconds === null) return null
  const path = join(outputDir, 'input-preview.mp3')
  return startPreview(ffmpeg, input.path, { path, maxSeconds: inputPreviewSeconds, signal })
}

async function makeClip(
  { maker, task }: Commission,
  context: HandlerContext,
  preview: Preview | null,
): Promise<TaskResult> {
  const startedAt = performance.now()
  const { parameters } = task
  const platform = platforms[parameters.platform]
  const [played, written] = shares[parameters.output]
  const music = await maker.make(task, context, (stage, fraction) =>
    context.progress(stage, played * fraction),
  )
  const playedMs = performance.now() - startedAt
  const sound = await writeSound(task, context, music, (fraction) =>
    context.progress('write', played + (written - played) * fraction),
  )
  const video = parameters.output === 'video' ? await film(task, context, sound.file, music, written) : null
  const { frames, sampleRateHz, channels, recording, timings, provider } = music
  const durationSeconds = frames / sampleRateHz
  const inputPreview = (await preview?.finished()) ?? null
  const totalMs = performance.now() - startedAt
  return {
    output: {
      ...(video ?? sound.file),
      ...{ kind: parameters.output, durationSeconds, audio: { frames, sampleRateHz, channels } },
    },
    billedSeconds: durationSeconds,
    ...{ preview: sound.preview, previewText: null, inputPreview },
    artifacts: video
      ? [{ ...sound.file, name: `sound.${audioFormatTable.flac.extension}`, free: false }]
      : [],
    details: {
      ...music.details,
      platform: platform.title,
      warnings: [...music.details.warnings, ...tooLong(durationSeconds, platform)],
    },
    // Of words, what it took is told in relation to what came out.
    inputSeconds: recording?.seconds ?? durationSeconds,
    waveform: { input: recording?.waveform ?? [], output: sound.waveform },
    report: {
      timingsMs: { ...timings, encode: totalMs - playedMs, total: totalMs },
      realTimeFactor: timings.inference / 1000 / durationSeconds,
      provider,
      model: { id: task.model.manifest.id, version: task.model.manifest.version },
    },
  }
}

function tooLong(seconds: number, { title, maxSeconds }: Platform): string[] {
  return seconds > maxSeconds ? [`${title} cuts clips after ${maxSeconds} seconds.`] : []
}

/** The music as the task's output: FLAC under a picture, else as asked, with its preview. */
async function writeSound(
  task: ClipTask,
  { ffmpeg, signal }: HandlerContext,
  { path, frames, sampleRateHz, channels }: Music,
  progress: (fraction: number) => void,
): Promise<{ file: TaskFile; preview: TaskFile | null; waveform: number[] }> {
  const format = task.parameters.output === 'video' ? 'flac' : task.outputFormat
  const { extension, contentType } = audioFormatTable[format]
  const outputs: EncodeOutput[] = [{ path: join(task.outputDir, `output.${extension}`), format }]
  if (task.previewSeconds !== null) {
    outputs.push(previewOutput(join(task.outputDir, 'preview.mp3'), task.previewSeconds))
  }
  const decoded = await ffmpeg.decode(path, { maxSeconds: frames / sampleRateHz + 1, signal })
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
  { outputDir, parameters }: ClipTask,
  { ffmpeg, signal, progress }: HandlerContext,
  sound: TaskFile,
  { frames, sampleRateHz, details }: Music,
  from: number,
): Promise<TaskFile> {
  return ffmpeg.renderClipVideo({
    ...picture,
    soundPath: sound.path,
    durationSeconds: frames / sampleRateHz,
    outputPath: join(outputDir, 'output'),
    colours: lookOf(details.moods[0]),
    title: titleLines(parameters.title),
    fontPath,
    maxBytes: platforms[parameters.platform].maxBytes,
    onProgress: (fraction) => progress('film', from + (0.99 - from) * fraction),
    signal,
  })
}
