// `npm run ledger:verify`: recomputes every balance, lot and entry of the minutes ledger, prints what differs, and fails
// where anything does. Reads one snapshot, so the product may be running.
import { loadConfig } from '../../src/config'
import { createLedger } from '../../src/modules/billing'
import { withDatabase } from '../db/with-database'

const { accounts, entries, lots, differences } = await withDatabase(loadConfig(), (database) =>
  createLedger({ database }).verify(),
)
for (const { rule, userId, id, expected, found } of differences) {
  console.log(`account ${userId}${id ? `, entry ${id}` : ''}: ${rule}; expected ${expected}, found ${found}`)
}
console.log(
  `${accounts} accounts, ${entries} entries, ${lots} lots: ${differences.length || 'no'} differences.`,
)
if (differences.length > 0) process.exitCode = 1
