import type { Ffmpeg } from '../../audio/ffmpeg'
import type { IdempotencyStore } from '../../platform/http'
import type { ObjectStore } from '../../platform/objects'
import type { JobsModule } from '../jobs'
import type { ModelsModule } from '../models'
import type { StorageModule } from '../storage'
import type { TranscriptsModule } from '../transcripts'
import type { VoiceLookup } from '../voices'
import { createOpenAiModels } from './models'
import { createStartOnce } from './once'
import { createQuota, type QuotaOptions } from './quota'
import { openAiRoutes } from './routes'
import { createSpeech } from './speech'
import { createTranscription } from './transcription'

export interface OpenAiModuleOptions extends QuotaOptions {
  jobs: JobsModule
  models: ModelsModule
  storage: StorageModule
  transcripts: TranscriptsModule
  voices: VoiceLookup
  objects: ObjectStore
  ffmpeg: Ffmpeg
  /** For `Idempotency-Key`s; the secret keys what is kept of requests. */
  idempotency: { store: IdempotencyStore; secret: string }
  /** Existing folder for files that are being made. */
  workDir: string
}

/** The API of OpenAI's that speaks and listens, for the clients that there are for it. */
export function createOpenAiModule(options: OpenAiModuleOptions) {
  const { jobs, storage, objects, ffmpeg, workDir } = options
  const models = createOpenAiModels(options.models)
  const startOnce = createStartOnce(options.idempotency)
  const common = { jobs, models, quota: createQuota(options), startOnce, objects, ffmpeg, workDir }
  const speech = createSpeech({ ...common, catalogue: options.models, voices: options.voices })
  const transcription = createTranscription({ ...common, transcripts: options.transcripts })
  return { routes: openAiRoutes({ models, speech, transcription, storage }) }
}
