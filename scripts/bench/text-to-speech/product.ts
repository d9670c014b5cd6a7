import { fork } from 'node:child_process'
import { mkdtemp, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { createDefaultRegistry } from '../../../src/capabilities'
import { loadConfig } from '../../../src/config'
import { createModelStore } from '../../../src/inference'
import { createModelCache } from '../../../src/inference/model-cache'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { createTaskExecutor } from '../../../src/runner/execute'
import type { BenchSpeaker, SpokenSet } from './speakers'

interface Request {
  model: string
  parameters: Record<string, unknown>
  mirror: string
  texts: readonly string[]
  folder: string
}

export interface ProductVoice {
  model: string
  parameters: Record<string, unknown>
}

/** The product's own handler, in a process of its own: a peak of memory cannot be reset. */
export function productSpeaker({ model, parameters }: ProductVoice, mirror: string): BenchSpeaker {
  const choices = Object.values(parameters).join(', ')
  return {
    name: choices ? `${model} (${choices})` : model,
    missing: null,
    speak(texts, folder) {
      const child = fork(fileURLToPath(import.meta.url), { execArgv: ['--import', 'tsx'] })
      child.send({ model, parameters, mirror, texts, folder } satisfies Request)
      return new Promise((resolve, reject) => {
        child.once('message', (message: SpokenSet | { error: string }) => {
          if ('error' in message) reject(new Error(message.error))
          else resolve(message)
        })
        child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)))
      })
    },
  }
}

async function work({ model, parameters, mirror, texts, folder }: Request): Promise<SpokenSet> {
  const config = loadConfig()
  const runtime = createOrtRuntime({ providers: ['cpu'] })
  const models = createModelCache({ runtime, maxBytes: Infinity, idleMs: 600_000 })
  const store = await createModelStore({
    ...{ modelsDir: join(config.rootDir, 'models'), dataDir: config.dataDir, mirror },
  })
  for (const id of [model, parameters.vocoder]) {
    if (typeof id === 'string' && !store.get(id).installed()) await store.pull(id)
  }
  const ffmpeg = createFfmpeg({ ffmpegPath: config.FFMPEG_PATH })
  const executor = createTaskExecutor({ registry: createDefaultRegistry(), models, store, ffmpeg })
  const quiet = () => undefined
  const speak = async (text: string, name: string) => {
    const result = await executor.execute(
      {
        ...{ capability: 'text-to-speech', model, parameters, input: { kind: 'text', text } },
        ...{ outputDir: await mkdtemp(join(folder, 'task-')), outputFormat: 'wav', previewSeconds: null },
      },
      {
        ...{ signal: new AbortController().signal, seed: 1, progress: quiet },
        log: { debug: quiet, info: quiet, warn: quiet },
      },
    )
    const file = join(folder, name)
    await rename(result.output.path, file)
    return file
  }
  await speak('Ready.', 'warm-up.wav')
  const before = process.cpuUsage()
  const files: string[] = []
  for (const [index, text] of texts.entries()) files.push(await speak(text, `${index}.wav`))
  const { user, system } = process.cpuUsage(before)
  await models.clear()
  return { files, cpuSeconds: (user + system) / 1e6, peakMb: process.resourceUsage().maxRSS / 1024 }
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (request: Request) => {
    work(request)
      .catch((error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }))
      .then((message) => process.send!(message, undefined, undefined, () => process.exit(0)))
      .catch(() => process.exit(1))
  })
}
