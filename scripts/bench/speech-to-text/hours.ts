import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { speechToText } from '../../../src/capabilities/speech-to-text'
import { loadConfig } from '../../../src/config'
import { createRunnerPool } from '../../../src/runner'
import { transcriptSchema, type TranscriptWord } from '../../../src/transcript/transcript'
import type { Clip } from './clips'
import { writeLongRecording, type SaidWord } from './long-recording'
import type { Metered } from './metered-runner'
import { comparableWords, wordErrors } from './word-errors'

/** Places in the recording at which memory is read, in minutes; its end is one more. */
const markMinutes = [10, 60, 120, 300]
const megabyte = 1024 * 1024

/**
 * One recording of many hours through a runner process, as a worker has it: peak memory on the way, speed, and whether the
 * words come at their times to the very end.
 */
export async function measureHours(model: string, hours: number, clips: readonly Clip[]): Promise<void> {
  const config = loadConfig()
  const { binaries } = createFfmpeg({ ffmpegPath: config.FFMPEG_PATH })
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  const path = join(folder, 'long.flac')
  const seconds = hours * 3600
  const meter: Metered = { peakMb: 0, cpuSeconds: 0 }
  const pool = createRunnerPool({
    size: 1,
    entry: fileURLToPath(new URL('metered-runner.ts', import.meta.url)),
    environment: config.environment,
    settings: {
      ...{ modelsDir: join(config.rootDir, 'models'), dataDir: config.dataDir, binaries },
      ...{ executionProviders: ['cpu'], modelMemoryBytes: 1024 * megabyte, warm: [] },
    },
    onLog: (_level, details, message) => {
      if (message === 'metered') Object.assign(meter, details)
    },
  })
  try {
    const said = await writeLongRecording(path, seconds, clips, binaries.ffmpegPath)
    await pool.ready()
    console.log(
      `${hours} h, ${said.length} words, ${Math.round((await stat(path)).size / megabyte)} MB of FLAC`,
    )
    const startedAt = performance.now()
    const marks = markMinutes.filter((minutes) => minutes < hours * 60)
    const { output } = await pool.run(
      {
        capability: 'speech-to-text',
        model,
        input: { kind: 'audio', path },
        parameters: { language: 'en' },
        outputDir: folder,
      },
      {
        deadlineMs: speechToText.deadlineMs(seconds),
        onProgress({ fraction }) {
          while (marks[0] !== undefined && (fraction / 0.98) * hours * 60 >= marks[0]) {
            report(`${marks.shift()} min`, meter, startedAt)
          }
        },
      },
    )
    await new Promise((resolve) => setTimeout(resolve, 1500))
    report(`${Math.round(hours * 60)} min, the end`, meter, startedAt)
    const wallSeconds = (performance.now() - startedAt) / 1000
    console.log(
      `CPU s / s ${(meter.cpuSeconds / seconds).toFixed(4)}, wall s / s ${(wallSeconds / seconds).toFixed(4)}`,
    )
    console.log(`transcript: ${((await stat(output.path)).size / megabyte).toFixed(1)} MB`)
    const { segments } = transcriptSchema.parse(JSON.parse(await readFile(output.path, 'utf8')))
    console.table(
      byTime(
        said,
        segments.flatMap(({ words }) => words),
        seconds,
      ),
    )
  } finally {
    await pool.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function report(mark: string, { peakMb, cpuSeconds }: Metered, startedAt: number): void {
  const minutes = (performance.now() - startedAt) / 60_000
  console.log(
    `${mark}: peak ${Math.round(peakMb)} MB, ${Math.round(cpuSeconds)} CPU s, ${minutes.toFixed(1)} min gone`,
  )
}

/** The first and the last ten minutes, and the whole hours between. */
function byTime(said: readonly SaidWord[], heard: readonly TranscriptWord[], seconds: number) {
  const inner = seconds > 1200 ? [600, ...hoursBetween(600, seconds - 600), seconds - 600] : []
  const edges = [0, ...inner, seconds]
  return edges.slice(1).map((to, index) => {
    const from = edges[index]!
    const truth = said.filter(({ start }) => start >= from && start < to)
    const words = heard.filter(({ start }) => start >= from && start < to)
    const errors = wordErrors(
      truth.flatMap(({ word }) => comparableWords(word)),
      words.flatMap(({ text }) => comparableWords(text)),
    )
    const distances = truth.flatMap((word) => nearest(word, words)).sort((a, b) => a - b)
    return {
      minutes: `${Math.round(from / 60)}–${Math.round(to / 60)}`,
      said: truth.length,
      'word errors': `${((100 * errors) / truth.length).toFixed(1)} %`,
      'times, median': `${Math.round(1000 * (distances[Math.floor(distances.length / 2)] ?? NaN))} ms`,
      'within 80 ms': `${Math.round((100 * distances.filter((distance) => distance <= 0.08).length) / distances.length)} %`,
    }
  })
}

function hoursBetween(from: number, to: number): number[] {
  const first = Math.floor(from / 3600) + 1
  return Array.from(
    { length: Math.max(0, Math.ceil(to / 3600) - first) },
    (_, index) => (first + index) * 3600,
  )
}

/** How far the same word, heard within a second, is from its time. */
function nearest({ word, start }: SaidWord, heard: readonly TranscriptWord[]): number[] {
  const letters = comparableWords(word).join('')
  const distances = heard
    .filter((other) => Math.abs(other.start - start) < 1 && comparableWords(other.text).join('') === letters)
    .map((other) => Math.abs(other.start - start))
  return distances.length > 0 ? [Math.min(...distances)] : []
}
