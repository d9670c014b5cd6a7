import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { AuditLog } from '../../platform/audit'
import type { Database } from '../../platform/database'
import type { PageQuery } from '../../platform/http'
import type { JobQueues } from '../../platform/queue'
import type { BillingModule } from '../billing'
import type { JobsModule } from '../jobs'
import type { ModelsModule } from '../models'
import type { UsersModule } from '../users'
import { accountRoutes } from './account-routes'
import { auditRoutes } from './audit-routes'
import { checkHealth, type HealthChecks } from './health'
import { listMails, mailboxRoutes } from './mailbox-routes'
import { moneyRoutes } from './money-routes'
import { operationRoutes } from './operation-routes'

export type { HealthChecks, HealthFinding } from './health'

export interface AdminModuleOptions {
  database: Database
  audit: AuditLog
  users: UsersModule
  billing: BillingModule
  jobs: JobsModule
  models: ModelsModule
  queues: JobQueues
  /** One for every dependency of the product. */
  health: HealthChecks
}

export type AdminModule = ReturnType<typeof createAdminModule>

/** What administrators do besides what the modules offer them: routes under `/api/admin`. Every action is audited. */
export function createAdminModule(options: AdminModuleOptions) {
  return {
    listMails: (query: PageQuery) => listMails(options.database, query),
    routes: [
      accountRoutes(options),
      moneyRoutes(options),
      operationRoutes({ ...options, health: () => checkHealth(options.health) }),
      auditRoutes(options),
      mailboxRoutes(options),
    ] satisfies FastifyPluginAsyncZod[],
  }
}
