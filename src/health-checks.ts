import { statfs } from 'node:fs/promises'
import type { Ffmpeg } from './audio/ffmpeg'
import type { ModelStore } from './inference'
import type { HealthChecks } from './modules/admin'
import type { PaymentGateways } from './modules/billing'
import type { ModelsModule } from './modules/models'
import type { Database } from './platform/database'
import type { Mailer } from './platform/mail'
import type { ObjectStore } from './platform/objects'
import type { JobQueues } from './platform/queue'

export interface HealthChecksOptions {
  database: Database
  queues: JobQueues
  objects: ObjectStore
  mailer: Mailer
  gateways: PaymentGateways
  ffmpeg: Ffmpeg
  modelStore: ModelStore
  models: Pick<ModelsModule, 'workers'>
  dataDir: string
}

/** With less of the disk free the next large upload may not fit. */
const minFreeBytes = 1024 ** 3
/** A checkout that no gateway knows: asking for it proves the way there and the key. */
const noCheckout = 'plink_00000000000000'

/** How each thing that the product stands on is asked whether it is there. */
export function createHealthChecks(options: HealthChecksOptions): HealthChecks {
  const { database, queues, objects, mailer, gateways, ffmpeg, modelStore, models, dataDir } = options
  return {
    async database() {
      const [row] = await database.$queryRaw<{ version: string; connections: number }[]>`
        SELECT split_part(version(), ' on ', 1) AS version, count(*)::int AS connections
        FROM pg_stat_activity WHERE datname = current_database()`
      return `${row?.version ?? 'PostgreSQL'}, ${row?.connections ?? 0} connections`
    },
    async queue() {
      const counts = Object.values(await queues.counts())
      return `${counts.reduce((sum, { waiting }) => sum + waiting, 0)} deliveries wait in ${counts.length} queues`
    },
    async objects() {
      await objects.check()
      return 'The store answers'
    },
    async mail() {
      await mailer.check()
      return mailer.kind === 'smtp'
        ? 'The server takes our log-in'
        : 'No mail server: mails are kept at /mailbox'
    },
    async gateways() {
      if (gateways.list.length === 0) return null
      await Promise.all(gateways.list.map((gateway) => gateway.fetchState(noCheckout)))
      return gateways.list.map(({ title }) => title).join(', ')
    },
    async ffmpeg() {
      const { version } = await ffmpeg.capabilities()
      return `ffmpeg ${version}`
    },
    models() {
      const installed = modelStore.list().filter((entry) => entry.installed()).length
      if (modelStore.broken.length > 0) {
        const paths = modelStore.broken.map(({ path }) => path).join(', ')
        return Promise.reject(new Error(`Manifests that cannot be read: ${paths}`))
      }
      return Promise.resolve(`${installed} of ${modelStore.list().length} models are installed`)
    },
    async workers() {
      const alive = await models.workers()
      if (alive.length === 0) throw new Error('No worker has reported within the last minute.')
      return `${alive.length} alive`
    },
    async disk() {
      const { bavail, bsize } = await statfs(dataDir)
      const free = bavail * bsize
      const words = `${(free / 1024 ** 3).toFixed(1)} GiB free`
      if (free < minFreeBytes) throw new Error(words)
      return words
    },
  }
}
