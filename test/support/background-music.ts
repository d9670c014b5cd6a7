import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { packagedFfmpeg } from '../fixtures/audio-files'
import type { ModelFiles } from '../../src/inference/engine'
import { createModelCache, type ModelCache } from '../../src/inference/model-cache'
import { createOrtRuntime } from '../../src/inference/ort-runtime'
import { noResources, type HandlerContext, type TaskResult } from '../../src/capabilities/capability'
import { createBackgroundMusicHandler } from '../../src/capabilities/background-music/handler'
import { backgroundMusicParameters } from '../../src/capabilities/background-music'
import { musicEngines } from '../../src/capabilities/background-music/engines'
import { testJob } from './tiny-engine'

/** The whole capability with a tiny model, into a folder of its own. */
export interface Band {
  play(
    text: string,
    parameters: Record<string, unknown>,
    context?: Partial<HandlerContext>,
  ): Promise<TaskResult>
  /** Of what was played last. */
  outputDir(): string
  release(): Promise<void>
}

export function createBand(model: ModelFiles): Band {
  const models: ModelCache = createModelCache({
    runtime: createOrtRuntime({ providers: ['cpu'] }),
    maxBytes: 1e9,
    idleMs: 60_000,
  })
  let outputDir = ''
  return {
    async play(text, parameters, context = {}) {
      outputDir = await mkdtemp(join(tmpdir(), 'timbre-band-'))
      return createBackgroundMusicHandler(musicEngines).run(
        {
          input: { kind: 'text', text },
          parameters: backgroundMusicParameters.parse({ duration_seconds: 5, seed: 1, ...parameters }),
          ...{ resources: noResources, model, outputDir, maxInputSeconds: 600 },
          ...{ outputFormat: 'flac', previewSeconds: null, inputPreviewSeconds: null },
        },
        {
          ...testJob(),
          ...{ ffmpeg: packagedFfmpeg, models },
          ...{ helperModel: () => null, helperModels: () => [], publishPart: () => undefined },
          runCapability: () => Promise.reject(new Error('the network works alone')),
          ...context,
        },
      )
    },
    outputDir: () => outputDir,
    release: () => models.clear(),
  }
}
