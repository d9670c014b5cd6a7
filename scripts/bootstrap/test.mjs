// `npm test`: sets the product up as `npm start` does, then runs every test. Arguments are Vitest's.
// The last line says how many passed and failed.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { prepare } from './prepare.mjs'
import { endWith, say } from './report.mjs'

try {
  await prepare()
  const { exitCode, summary } = await runVitest(process.argv.slice(2))
  report(summary)
  process.exitCode = exitCode
} catch (error) {
  endWith(error)
}

async function runVitest(args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-summary-'))
  const summaryFile = path.join(folder, 'summary.json')
  const reporters = ['--reporter=default', '--reporter=./test/support/summary-reporter.ts']
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args], {
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'test', TIMBRE_TEST_SUMMARY: summaryFile },
  })
  // Vitest has the terminal's Ctrl-C itself.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
  const summary = readSummary(summaryFile)
  rmSync(folder, { recursive: true, force: true })
  // Vitest may fail although every test passed, by an error outside of them.
  if (exitCode !== 0 && summary.failed === 0) summary.failed = 1
  return { exitCode, summary }
}

function readSummary(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failed: 0, skipped: [] }
  }
}

function report({ passed, failed, skipped }) {
  if (skipped.length > 0) {
    say(`Skipped, because something is missing here:`)
    for (const { name, reason } of skipped) say(`  ${name}${reason ? ` – ${reason}` : ''}`)
  }
  const ending = skipped.length > 0 ? `, ${skipped.length} skipped` : ''
  process.stdout.write(`${passed} passed, ${failed} failed${ending}\n`)
}
