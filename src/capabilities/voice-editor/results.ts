import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { VideoInfo } from '../../audio/ffmpeg'
import { editTranscript } from '../../transcript/edit-transcript'
import type { Transcript } from '../../transcript/transcript'
import type {
  CapabilityTask,
  HandlerContext,
  TaskArtifact,
  TaskFile,
  TaskReport,
  TaskResult,
} from '../capability'
import type { EditedRecording } from './edit-recording'
import type { Hit } from './hits'
import type { VoiceEditorParameters } from './index'
import type { RecordingProfile } from './recording-profile'

/** What is known once the hits are. */
export interface Finding {
  task: CapabilityTask<VoiceEditorParameters>
  profile: RecordingProfile
  hits: readonly Hit[]
  transcript: Transcript | null
  /** Peaks of the input. */
  waveform: number[]
  inputPreview: TaskFile | null
  startedAt: number
  openMs: number
  recognizeMs: number
}

/** Longer lists are given in full in the files only. */
const maxListed = 500

/** The result of a dry run: the hits as JSON, and a free clip of each. */
export async function trialResult(
  finding: Finding,
  clips: ReadonlyMap<string, TaskArtifact>,
): Promise<TaskResult> {
  const { task, profile, waveform } = finding
  const hits = finding.hits.map((hit) => ({ ...wireHit(hit), preview: clips.get(hit.id)?.name ?? null }))
  const duration = profile.frames / profile.sampleRateHz
  const output = await writeJson(join(task.outputDir, 'hits.json'), { duration: round(duration), hits })
  return {
    output: { ...output, kind: 'data', durationSeconds: duration, audio: null },
    billedSeconds: 0,
    ...{ preview: null, previewText: null, inputPreview: null },
    artifacts: [...clips.values()],
    details: { dry_run: true, hit_count: hits.length, hits: hits.slice(0, maxListed) },
    inputSeconds: duration,
    waveform: { input: waveform, output: waveform },
    report: reportOf(finding, 0),
  }
}

/**
 * The result of a real run: the edited sound or film, its transcript where there is one, and the edit list.
 * @param film What the sound was taken from, to be given the new sound.
 */
export async function editedResult(
  finding: Finding,
  edited: EditedRecording,
  film: { path: string; video: VideoInfo } | null,
  { ffmpeg, signal }: HandlerContext,
  onProgress: (fraction: number) => void,
): Promise<TaskResult> {
  const { task, profile, transcript, inputPreview } = finding
  const { sampleRateHz, channels } = profile
  const durationSeconds = edited.frames / sampleRateHz
  const video =
    film &&
    (await ffmpeg.replaceSound({
      ...{ ...film, soundPath: edited.file.path, outputPath: join(task.outputDir, 'output') },
      ...{ durationSeconds, onProgress, signal },
      cuts: edited.edits
        .filter(({ action }) => action === 'cut')
        .map(({ startFrame, endFrame }) => ({
          start: startFrame / sampleRateHz,
          end: endFrame / sampleRateHz,
        })),
    }))
  const artifacts = [
    ...(video ? [{ ...edited.file, name: 'audio.flac', free: false }] : []),
    ...(transcript ? [await transcriptArtifact(finding, transcript, edited)] : []),
    await editsArtifact(finding, edited),
  ]
  return {
    output: {
      ...(video ?? edited.file),
      kind: video ? 'video' : 'audio',
      durationSeconds,
      audio: { sampleRateHz, channels, frames: edited.frames },
    },
    billedSeconds: durationSeconds,
    ...{ preview: edited.preview, previewText: null, inputPreview, artifacts },
    details: {
      dry_run: false,
      hit_count: finding.hits.length,
      hits: finding.hits.slice(0, maxListed).map(wireHit),
      edit_count: edited.edits.length,
      edits: wireEdits(finding, edited).slice(0, maxListed),
    },
    inputSeconds: profile.frames / sampleRateHz,
    waveform: { input: finding.waveform, output: edited.waveform },
    report: reportOf(finding, edited.encodeMs),
  }
}

async function transcriptArtifact(
  { task, profile }: Finding,
  transcript: Transcript,
  { edits, frames }: EditedRecording,
): Promise<TaskArtifact> {
  const { sampleRateHz } = profile
  const edited = editTranscript(transcript, edits, { sampleRateHz, durationSeconds: frames / sampleRateHz })
  const file = await writeJson(join(task.outputDir, 'transcript.json'), edited)
  return { ...file, name: 'transcript.json', free: false }
}

async function editsArtifact(finding: Finding, edited: EditedRecording): Promise<TaskArtifact> {
  const { task, profile } = finding
  const { id, version } = task.model.manifest
  const length = (frames: number) => ({ frames, duration: round(frames / profile.sampleRateHz) })
  const file = await writeJson(join(task.outputDir, 'edits.json'), {
    model: { id, version },
    sample_rate_hz: profile.sampleRateHz,
    channels: profile.channels,
    source: length(profile.frames),
    output: length(edited.frames),
    edits: wireEdits(finding, edited),
    hits: finding.hits.map(wireHit),
  })
  return { ...file, name: 'edits.json', free: true }
}

function wireHit({ id, kind, start, end, text, sought, action, confidence, enabled }: Hit) {
  return {
    ...{ id, kind, start: round(start), end: round(end), text },
    ...(sought === null ? {} : { [kind === 'keyword' ? 'keyword' : 'sought']: sought }),
    ...{ action, confidence, enabled },
  }
}

function wireEdits({ profile }: Finding, { edits }: EditedRecording) {
  const seconds = (frame: number) => frame / profile.sampleRateHz
  return edits.map(({ startFrame, endFrame, outputStartFrame, outputEndFrame, action }) => ({
    start: seconds(startFrame),
    end: seconds(endFrame),
    action,
    output_start: seconds(outputStartFrame),
    output_end: seconds(outputEndFrame),
    start_frame: startFrame,
    end_frame: endFrame,
    output_start_frame: outputStartFrame,
    output_end_frame: outputEndFrame,
  }))
}

async function writeJson(path: string, content: unknown): Promise<TaskFile> {
  await writeFile(path, JSON.stringify(content))
  return { path, contentType: 'application/json', bytes: (await stat(path)).size }
}

function reportOf({ task, profile, startedAt, openMs, recognizeMs }: Finding, encodeMs: number): TaskReport {
  const { id, version } = task.model.manifest
  return {
    timingsMs: {
      open: openMs,
      inference: recognizeMs,
      encode: encodeMs,
      total: performance.now() - startedAt,
    },
    realTimeFactor: recognizeMs / 1000 / (profile.frames / profile.sampleRateHz),
    provider: 'cpu',
    model: { id, version },
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}
