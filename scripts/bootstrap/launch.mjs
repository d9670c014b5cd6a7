import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** A key press reaches us several times: from the terminal, from npm, from npm's shell. */
const sameSignalMs = 1000
const watchMs = 500

/**
 * Runs the product in the foreground. It leads a process group of its own, so that the terminal's signals reach it
 * through us, once: the first Ctrl-C drains, a later one ends it. It is told through a channel when we are gone,
 * however that came about; and as npm's shell does not pass signals on, we see to it that our own parent is there.
 * @returns the exit code to end with.
 */
export function launch(args) {
  const child = spawn(process.execPath, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  })
  let lastSignalAt = -Infinity
  const stop = () => {
    if (performance.now() - lastSignalAt < sameSignalMs) return
    lastSignalAt = performance.now()
    child.kill('SIGTERM')
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    stop()
  }, watchMs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      clearInterval(watch)
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}
