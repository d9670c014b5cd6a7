import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from './index'

let root: string
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'timbre-config-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function problemsOf(environment: Record<string, string>): string[] {
  try {
    loadConfig(environment, root)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('loadConfig', () => {
  it('is the embedded role with nothing set', () => {
    const config = loadConfig({}, root)
    expect(config).toMatchObject({
      PORT: 3000,
      publicUrl: 'http://localhost:3000',
      dataDir: path.join(root, '.timbre'),
    })
    expect([config.DATABASE_URL, config.REDIS_URL, config.S3_ENDPOINT]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(config.workerConcurrency).toBeGreaterThanOrEqual(1)
  })

  it('reads .env, and lets the environment win', () => {
    writeFileSync(path.join(root, '.env'), 'PORT=4000\nLOG_LEVEL=warn\nSIGNUP_ENABLED=false\n')
    expect(loadConfig({ PORT: '5000' }, root)).toMatchObject({
      PORT: 5000,
      LOG_LEVEL: 'warn',
      SIGNUP_ENABLED: false,
    })
  })

  it('takes an empty variable as not set', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '' }, root).PORT).toBe(3000)
  })

  it('names every wrong setting and never repeats its value', () => {
    const wrong = {
      PORT: 'pqrst',
      JWT_SECRET: 'sssh',
      S3_ENDPOINT: 'ftp://qqq',
      LOG_LEVEL: 'loudly',
      REDIS_URL: 'http://zzz',
    }
    const problems = problemsOf(wrong)
    expect(problems).toHaveLength(5)
    for (const [name, value] of Object.entries(wrong)) {
      expect(problems.some((problem) => problem.startsWith(`${name}: `))).toBe(true)
      expect(problems.join('\n')).not.toContain(value)
    }
  })

  it('asks for what belongs together', () => {
    expect(problemsOf({ S3_ENDPOINT: 'http://localhost:9000' })[0]).toMatch(/^S3_ACCESS_KEY, S3_SECRET_KEY/)
    expect(problemsOf({ DATABASE_URL: 'postgresql://localhost/timbre' })[0]).toMatch(/^JWT_SECRET/)
  })
})
