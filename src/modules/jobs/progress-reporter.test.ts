import { expect, it, vi } from 'vitest'
import { createProgressReporter } from './progress-reporter'

it('writes the latest progress of each interval, and a new stage at once', async () => {
  vi.useFakeTimers()
  const written: [string, number][] = []
  const reporter = createProgressReporter((stage, fraction) => {
    written.push([stage, fraction])
    return Promise.resolve()
  }, 250)
  for (let step = 0; step <= 10; step++) reporter.report('decode', step / 100)
  await vi.advanceTimersByTimeAsync(300)
  expect(written).toEqual([['decode', 0.1]])
  reporter.report('encode', 0.5)
  await vi.advanceTimersByTimeAsync(0)
  expect(written.at(-1)).toEqual(['encode', 0.5])
  reporter.report('encode', 0.9)
  await reporter.stop()
  await vi.advanceTimersByTimeAsync(1000)
  expect(written.at(-1)).toEqual(['encode', 0.5])
  vi.useRealTimers()
})

it('writes nothing for work that is done within an interval', async () => {
  vi.useFakeTimers()
  const write = vi.fn(() => Promise.resolve())
  const reporter = createProgressReporter(write, 250)
  reporter.report('decode', 0)
  reporter.report('encode', 0.9)
  await vi.advanceTimersByTimeAsync(200)
  await reporter.stop()
  await vi.advanceTimersByTimeAsync(1000)
  expect(write).not.toHaveBeenCalled()
  vi.useRealTimers()
})

it('never has two writes under way, and survives a failing one', async () => {
  let underWay = 0
  let most = 0
  let writes = 0
  const reporter = createProgressReporter(async () => {
    underWay += 1
    most = Math.max(most, underWay)
    writes += 1
    await new Promise((resolve) => setTimeout(resolve, 10))
    underWay -= 1
    if (writes === 1) throw new Error('the database is away')
  }, 1)
  for (let step = 0; step < 20; step++) {
    reporter.report(`stage-${step}`, step / 20)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  await reporter.stop()
  expect(most).toBe(1)
  expect(writes).toBeGreaterThan(1)
})
