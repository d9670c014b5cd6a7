import { join } from 'node:path'

import { loadConfig } from '../../src/config'
import { createModelStore } from '../../src/inference'
import { modelsCommand } from './command'

const config = loadConfig()
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())

process.exitCode = await modelsCommand(process.argv.slice(2), {
  store: await createModelStore({
    modelsDir: join(config.rootDir, 'models'),
    dataDir: config.dataDir,
    mirror: config.TIMBRE_MODEL_MIRROR,
  }),
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
})
