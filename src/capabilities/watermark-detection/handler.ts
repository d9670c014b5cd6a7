import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { DecodedAudio } from '../../audio/ffmpeg'
import { createWatermarkDetector, segmentSeconds, type FoundMark } from '../../audio/watermark-detect'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult } from '../capability'

/** The details of a result, and its output file with the parts. */
export interface WatermarkAnswer {
  found: boolean
  /** One less the chance that sound without a mark is taken for marked; null where nothing was found. */
  confidence: number | null
  /** Number of the installation that made it, eight hexadecimal digits: that of the surest part. */
  payload: string | null
  /** Half minutes with a mark, of so many. */
  marked_parts: number
  parts: number
}

/** Reads the recording once, to its end. */
export const watermarkDetectionHandler: CapabilityHandler = {
  async run(task, context) {
    const startedAt = performance.now()
    if (task.input.kind !== 'audio') {
      throw new AppError('invalid_parameter', {
        message: 'A watermark is looked for in a recording, not in text.',
      })
    }
    const { maxInputSeconds: maxSeconds } = task
    const decoded = await context.ffmpeg.decode(task.input.path, { maxSeconds, signal: context.signal })
    const openMs = performance.now() - startedAt
    try {
      const { marks, peaks, seconds } = await listen(decoded, maxSeconds, context)
      const answer = answerOf(marks, seconds)
      return await resultOf(task, { answer, marks, peaks, seconds, openMs, startedAt })
    } catch (error) {
      await decoded.stop()
      throw error
    }
  },
}

async function listen(decoded: DecodedAudio, maxSeconds: number, { signal, progress }: HandlerContext) {
  const { sampleRateHz } = decoded
  const expectedFrames = (decoded.claims.durationSeconds ?? maxSeconds) * sampleRateHz
  const detector = createWatermarkDetector(sampleRateHz)
  const waveform = createWaveformCollector()
  progress('listen', 0)
  for await (const block of decoded.blocks) {
    if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
    detector.push(block)
    waveform.add(block)
    progress('listen', Math.min(0.99, decoded.framesDecoded() / expectedFrames))
  }
  return {
    marks: detector.finish(),
    peaks: waveform.peaks(),
    seconds: decoded.framesDecoded() / sampleRateHz,
  }
}

function answerOf(marks: readonly FoundMark[], seconds: number): WatermarkAnswer {
  const [surest] = [...marks].sort((a, b) => b.score - a.score)
  return {
    found: surest !== undefined,
    confidence: surest ? surest.confidence : null,
    payload: surest ? payloadText(surest) : null,
    marked_parts: marks.length,
    parts: Math.ceil(seconds / segmentSeconds),
  }
}

const payloadText = ({ payload }: FoundMark) => payload.toString(16).padStart(8, '0')

interface Finding {
  answer: WatermarkAnswer
  marks: readonly FoundMark[]
  peaks: number[]
  seconds: number
  openMs: number
  startedAt: number
}

async function resultOf(task: CapabilityTask, finding: Finding): Promise<TaskResult> {
  const { answer, marks, peaks, seconds, openMs, startedAt } = finding
  const path = join(task.outputDir, 'output.json')
  const parts = marks.map((mark) => ({
    ...{ start: mark.start, end: mark.end, payload: payloadText(mark) },
    ...{ score: Math.round(mark.score * 100) / 100, confidence: mark.confidence },
  }))
  await writeFile(path, JSON.stringify({ ...answer, parts_found: parts }))
  const totalMs = performance.now() - startedAt
  const { id, version } = task.model.manifest
  return {
    output: {
      ...{ kind: 'data', path, contentType: 'application/json', bytes: (await stat(path)).size },
      ...{ durationSeconds: seconds, audio: null },
    },
    billedSeconds: 0,
    ...{ preview: null, previewText: null, inputPreview: null, artifacts: [] },
    details: { ...answer },
    inputSeconds: seconds,
    waveform: { input: peaks, output: [] },
    report: {
      timingsMs: { open: openMs, inference: totalMs - openMs, encode: 0, total: totalMs },
      realTimeFactor: (totalMs - openMs) / 1000 / Math.max(seconds, 0.001),
      provider: 'cpu',
      model: { id, version },
    },
  }
}
