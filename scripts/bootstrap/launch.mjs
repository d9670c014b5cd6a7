import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** A key press reaches us several times: from the terminal, from npm, from npm's shell. */
const sameSignalMs = 1000

/**
 * Runs the product in the foreground and hands on each signal once, so that the first Ctrl-C drains and a later one
 * means it. The child leads a process group of its own: the terminal's signals go through us only.
 * @returns the exit code to end with.
 */
export function launch(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', detached: true })
  let lastSignalAt = -Infinity
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (performance.now() - lastSignalAt < sameSignalMs) return
      lastSignalAt = performance.now()
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}
