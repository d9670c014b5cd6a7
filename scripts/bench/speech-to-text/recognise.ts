import { fork } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { createDefaultRegistry } from '../../../src/capabilities'
import { loadConfig } from '../../../src/config'
import { createModelStore } from '../../../src/inference'
import { createModelCache } from '../../../src/inference/model-cache'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { createTaskExecutor } from '../../../src/runner/execute'
import type { Transcript, TranscriptWord } from '../../../src/transcript/transcript'
import type { Clip } from './clips'

export interface RecognisedClip {
  text: string
  words: TranscriptWord[]
  /** Wall time in the model. */
  inferenceSeconds: number
}

export interface RecognisedSet {
  clips: RecognisedClip[]
  /** CPU time of the process for all clips, without start and loading. */
  cpuSeconds: number
  /** Highest resident memory of the process. */
  peakMb: number
}

interface Request {
  model: string
  clips: Clip[]
  /** Tell the model what is said and ask for the times only. */
  align: boolean
  /** Default: none. */
  keyterms?: readonly string[]
}

/** Recognises clips with the product's own handler, in a process of its own: a peak of memory cannot be reset. */
export async function recognise(request: Request): Promise<RecognisedSet> {
  const child = fork(fileURLToPath(import.meta.url), { execArgv: ['--import', 'tsx'] })
  child.send(request)
  return new Promise((resolve, reject) => {
    child.once('message', (message: RecognisedSet | { error: string }) => {
      if ('error' in message) reject(new Error(message.error))
      else resolve(message)
    })
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)))
  })
}

async function work({ model, clips, align, keyterms = [] }: Request): Promise<RecognisedSet> {
  const config = loadConfig()
  const models = createModelCache({
    runtime: createOrtRuntime({ providers: ['cpu'] }),
    maxBytes: Infinity,
    idleMs: 600_000,
  })
  const store = await createModelStore({ modelsDir: join(config.rootDir, 'models'), dataDir: config.dataDir })
  const ffmpeg = createFfmpeg({ ffmpegPath: config.FFMPEG_PATH })
  const executor = createTaskExecutor({ registry: createDefaultRegistry(), models, store, ffmpeg })
  const quiet = () => undefined
  const outputDir = await mkdtemp(join(tmpdir(), 'timbre-bench-'))

  const transcribe = async ({ path, language, text }: Clip): Promise<RecognisedClip> => {
    const result = await executor.execute(
      {
        capability: 'speech-to-text',
        model,
        input: { kind: 'audio', path },
        parameters: { language, keyterms, ...(align ? { task: 'align', script: text } : {}) },
        outputDir,
        previewSeconds: null,
      },
      {
        signal: new AbortController().signal,
        seed: 0,
        log: { debug: quiet, info: quiet, warn: quiet },
        progress: quiet,
      },
    )
    const transcript = JSON.parse(await readFile(result.output.path, 'utf8')) as Transcript
    return {
      text: transcript.text,
      words: transcript.segments.flatMap(({ words }) => words),
      inferenceSeconds: result.report.timingsMs.inference / 1000,
    }
  }

  try {
    // The first of many loads the models.
    if (clips.length > 1) await transcribe(clips[0]!)
    const before = process.cpuUsage()
    const recognised: RecognisedClip[] = []
    for (const clip of clips) recognised.push(await transcribe(clip))
    const { user, system } = process.cpuUsage(before)
    const peakMb = process.resourceUsage().maxRSS / 1024
    return { clips: recognised, cpuSeconds: (user + system) / 1e6, peakMb }
  } finally {
    await rm(outputDir, { recursive: true, force: true })
  }
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (request: Request) => {
    work(request).then(
      (answer) => process.send?.(answer, undefined, undefined, () => process.exit(0)),
      (error: unknown) =>
        process.send?.({ error: String(error) }, undefined, undefined, () => process.exit(1)),
    )
  })
}
