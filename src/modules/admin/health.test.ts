import { describe, expect, it, vi } from 'vitest'
import { checkHealth } from './health'

describe('health', () => {
  it('tells of every dependency, whatever becomes of the others', async () => {
    vi.useFakeTimers()
    const asked = checkHealth({
      database: () => Promise.resolve('PostgreSQL 18'),
      mail: () => Promise.reject(new Error('connect ECONNREFUSED')),
      gateways: () => Promise.resolve(null),
      silent: () => new Promise<string>(() => undefined),
    })
    await vi.advanceTimersByTimeAsync(5000)
    const findings = await asked
    vi.useRealTimers()
    expect(findings.map(({ name, status, detail }) => [name, status, detail])).toEqual([
      ['database', 'ok', 'PostgreSQL 18'],
      ['mail', 'failing', 'connect ECONNREFUSED'],
      ['gateways', 'off', 'Not set up.'],
      ['silent', 'failing', 'No answer within 5 seconds.'],
    ])
  })
})
