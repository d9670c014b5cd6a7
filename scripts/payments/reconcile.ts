// `npm run payments:reconcile`: asks the gateways about checkouts older than 15 minutes without an outcome, and moves
// payments and minutes to what they answer. The running product does the same every five minutes.
import { randomUUID } from 'node:crypto'
import { loadConfig } from '../../src/config'
import {
  configuredGateways,
  createLedger,
  createPaymentGateways,
  createReconcile,
  createSettle,
} from '../../src/modules/billing'
import { createNotifier, createPreferenceStore } from '../../src/modules/notifications'
import { createLogger } from '../../src/platform/logger'
import { createSeal } from '../../src/platform/seal'
import { withDatabase } from '../db/with-database'

const config = loadConfig()
const gateways = createPaymentGateways(configuredGateways(config))
gateways.assertOn()
const { asked, changed, failed, abandoned } = await withDatabase(config, (database) => {
  const logger = createLogger('server', config.LOG_LEVEL)
  const notifier = createNotifier({
    database,
    preferences: createPreferenceStore(database),
    // What is told of payments is not sealed; the running product sends it from the rows.
    seal: createSeal(randomUUID()),
    deliver: () => undefined,
    now: () => new Date(),
  })
  const ledger = createLedger({ database })
  const settle = createSettle({ database, ledger, gateways, notifier, logger })
  return createReconcile({ database, gateways, settle, logger })()
})
console.log(
  `${asked} asked about, ${changed} changed, ${failed} not reached, ${abandoned} abandoned removed.`,
)
if (failed > 0) process.exitCode = 1
