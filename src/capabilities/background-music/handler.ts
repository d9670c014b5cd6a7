import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { planBrief, type PlannedBrief } from '../../music/brief'
import { chordName } from '../../music/chords'
import { compose } from '../../music/compose'
import { formatKey, parseKey } from '../../music/keys'
import { writeMidi } from '../../music/midi'
import type { Piece } from '../../music/piece'
import { understand, type Understanding } from '../../music/understand'
import { AppError } from '../../platform/errors'
import type {
  CapabilityHandler,
  CapabilityTask,
  HandlerContext,
  TaskArtifact,
  TaskResult,
} from '../capability'
import { maxTextCharacters, type BackgroundMusicParameters } from './index'
import { renderPiece, sampleRateHz, type Rendered } from './render'

type Task = CapabilityTask<BackgroundMusicParameters>

const engineId = 'composer'

/** The last chord is let go of within this time where no fade is asked for. */
const endingFadeSeconds = 1.2

/** Background music by rules: a composer, and a band of synthesised instruments. Memory is bounded for any length. */
export function createBackgroundMusicHandler(): CapabilityHandler<BackgroundMusicParameters> {
  return {
    async run(task, context) {
      try {
        return await makeMusic(task, context)
      } catch (error) {
        if (error instanceof AppError) throw error
        throw new AppError(context.signal.aborted ? 'canceled' : 'engine_failed', { cause: error })
      }
    },
  }
}

async function makeMusic(task: Task, context: HandlerContext): Promise<TaskResult> {
  const startedAt = performance.now()
  const { manifest } = task.model
  if (manifest.engine !== engineId) {
    throw new AppError('model_not_found', {
      message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
    })
  }
  const text = descriptionOf(task)
  const { parameters } = task
  const seed = parameters.seed ?? context.seed
  context.progress('compose', 0)
  const heard = understand(text)
  const planned = planBrief(heard, {
    ...{ mood: parameters.mood, genre: parameters.genre, bpm: parameters.bpm, key: keyOf(parameters) },
    ...{ durationSeconds: parameters.duration_seconds, instruments: parameters.instruments },
    ...{ intensity: parameters.intensity, opening: parameters.opening },
    ...{ loop: parameters.loop || fadesAreOff(parameters, heard), seed },
  })
  const { brief } = planned
  const piece = compose(brief)
  const composedMs = performance.now() - startedAt
  const frames = Math.round(parameters.duration_seconds * sampleRateHz)
  const fadeOut = brief.loop
    ? 0
    : Math.max(parameters.fade_out, Math.min(endingFadeSeconds, 0.1 * parameters.duration_seconds))
  const rendered = await renderPiece(
    {
      ...{ piece, loop: brief.loop, frames, targetLufs: parameters.loudness_lufs },
      fadeInFrames: Math.round(parameters.fade_in * sampleRateHz),
      fadeOutFrames: Math.round(fadeOut * sampleRateHz),
    },
    task,
    context,
    parameters.stems,
  )
  try {
    const midi = parameters.stems ? [await writeNotes(task, piece)] : []
    return resultOf({ task, piece, heard, planned, rendered, frames, startedAt, composedMs, seed, midi })
  } catch (error) {
    await rm(rendered.file.path, { force: true })
    throw error
  }
}

/** A description that speaks of a loop is taken at its word, unless the parameters ask for what a loop cannot have. */
function fadesAreOff({ fade_in, fade_out }: BackgroundMusicParameters, heard: Understanding): boolean {
  return heard.loop && fade_in === 0 && fade_out === 0
}

function descriptionOf({ input }: Task): string {
  if (input.kind !== 'text') {
    throw new AppError('invalid_parameter', {
      message: 'Background music takes a description, not a recording.',
    })
  }
  if (input.text.length > maxTextCharacters) {
    throw new AppError('text_too_long', {
      message: `The description has ${input.text.length} characters; at most ${maxTextCharacters} are taken.`,
    })
  }
  return input.text
}

function keyOf({ key }: BackgroundMusicParameters) {
  if (key === null) return null
  const parsed = parseKey(key)
  if (parsed) return parsed
  throw new AppError('invalid_parameter', { message: `“${key}” is no key. Give one such as “C minor”.` })
}

async function writeNotes({ outputDir }: Task, piece: Piece): Promise<TaskArtifact> {
  const name = 'music.mid'
  const path = join(outputDir, name)
  const bytes = writeMidi(piece)
  await writeFile(path, bytes)
  return { name, path, contentType: 'audio/midi', bytes: bytes.length, free: false }
}

interface Finished {
  task: Task
  piece: Piece
  heard: Understanding
  planned: PlannedBrief
  rendered: Rendered
  frames: number
  startedAt: number
  composedMs: number
  seed: number
  midi: TaskArtifact[]
}

function resultOf(finished: Finished): TaskResult {
  const { task, rendered, frames, midi, startedAt, composedMs } = finished
  const durationSeconds = frames / sampleRateHz
  const { id, version } = task.model.manifest
  return {
    output: {
      ...rendered.file,
      kind: 'audio',
      durationSeconds,
      audio: { sampleRateHz, channels: 2, frames },
    },
    billedSeconds: durationSeconds,
    ...{ preview: rendered.preview, previewText: null, inputPreview: null },
    artifacts: [...rendered.stems, ...midi],
    details: detailsOf(finished),
    // There is no input sound: what it took is told in relation to what came out.
    inputSeconds: durationSeconds,
    waveform: { input: [], output: rendered.waveform },
    report: {
      timingsMs: {
        open: composedMs,
        inference: rendered.synthesisMs,
        encode: rendered.encodeMs,
        total: performance.now() - startedAt,
      },
      realTimeFactor: rendered.synthesisMs / 1000 / durationSeconds,
      provider: 'cpu',
      model: { id, version },
    },
  }
}

const maxListedChords = 64

function detailsOf({ task, piece, heard, planned, rendered, seed }: Finished): Record<string, unknown> {
  const barSeconds = (60 / piece.bpm) * piece.beatsPerBar
  const warnings = [
    ...planned.remarks,
    ...(task.parameters.instrumental ? [] : ['This composer cannot sing: the music is instrumental.']),
  ]
  return {
    understood: heard.words.map(({ text, meaning }) => ({ text, meaning })),
    moods: planned.moods,
    genre: planned.brief.genre,
    key: formatKey(piece.key),
    bpm: Math.round(piece.bpm * 100) / 100,
    intensity: planned.brief.intensity,
    loop: planned.brief.loop,
    seed,
    instruments: [...new Set(piece.tracks.map(({ instrument }) => instrument))],
    sections: piece.sections.map(({ name, startBar, bars }) => ({
      name,
      start: Math.round(startBar * barSeconds * 1000) / 1000,
      bars,
    })),
    chords: piece.chords.slice(0, maxListedChords).map(({ chord }) => chordName(chord, piece.key)),
    loudness_lufs: Math.round(rendered.loudness * 100) / 100,
    warnings,
  }
}
