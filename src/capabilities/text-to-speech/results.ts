import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { transcriptFormatTable } from '../../transcript/formats'
import { renderSrt } from '../../transcript/text-formats'
import type { CapabilityTask, TaskArtifact, TaskResult } from '../capability'
import type { TextToSpeechParameters } from './index'
import type { FinishedSpeech } from './speech-file'
import type { WordTimes } from './word-times'

export interface SpeechFinding {
  task: CapabilityTask<TextToSpeechParameters>
  finished: FinishedSpeech
  times: WordTimes
  warnings: string[]
  voice: { id: string; name: string; kind: 'model' | 'library' }
  vocoder: string | null
  provider: string
  startedAt: number
  openMs: number
  inferenceMs: number
}

/** The speech, its word times as a transcript, and captions. */
export async function resultOf(finding: SpeechFinding): Promise<TaskResult> {
  const { task, finished, times, voice, vocoder, warnings } = finding
  const { frames, sampleRateHz } = finished
  const durationSeconds = frames / sampleRateHz
  const { id, version } = task.model.manifest
  return {
    output: {
      ...finished.file,
      kind: 'audio',
      durationSeconds,
      audio: { sampleRateHz, channels: 1, frames },
    },
    billedSeconds: durationSeconds,
    ...{ preview: finished.preview, previewText: null, inputPreview: null },
    artifacts: await artifactsOf(finding, durationSeconds),
    details: { voice, vocoder, words: times.count(), warnings },
    // There is no input sound: what it took is told in relation to what came out.
    inputSeconds: durationSeconds,
    waveform: { input: [], output: finished.waveform },
    report: {
      timingsMs: {
        open: finding.openMs,
        inference: finding.inferenceMs,
        encode: finished.encodeMs,
        total: performance.now() - finding.startedAt,
      },
      realTimeFactor: finding.inferenceMs / 1000 / Math.max(durationSeconds, 0.001),
      provider: finding.provider,
      model: { id, version },
    },
  }
}

async function artifactsOf({ task, times }: SpeechFinding, duration: number): Promise<TaskArtifact[]> {
  const transcript = times.transcript(duration, task.model.manifest)
  const write = async (name: string, contentType: string, content: string): Promise<TaskArtifact> => {
    const path = join(task.outputDir, name)
    await writeFile(path, content)
    return { name, path, contentType, bytes: Buffer.byteLength(content), free: false }
  }
  const { json, srt } = transcriptFormatTable
  return [
    await write('transcript.json', json.contentType, JSON.stringify(transcript)),
    await write('captions.srt', srt.contentType, renderSrt(transcript)),
  ]
}
