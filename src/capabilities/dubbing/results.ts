import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { renderSrt, renderVtt } from '../../transcript/text-formats'
import type { Transcript } from '../../transcript/transcript'
import type {
  CapabilityTask,
  HandlerContext,
  TaskArtifact,
  TaskFile,
  TaskReport,
  TaskResult,
} from '../capability'
import type { DubbingParameters } from './index'
import type { Recording } from './listen'
import type { MixedDub } from './mix'
import { meanLufs, type PlacedSpeech } from './place'
import { round, transcriptOf, wireSegment, type DubSegment } from './segments'
import type { Sound } from './sound'
import { packSpeech } from './speech-archive'
import type { SpeechStore } from './speech-store'
import { warningsOf, type Warning } from './warnings'

/** Longer lists are given in full in the files only. */
const maxListed = 300

export interface DubFinding {
  task: CapabilityTask<DubbingParameters>
  segments: readonly DubSegment[]
  sourceLanguage: string | null
  startedAt: number
}

/** What is given where the text is still to be checked, or missing. */
export async function reviewResult(
  { task, segments, sourceLanguage, startedAt }: DubFinding,
  missing: string | null,
  durationSeconds: number,
): Promise<TaskResult> {
  const { target_language: targetLanguage } = task.parameters
  const wire = segments.map(wireSegment)
  const content = {
    source_language: sourceLanguage,
    target_language: targetLanguage,
    ...{ duration: round(durationSeconds), segments: wire },
  }
  const output = await writeText(
    join(task.outputDir, 'segments.json'),
    JSON.stringify(content),
    'application/json',
  )
  const open = wire.filter(({ text, approved }) => text === '' && !approved).length
  return {
    output: { ...output, kind: 'data', durationSeconds, audio: null },
    billedSeconds: 0,
    ...{ preview: null, previewText: null, inputPreview: null },
    // As with a dub: `details` of the job list the first segments only.
    artifacts: [{ ...output, name: 'segments.json', free: true }],
    details: {
      review: true,
      ...{ source_language: sourceLanguage, target_language: targetLanguage, missing_texts: open },
      message:
        missing ??
        'Check the texts, and send the segments back with `review` off: that makes the dub from them.',
      segment_count: wire.length,
      segments: wire.slice(0, maxListed),
    },
    inputSeconds: durationSeconds,
    waveform: { input: [], output: [] },
    report: reportOf(task, startedAt, durationSeconds, 0),
  }
}

export interface FinishedDub extends DubFinding {
  sound: Sound
  recording: Recording
  placed: readonly PlacedSpeech[]
  mixed: MixedDub
  speech: SpeechStore
  inputPreview: TaskFile | null
  /** Of the whole dub, not of a segment. */
  warnings: readonly Warning[]
  /** Pieces that had to be spoken; the others were there from before, or occur twice. */
  spoken: number
  /** Segments whose speech was taken from an earlier dub. */
  reused: number
}

/** The dub, or the film with it, and what comes along. */
export async function dubResult(
  dub: FinishedDub,
  { ffmpeg, signal }: HandlerContext,
  onVideoProgress: (fraction: number) => void,
): Promise<TaskResult> {
  const { task, sound, recording, mixed, startedAt, placed } = dub
  const { sampleRateHz, channels, frames } = recording
  const durationSeconds = frames / sampleRateHz
  const video =
    sound.film &&
    (await ffmpeg.replaceSound({
      ...{ ...sound.film, soundPath: mixed.file.path, outputPath: join(task.outputDir, 'output'), cuts: [] },
      ...{ durationSeconds, onProgress: onVideoProgress, signal },
    }))
  const warnings = [...dub.warnings, ...warningsOf(dub.segments, placed)]
  const described = describe(dub, warnings)
  return {
    output: {
      ...(video ?? mixed.file),
      kind: video ? 'video' : 'audio',
      durationSeconds,
      audio: { sampleRateHz, channels, frames },
    },
    billedSeconds: durationSeconds,
    ...{ preview: mixed.preview, previewText: null, inputPreview: dub.inputPreview },
    artifacts: [
      ...(video ? [{ ...mixed.file, name: 'audio.flac', free: false }] : []),
      ...(await textArtifacts(dub, durationSeconds)),
      {
        ...(await writeText(
          join(task.outputDir, 'segments.json'),
          JSON.stringify(described),
          'application/json',
        )),
        ...{ name: 'segments.json', free: true },
      },
      await packSpeech(dub.speech, task.outputDir, { ffmpeg, signal }),
    ],
    details: {
      ...described,
      segments: described.segments.slice(0, maxListed),
      warnings: warnings.slice(0, maxListed),
    },
    inputSeconds: durationSeconds,
    waveform: { input: recording.waveform, output: mixed.waveform },
    // Where speech was taken over, the licences of the models that made it count.
    models: dub.reused > 0 ? [...(task.resources.earlier?.models ?? [])] : [],
    report: reportOf(task, startedAt, durationSeconds, mixed.encodeMs),
  }
}

function describe(dub: FinishedDub, warnings: readonly Warning[]) {
  const { placed, recording, segments } = dub
  const placedOf = new Map(placed.map((speech) => [speech.index, speech]))
  const original = placed.map(({ index, frames }) => ({ lufs: recording.speechLufs[index]!, frames }))
  return {
    review: false,
    source_language: dub.sourceLanguage,
    target_language: dub.task.parameters.target_language,
    loudness: {
      original_lufs: decimals(meanLufs(original)),
      dub_lufs: decimals(meanLufs(placed)),
    },
    segment_count: segments.length,
    ...{ spoken_count: dub.spoken, reused_count: dub.reused },
    segments: segments.map((segment, index) => {
      const speech = placedOf.get(index)
      return {
        ...wireSegment(segment),
        fit: speech
          ? {
              spoken_from: round(speech.startFrame / recording.sampleRateHz),
              spoken_until: round((speech.startFrame + speech.frames) / recording.sampleRateHz),
              rate: decimals(speech.fit.rate, 3),
              pauses_shortened: round(speech.fit.shortenedSeconds),
              overrun: round(speech.fit.overrunSeconds),
              lost: round(speech.fit.lostSeconds),
            }
          : null,
      }
    }),
    warnings,
  }
}

async function textArtifacts(dub: FinishedDub, duration: number): Promise<TaskArtifact[]> {
  const { task, segments, sourceLanguage } = dub
  const { id, version } = task.model.manifest
  const sides = [
    ['source', transcriptOf(segments, 'sourceText', about(sourceLanguage))],
    ['target', transcriptOf(segments, 'text', about(task.parameters.target_language))],
  ] as const
  function about(language: string | null): Pick<Transcript, 'language' | 'duration' | 'model'> {
    return { language, duration, model: { id, version } }
  }
  const artifacts: TaskArtifact[] = []
  const add = async (name: string, content: string, contentType: string) => {
    const file = await writeText(join(task.outputDir, name), content, contentType)
    artifacts.push({ ...file, name, free: false })
  }
  for (const [side, transcript] of sides) {
    if (transcript.segments.length === 0) continue
    await add(`transcript.${side}.json`, JSON.stringify(transcript), 'application/json')
    if (!task.parameters.subtitles) continue
    await add(`subtitles.${side}.srt`, renderSrt(transcript), 'application/x-subrip')
    await add(`subtitles.${side}.vtt`, renderVtt(transcript), 'text/vtt')
  }
  return artifacts
}

async function writeText(path: string, content: string, contentType: string): Promise<TaskFile> {
  await writeFile(path, content)
  return { path, contentType, bytes: (await stat(path)).size }
}

function reportOf(
  { model }: DubFinding['task'],
  startedAt: number,
  durationSeconds: number,
  encodeMs: number,
): TaskReport {
  const { id, version } = model.manifest
  const total = performance.now() - startedAt
  return {
    timingsMs: { open: 0, inference: Math.max(0, total - encodeMs), encode: encodeMs, total },
    realTimeFactor: durationSeconds > 0 ? total / 1000 / durationSeconds : 0,
    provider: 'cpu',
    model: { id, version },
  }
}

function decimals(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}
