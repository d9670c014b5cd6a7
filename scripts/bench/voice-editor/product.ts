import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createFfmpeg, type Ffmpeg } from '../../../src/audio/ffmpeg'
import { createDefaultRegistry, type TaskResult } from '../../../src/capabilities'
import { loadConfig } from '../../../src/config'
import { createModelStore } from '../../../src/inference'
import { createModelCache } from '../../../src/inference/model-cache'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { createTaskExecutor } from '../../../src/runner/execute'
import { transcriptSchema, type Transcript } from '../../../src/transcript/transcript'

/** The product's own capabilities, in this process. */
export interface Product {
  ffmpeg: Ffmpeg
  run(
    capability: string,
    path: string,
    model: string | undefined,
    parameters: Record<string, unknown>,
  ): Promise<TaskResult>
  edit(path: string, model: string, parameters: Record<string, unknown>): Promise<TaskResult>
  recognise(path: string, model?: string): Promise<Transcript>
  close(): Promise<void>
}

export async function openProduct(): Promise<Product> {
  const config = loadConfig()
  const models = createModelCache({
    runtime: createOrtRuntime({ providers: ['cpu'] }),
    maxBytes: Infinity,
    idleMs: 600_000,
  })
  const store = await createModelStore({ modelsDir: join(config.rootDir, 'models'), dataDir: config.dataDir })
  const ffmpeg = createFfmpeg({ ffmpegPath: config.FFMPEG_PATH })
  const executor = createTaskExecutor({ registry: createDefaultRegistry(), models, store, ffmpeg })
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  const quiet = () => undefined

  const run = async (
    capability: string,
    path: string,
    model: string | undefined,
    parameters: Record<string, unknown>,
  ) =>
    executor.execute(
      {
        ...{ capability, model, parameters, input: { kind: 'audio', path }, previewSeconds: null },
        outputDir: await mkdtemp(join(folder, 'task-')),
      },
      {
        signal: new AbortController().signal,
        seed: 0,
        log: { debug: quiet, info: quiet, warn: quiet },
        progress: quiet,
      },
    )

  return {
    ffmpeg,
    run,
    edit: (path, model, parameters) => run('voice-editor', path, model, parameters),
    async recognise(path, model) {
      const { output } = await run('speech-to-text', path, model, { language: 'en' })
      return transcriptSchema.parse(JSON.parse(await readFile(output.path, 'utf8')))
    },
    async close() {
      await models.clear()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
