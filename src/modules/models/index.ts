import type { CapabilityRegistry } from '../../capabilities'
import type { ModelStore } from '../../inference'
import type { AuditLog } from '../../platform/audit'
import type { Database } from '../../platform/database'
import type { EventBus } from '../../platform/events'
import type { Logger } from '../../platform/logger'
import { createModelAdmin } from './admin'
import { createCatalogue } from './catalogue'
import { createChoicesCache } from './choices'
import { createBackgroundPulls } from './pulls'
import { createModelRepository } from './repository'

export { modelRoutes } from './routes'
export type { WorkerFacts, WorkerReport } from './repository'
export { createModelsWorker, type ModelsWorker } from './worker'
export type { ResolvedJob } from './catalogue'
export type { CapabilityDescription, Estimate } from './schemas'

export interface ModelsModuleOptions {
  registry: CapabilityRegistry
  store: ModelStore
  database: Database
  events: EventBus
  audit: AuditLog
  logger: Logger
  /** Whether the operator allows models whose licence forbids commercial use. */
  nonCommercial: boolean
  /** The operator's limits, which may be tighter than a capability's own. */
  limits: { maxInputBytes: number; maxInputSeconds: number }
}

export type ModelsModule = Awaited<ReturnType<typeof createModelsModule>>

/** The API's side of models: what is offered, what it costs, and what administrators do with it. */
export async function createModelsModule(options: ModelsModuleOptions) {
  const { registry, store, database, events, audit, logger, nonCommercial, limits } = options
  const repository = createModelRepository(database)
  const choices = await createChoicesCache({ repository, nonCommercial, events, logger })
  const catalogue = createCatalogue({ registry, store, choices, limits })
  const pulls = createBackgroundPulls({ store, repository, logger })
  return {
    describe: catalogue.describe,
    resolve: catalogue.resolve,
    estimate: catalogue.estimate,
    saleRefusal: catalogue.saleRefusal,
    /** Workers that are alive, with what their runners hold. */
    workers: repository.workers,
    admin: createModelAdmin({ registry, store, catalogue, choices, repository, pulls, audit, events }),
    async close() {
      choices.close()
      await pulls.close()
    },
  }
}
