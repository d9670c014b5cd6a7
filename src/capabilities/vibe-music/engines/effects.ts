import { join } from 'node:path'

import type { PcmBlock } from '../../../audio/pcm'
import { createResampler } from '../../../audio/resample'
import { understand } from '../../../music/understand'
import { AppError } from '../../../platform/errors'
import type { HandlerContext, TaskResult } from '../../capability'
import { wordsOf } from '../clip-input'
import { clipSeconds } from '../clip-length'
import type { VibeMusicParameters } from '../index'
import type { MusicMaker } from '../music-maker'
import { sampleRateHz, writeMusic } from '../write-music'

/** Share of the work that is the other model's. */
const generated = 0.9
/** Input frames around a loop that its resampling hears: its filter reaches 32 to each side. */
const contextFrames = 64
const blockFrames = 48_000

/**
 * Music by a model that makes any sound of a description, such as Tango: the manifest's option `effects_model` names it.
 * Words are all that such a model goes by, so mood, genre, instrument, tempo and key are told to it in words.
 */
export const effectsMaker: MusicMaker = {
  engine: 'effects',
  takes: ['text'],
  async make(task, context, progress) {
    const { parameters, outputDir, model } = task
    const { prompt, moods } = describe(wordsOf(task), parameters)
    const made = await context.runCapability(
      {
        ...{ capability: 'sound-effects', model: modelOf(model.manifest.options) },
        input: { kind: 'text', text: prompt },
        parameters: {
          ...{ duration_seconds: clipSeconds(parameters), loop: parameters.loop, channels: 1 },
          seed: parameters.seed ?? context.seed,
        },
        outputDir: join(outputDir, 'effect'),
      },
      (stage, fraction) => progress(stage, generated * fraction),
    )
    const sound = await read(made, context, parameters.loop)
    const written = await writeMusic(
      stereoBlocks(sound),
      { frames: sound.length, loop: parameters.loop },
      task,
      context,
      (stage, fraction) => progress(stage, generated + (1 - generated) * fraction),
    )
    return {
      ...{ path: written.path, sampleRateHz, channels: 2, frames: written.frames, recording: null },
      details: {
        ...{ moods, prompt, loudness_lufs: Math.round(written.loudness * 10) / 10 },
        warnings: [...((made.details?.warnings ?? []) as string[]), ...warningsOf(parameters)],
      },
      timings: made.report.timingsMs,
      provider: made.report.provider,
    }
  },
}

function modelOf({ effects_model }: Record<string, unknown>): string {
  if (typeof effects_model === 'string') return effects_model
  throw new AppError('model_corrupt', { message: 'The manifest names no `effects_model`.' })
}

/** A description in words alone: emoji stand for the moods that they give. */
function describe(text: string, { mood, genre, bpm, key, instrument }: VibeMusicParameters) {
  const heard = understand(text)
  const moods = mood ? [mood] : heard.moods
  const words = text.replaceAll(/[^\p{L}\p{N}\p{P}\s]/gu, '').trim()
  const music = [...new Set([...moods, genre ?? heard.genres[0]].filter((word) => word != null)), 'music']
  const tempo = bpm ?? heard.bpm
  const solo = instrument && `solo ${instrument.replace('-', ' ')}`
  const parts = [words, music.join(' '), solo, tempo && `${tempo} beats per minute`, key && `in ${key}`]
  return { prompt: parts.filter(Boolean).join(', '), moods }
}

function warningsOf({ bpm, key, instrument }: VibeMusicParameters): string[] {
  if (bpm === null && key === null && instrument === null) return []
  return ['Tempo, key and instrument are told to this model in words; whether it keeps to them is not sure.']
}

/** A whole clip at the rate of clips: a minute takes 12 MB. A loop is resampled as a circle. */
async function read(
  { output: { path, durationSeconds, audio } }: TaskResult,
  { ffmpeg, signal }: HandlerContext,
  loop: boolean,
): Promise<Float32Array> {
  const decoded = await ffmpeg.decode(path, { channels: 1, maxSeconds: durationSeconds + 1, signal })
  const blocks: Float32Array[] = []
  for await (const { channels } of decoded.blocks) blocks.push(channels[0]!)
  const sound = joined(blocks)
  const context = loop ? Math.min(contextFrames, sound.length) : 0
  const resampler = createResampler(audio!.sampleRateHz, sampleRateHz, 1)
  const around = [sound.slice(sound.length - context), sound, sound.slice(0, context)]
  const parts = around.map((samples) => resampler.push({ channels: [samples] }).channels[0]!)
  const whole = joined([...parts, resampler.finish().channels[0]!])
  const scale = sampleRateHz / audio!.sampleRateHz
  const start = Math.round(context * scale)
  return whole.subarray(start, start + Math.round(sound.length * scale))
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function* stereoBlocks(sound: Float32Array): Generator<PcmBlock> {
  for (let at = 0; at < sound.length; at += blockFrames) {
    const plane = sound.slice(at, at + blockFrames)
    yield { channels: [plane, plane.slice()] }
  }
}
