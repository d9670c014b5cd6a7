import { join } from 'node:path'

import type { VideoInfo } from '../../audio/ffmpeg'
import type { CapabilityTask, HandlerContext, TaskResult, TaskVoice } from '../capability'
import type { ChangedRecording } from './change-recording'
import type { VoiceChangerParameters } from './index'
import type { SoundAnalysis } from './sound'
import type { ChangeRequest } from './voice-change'

export interface ChangeFinding {
  task: CapabilityTask<VoiceChangerParameters>
  analysis: SoundAnalysis
  target: TaskVoice | null
  request: ChangeRequest
  film: { path: string; video: VideoInfo } | null
  changed: ChangedRecording
  /** Execution provider of the model. */
  provider: string
  startedAt: number
  openMs: number
}

/** The changed sound, or the film with it; and what was done, in the terms of the parameters. */
export async function changedResult(
  finding: ChangeFinding,
  { ffmpeg, signal }: HandlerContext,
  onProgress: (fraction: number) => void,
): Promise<TaskResult> {
  const { task, analysis, film, changed } = finding
  const { sampleRateHz, channels } = analysis
  const { id, version } = task.model.manifest
  const durationSeconds = changed.frames / sampleRateHz
  const inputSeconds = analysis.frames / sampleRateHz
  const video =
    film &&
    (await ffmpeg.replaceSound({
      ...{ ...film, soundPath: changed.file.path, outputPath: join(task.outputDir, 'output'), cuts: [] },
      ...{ durationSeconds, onProgress, signal },
    }))
  return {
    output: {
      ...(video ?? changed.file),
      kind: video ? 'video' : 'audio',
      durationSeconds,
      audio: { sampleRateHz, channels, frames: changed.frames },
    },
    billedSeconds: durationSeconds,
    ...{ preview: changed.preview, previewText: null, inputPreview: changed.inputPreview },
    artifacts: video ? [{ ...changed.file, name: 'audio.flac', free: false }] : [],
    details: detailsOf(finding),
    inputSeconds,
    waveform: { input: analysis.waveform, output: changed.waveform },
    report: {
      timingsMs: {
        open: finding.openMs,
        inference: changed.inferenceMs,
        encode: changed.encodeMs,
        total: performance.now() - finding.startedAt,
      },
      realTimeFactor: changed.inferenceMs / 1000 / inputSeconds,
      provider: finding.provider,
      model: { id, version },
    },
  }
}

function detailsOf({ request, target, changed }: ChangeFinding) {
  const { source } = request
  const { change, measuredPitchHz } = changed
  const from = Math.exp(source.logPitch.mean)
  const to = change ? (change.pitch?.(from) ?? from) : measuredPitchHz
  const twelfths = (ratio: number) => round(12 * Math.log2(ratio), 2)
  return {
    target_voice: target && { id: target.id, name: target.name },
    pitch_semitones: to && twelfths(to / from),
    formant_shift: change && twelfths(change.warp),
    source_pitch_hz: round(from, 1),
    singing: source.sings,
    output_pitch_hz: to && round(to, 1),
    voiced_seconds: round(source.voicedSeconds, 2),
    pace: round(changed.pace, 3),
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
