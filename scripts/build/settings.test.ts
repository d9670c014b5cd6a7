import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { environmentSchema, settings } from '../../src/config/schema'
import { renderEnvExample, renderReadme } from './render-settings'

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8')

  it('is what the schema of the configuration says', () => {
    expect(text).toBe(renderEnvExample(settings))
  })

  it('names every setting, and its values are valid when uncommented', () => {
    const uncommented = parseEnv(text.replace(/^#(?=[A-Z0-9_]+=)/gm, ''))
    expect(Object.keys(uncommented).sort()).toEqual(Object.keys(settings).sort())
    const given = Object.fromEntries(Object.entries(uncommented).filter(([, value]) => value !== ''))
    expect(environmentSchema.safeParse(given).error).toBeUndefined()
  })
})

describe('the table of settings in README.md', () => {
  it('is what the schema of the configuration says', () => {
    const readme = readFileSync('README.md', 'utf8')
    expect(readme).toBe(renderReadme(readme, settings))
    for (const name of Object.keys(settings)) expect(readme).toContain(`| \`${name}\` |`)
  })
})
