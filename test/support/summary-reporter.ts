import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Writes what `npm test` sums up at its end to the file that TIMBRE_TEST_SUMMARY names. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env.TIMBRE_TEST_SUMMARY
    if (!file) return
    let passed = 0
    let failed = unhandledErrors.length
    const skipped: { name: string; reason: string }[] = []
    for (const module of modules) {
      failed += module.errors().length
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') passed++
        else if (result.state === 'failed') failed++
        else {
          const reason = result.state === 'skipped' ? (result.note ?? '') : 'not run'
          skipped.push({ name: `${module.relativeModuleId}: ${test.fullName}`, reason })
        }
      }
    }
    writeFileSync(file, JSON.stringify({ passed, failed, skipped }))
  }
}
