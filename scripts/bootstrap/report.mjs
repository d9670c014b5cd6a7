import { spawn } from 'node:child_process'

/** A problem that the person at the terminal can do something about: shown without a stack. */
export class SetupProblem extends Error {}

export function say(message) {
  process.stdout.write(`[timbre] ${message}\n`)
}

const heartbeatMs = 10_000

/** Runs one long step, saying what is being done, that it still is, and how long it took. */
export async function step(title, work) {
  const startedAt = performance.now()
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
  say(`${title} …`)
  const heartbeat = setInterval(() => say(`${title}: still at it (${seconds()} s)`), heartbeatMs)
  try {
    await work()
    say(`${title}: done in ${seconds()} s`)
  } finally {
    clearInterval(heartbeat)
  }
}

/**
 * Runs a program to its end. Its output is held back and shown only when it fails.
 * @throws SetupProblem with `advice`.
 */
export async function runQuietly(file, args, { advice, env = {} }) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const endWithUs = () => child.kill()
  process.once('exit', endWithUs)
  let output = ''
  const keep = (chunk) => (output += chunk.toString())
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const outcome = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? null : `ended with ${signal ?? code}`))
  })
  process.off('exit', endWithUs)
  if (outcome === null) return
  process.stderr.write(output)
  throw new SetupProblem(`${[file, ...args].join(' ')} ${outcome}.\n${advice}`)
}

/** Ends the process with a clear message for what is known to go wrong, and a stack for what is not. */
export function endWith(error) {
  const known = error instanceof SetupProblem
  process.stderr.write(`\n[timbre] ${known ? error.message : (error.stack ?? String(error))}\n`)
  process.exit(1)
}
