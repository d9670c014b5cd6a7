import type { AuditLog } from '../../platform/audit'
import type { Database } from '../../platform/database'
import type { EventBus } from '../../platform/events'
import type { Logger } from '../../platform/logger'
import type { ObjectStore } from '../../platform/objects'
import type { Notifier } from '../notifications'
import type { StorageModule, SweptPrefix } from '../storage'
import { voiceAdminRoutes } from './admin-routes'
import { createSampleChecks, voicesPrefix, type SampleCheckJobs } from './checks'
import type { PresetVoices } from './presets'
import { createVoiceRepository } from './repository'
import { voiceRoutes } from './routes'
import { createVoiceService } from './service'

export type { CheckState, SampleCheckJobs } from './checks'
export { createVoiceLookup, type FoundVoice, type UsableVoice, type VoiceLookup } from './lookup'
export { createVoicePersonalData, type VoicePersonalDataOptions } from './personal-data'
export { createPresetVoices, type PresetVoices } from './presets'
export type { VoiceView } from './schemas'
export { standardStatement, type VoiceListQuery } from './service'

export interface VoicesModuleOptions {
  database: Database
  events: EventBus
  objects: ObjectStore
  storage: StorageModule
  presets: PresetVoices
  jobs: SampleCheckJobs
  audit: AuditLog
  notifier: Notifier
  logger: Logger
  moderation: boolean
  maxPerAccount: number
}

export type VoicesModule = ReturnType<typeof createVoicesModule>

const sweepIntervalMs = 2000
const voiceIdOf = (key: string) => key.slice(voicesPrefix.length).split('/')[0] ?? ''

/** Voices of users: samples with consent, their checks and moderation, and withdrawal. */
export function createVoicesModule(options: VoicesModuleOptions) {
  const { database, events, objects, storage, jobs, logger } = options
  const repository = createVoiceRepository(database)
  const checks = createSampleChecks({
    repository,
    jobs,
    objects,
    logger,
    moderation: options.moderation,
    async deleteUpload(userId, uploadId) {
      if (await storage.getOwned(userId, uploadId)) await storage.deleteObject(userId, uploadId)
    },
  })
  const { presets, audit, notifier, maxPerAccount } = options
  const service = createVoiceService({
    ...{ repository, presets, objects, storage, events, audit, notifier, maxPerAccount },
    jobs,
  })

  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  return {
    service,
    routes: [voiceRoutes({ service, storage }), voiceAdminRoutes(service)],
    sweptPrefix: {
      prefix: voicesPrefix,
      async known(keys) {
        const kept = await repository.keptOf([...new Set(keys.map(voiceIdOf))])
        return new Set(keys.filter((key) => kept.has(voiceIdOf(key))))
      },
    } satisfies SweptPrefix,
    /** Takes over the outcomes of checks as they come. */
    start(): void {
      const tick = () => {
        running = checks
          .sweep()
          .catch((error: unknown) => logger.warn({ err: error }, 'checks of voices not looked at'))
          .finally(() => {
            if (timer) timer = setTimeout(tick, sweepIntervalMs)
          })
      }
      timer = setTimeout(tick, 0)
    },
    async close(): Promise<void> {
      clearTimeout(timer)
      timer = undefined
      await running
    },
  }
}
