// `npm run env:example` writes .env.example from the schema of the configuration; `-- --check` only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { settings } from '../../src/config/schema'
import { renderEnvExample } from './render-env-example'

const file = '.env.example'
const wanted = renderEnvExample(settings)

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted)
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
  console.error(`${file} does not match src/config/schema.ts: run npm run env:example`)
  process.exitCode = 1
}
