import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import { audioFormatTable } from '../../audio/formats'
import { createPeakLimiter } from '../../audio/limiter'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { startPreview } from '../../audio/preview'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import { loadEnglishLexicon } from '../../text/pronunciation/lexicon'
import type { Transcript } from '../../transcript/transcript'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult } from '../capability'
import { createStages } from '../stages'
import { spokenAnew } from './accent-problems'
import { changeVowels, type AppliedChange } from './change-vowels'
import type { AccentChangerParameters } from './index'
import { accentRules, planChanges, type VowelChange } from './plan'
import { jsonArtifact } from './json-artifact'
import { recognise } from './recognise'
import { respeak, type Respoken } from './respeak'

type Task = CapabilityTask<AccentChangerParameters>

const maxListed = 200

/** Finds the words of a recording, and moves the vowels that the accent says differently, or has all of it said anew. */
export function createAccentChangerHandler(): CapabilityHandler<AccentChangerParameters> {
  return {
    async run(task, context) {
      try {
        return await changeAccent(task, context)
      } catch (error) {
        throw error instanceof AppError ? error : new AppError('engine_failed', { cause: error })
      }
    },
  }
}

async function changeAccent(task: Task, context: HandlerContext): Promise<TaskResult> {
  const startedAt = performance.now()
  const { input, inputPreviewSeconds, outputDir, model } = task
  if (input.kind !== 'audio') {
    throw new AppError('invalid_parameter', { message: 'The accent changer takes a recording, not text.' })
  }
  const anew = spokenAnew(model.manifest)
  const stages = createStages(context.progress, { recognise: 20, speak: anew ? 60 : 0, change: 10 })
  const { ffmpeg, signal } = context
  const preview =
    inputPreviewSeconds === null
      ? null
      : startPreview(ffmpeg, input.path, {
          ...{ path: join(outputDir, 'input-preview.mp3'), maxSeconds: inputPreviewSeconds, signal },
        })
  try {
    const transcript = await recognise(task, stages.contextOf('recognise', context))
    const respoken = anew ? await respeak(task, transcript, stages.contextOf('speak', context)) : null
    const changes = respoken ? [] : await vowelChanges(task, transcript)
    const path = respoken?.path ?? input.path
    const written = await write(task, path, changes, transcript.duration, context, stages.report('change'))
    const waveform = respoken ? { ...written.waveform, input: respoken.waveform } : written.waveform
    const inputPreview = (await preview?.finished()) ?? null
    const described = respoken ? describeWords(respoken) : describeVowels(written.applied)
    return await resultOf(task, transcript, { ...written, waveform, described, inputPreview, startedAt })
  } catch (error) {
    await preview?.stop()
    throw error
  } finally {
    await rm(join(outputDir, 'respoken'), { recursive: true, force: true })
  }
}

async function vowelChanges({ parameters }: Task, transcript: Transcript): Promise<VowelChange[]> {
  const rules = accentRules[parameters.target_accent]
  return planChanges(transcript, await loadEnglishLexicon(), rules, parameters.strength)
}

/** Passes a recording on into the files that are asked for, with its vowels moved. */
async function write(
  task: Task,
  path: string,
  changes: readonly VowelChange[],
  expectedSeconds: number,
  { ffmpeg, signal }: HandlerContext,
  onProgress: (fraction: number) => void,
) {
  const { extension, contentType } = audioFormatTable[task.outputFormat]
  const main = { path: join(task.outputDir, `output.${extension}`), format: task.outputFormat }
  const previews =
    task.previewSeconds === null
      ? []
      : [previewOutput(join(task.outputDir, 'preview.mp3'), task.previewSeconds)]
  const sink = ffmpeg.encode({ outputs: [main, ...previews], signal })
  const decoded = await ffmpeg
    .decode(path, { maxSeconds: task.maxInputSeconds, signal })
    .catch(async (error: unknown) => {
      await sink.abort()
      throw error
    })
  const { sampleRateHz, channels } = decoded
  const waves = { input: createWaveformCollector(), output: createWaveformCollector() }
  const limiter = createPeakLimiter(sampleRateHz, channels)
  const applied: AppliedChange[] = []
  let frames = 0
  let encodeMs = 0
  const send = async (block: PcmBlock) => {
    const startedAt = performance.now()
    frames += frameCount(block)
    waves.output.add(block)
    await sink.write(block)
    encodeMs += performance.now() - startedAt
  }
  try {
    sink.begin(sampleRateHz, channels)
    const heard = observed(decoded.blocks, (block) => waves.input.add(block))
    for await (const block of changeVowels(heard, changes, { sampleRateHz, channels }, applied)) {
      if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
      await send(limiter.push(block))
      onProgress(frames / sampleRateHz / Math.max(0.1, expectedSeconds))
    }
    await send(limiter.finish())
    const [file, preview] = await sink.finish()
    return {
      ...{ applied, frames, sampleRateHz, channels, encodeMs },
      file: { ...file!, contentType },
      preview: preview ? { ...preview, contentType: audioFormatTable.mp3.contentType } : null,
      waveform: { input: waves.input.peaks(), output: waves.output.peaks() },
    }
  } catch (error) {
    await Promise.all([sink.abort(), decoded.stop()])
    throw error
  }
}

async function* observed(blocks: AsyncIterable<PcmBlock>, observe: (block: PcmBlock) => void) {
  for await (const block of blocks) {
    observe(block)
    yield block
  }
}

type Written = Awaited<ReturnType<typeof write>> & {
  described: ReturnType<typeof describeWords> | ReturnType<typeof describeVowels>
  inputPreview: TaskResult['inputPreview']
  startedAt: number
}

function describeVowels(applied: readonly AppliedChange[]) {
  const changed = applied.filter(({ changedFrames }) => changedFrames > 0)
  const changes = changed.map(({ start, end, word, phone, rule }) => ({
    ...{ start: round(start), end: round(end), word, phone, rule },
  }))
  // Vowels of a word lie within a second.
  return {
    changes,
    changedWords: new Set(changed.map(({ word, start }) => `${word} ${Math.round(start)}`)).size,
    warnings: [],
  }
}

function describeWords({ words, warnings }: Respoken) {
  const changes = words
    .filter(({ changed }) => changed)
    .map(({ start, end, word, phones }) => ({ start: round(start), end: round(end), word, phones }))
  return { changes, changedWords: changes.length, warnings }
}

async function resultOf(task: Task, transcript: Transcript, written: Written): Promise<TaskResult> {
  const { frames, sampleRateHz, channels, file, preview, inputPreview, waveform, described } = written
  const durationSeconds = frames / sampleRateHz
  const totalMs = performance.now() - written.startedAt
  const { id, version } = task.model.manifest
  const words = transcript.segments.reduce((sum, segment) => sum + segment.words.length, 0)
  return {
    output: { ...file, kind: 'audio', durationSeconds, audio: { sampleRateHz, channels, frames } },
    billedSeconds: durationSeconds,
    ...{ preview, previewText: null, inputPreview, waveform },
    artifacts: [
      await jsonArtifact(task, 'transcript.json', transcript),
      await jsonArtifact(task, 'changes.json', described.changes),
    ],
    details: {
      target_accent: task.parameters.target_accent,
      word_count: words,
      change_count: described.changes.length,
      changed_word_count: described.changedWords,
      changes: described.changes.slice(0, maxListed),
      warnings: described.warnings,
    },
    inputSeconds: durationSeconds,
    report: {
      timingsMs: { open: 0, inference: totalMs - written.encodeMs, encode: written.encodeMs, total: totalMs },
      realTimeFactor: totalMs / 1000 / Math.max(0.001, durationSeconds),
      ...{ provider: 'cpu', model: { id, version } },
    },
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1e4) / 1e4
}
