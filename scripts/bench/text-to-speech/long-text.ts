import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
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

interface LongTextRow {
  characters: number
  'seconds spoken': string
  'first sentence after s': string
  'wall s / s': string
  'CPU s / s': string
  'peak MB': number
}

/** Speaks a text of a length in a process of its own, models not yet loaded. */
export function measureLongText(sentences: readonly string[], characters: number): Promise<LongTextRow> {
  let text = ''
  for (let index = 0; text.length < characters; index++) {
    text += sentences[index % sentences.length]! + (index % 8 === 7 ? '\n\n' : ' ')
  }
  const child = fork(fileURLToPath(import.meta.url), { execArgv: ['--import', 'tsx'] })
  child.send({ text: text.slice(0, characters) })
  return new Promise((resolve, reject) => {
    child.once('message', (message: LongTextRow | { error: string }) => {
      if ('error' in message) reject(new Error(message.error))
      else resolve(message)
    })
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)))
  })
}

async function work(text: string): Promise<LongTextRow> {
  const config = loadConfig()
  const runtime = createOrtRuntime({ providers: ['cpu'] })
  const models = createModelCache({ runtime, maxBytes: Infinity, idleMs: 600_000 })
  const store = await createModelStore({ modelsDir: join(config.rootDir, 'models'), dataDir: config.dataDir })
  const ffmpeg = createFfmpeg({ ffmpegPath: config.FFMPEG_PATH })
  const executor = createTaskExecutor({ registry: createDefaultRegistry(), models, store, ffmpeg })
  const outputDir = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  const quiet = () => undefined
  const startedAt = performance.now()
  const before = process.cpuUsage()
  let firstMs = 0
  try {
    const { output } = await executor.execute(
      {
        ...{ capability: 'text-to-speech', model: 'timbre-tacotron2', parameters: {}, outputDir },
        ...{ input: { kind: 'text', text }, previewSeconds: 30 },
      },
      {
        ...{ signal: new AbortController().signal, seed: 1, progress: quiet },
        log: { debug: quiet, info: quiet, warn: quiet },
        publishPart: () => (firstMs ||= performance.now() - startedAt),
      },
    )
    const { user, system } = process.cpuUsage(before)
    const seconds = output.durationSeconds
    return {
      characters: text.length,
      'seconds spoken': seconds.toFixed(0),
      'first sentence after s': (firstMs / 1000).toFixed(2),
      'wall s / s': ((performance.now() - startedAt) / 1000 / seconds).toFixed(3),
      'CPU s / s': ((user + system) / 1e6 / seconds).toFixed(3),
      'peak MB': Math.round(process.resourceUsage().maxRSS / 1024),
    }
  } finally {
    await rm(outputDir, { recursive: true, force: true })
  }
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', ({ text }: { text: string }) => {
    work(text)
      .catch((error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }))
      .then((message) => process.send!(message, undefined, undefined, () => process.exit(0)))
      .catch(() => process.exit(1))
  })
}
