// `npm run settings` writes .env.example and the table in README.md from the schema of the configuration.
import { readFileSync, writeFileSync } from 'node:fs'
import { settings } from '../../src/config/schema'
import { renderEnvExample, renderReadme } from './render-settings'

writeFileSync('.env.example', renderEnvExample(settings))
writeFileSync('README.md', renderReadme(readFileSync('README.md', 'utf8'), settings))
