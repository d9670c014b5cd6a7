import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { createFfmpeg } from './audio/ffmpeg'
import { createDefaultRegistry, type CapabilityRegistry } from './capabilities'
import type { Config } from './config'
import { createModelStore } from './inference'
import { deriveKey, type Installation } from './installation'
import { createStorageModule } from './modules/storage'
import { createDictionaryLookup } from './modules/dictionaries'
import { createPresetVoices, createVoiceLookup } from './modules/voices'
import { createDatabase } from './platform/database'
import { createEventBus } from './platform/events'
import type { Logger } from './platform/logger'
import { createMetrics } from './platform/metrics'
import { createObjectStore } from './platform/objects'

export interface ContainerOptions {
  config: Config
  installation: Pick<Installation, 'databaseUrl' | 'secret'>
  logger: Logger
  /** Default: the product's own capabilities. */
  registry?: CapabilityRegistry | undefined
}

/** What both roles stand on. */
export async function createFoundation(options: ContainerOptions, maxConnections: number) {
  const { config, installation, logger, registry = createDefaultRegistry() } = options
  const { databaseUrl, secret } = installation
  const database = createDatabase({ url: databaseUrl, maxConnections })
  const events = createEventBus({ databaseUrl, redisUrl: config.REDIS_URL, logger })
  const objects = createObjectStore(config, deriveKey(secret, 'storage addresses'))
  const storage = createStorageModule({ database, objects, config, logger })
  const modelStore = await createModelStore({
    modelsDir: path.join(config.rootDir, 'models'),
    dataDir: config.dataDir,
    mirror: config.TIMBRE_MODEL_MIRROR,
  })
  for (const { path: file, reason } of modelStore.broken) {
    logger.error({ file, reason }, 'manifest left out')
  }
  const ffmpeg = createFfmpeg({ ffmpegPath: config.FFMPEG_PATH })
  const presets = createPresetVoices(modelStore)
  const resources = {
    voices: createVoiceLookup(database, presets),
    dictionaries: createDictionaryLookup(database),
  }
  const workDir = path.join(config.dataDir, 'work')
  mkdirSync(workDir, { recursive: true })
  const metrics = createMetrics()
  const queue = { databaseUrl, redisUrl: config.REDIS_URL, logger }
  return {
    config,
    logger,
    database,
    events,
    objects,
    storage,
    registry,
    modelStore,
    presets,
    resources,
    ffmpeg,
    workDir,
    metrics,
    queue,
  }
}
