import type { Logger } from './platform/logger'

/** Something that every server does now and then; all of them may do it at the same time without harm. */
export interface Chore {
  name: string
  everyMs: number
  run(): Promise<unknown>
}

/** Runs each chore at once and then at its interval, never twice at the same time. @returns what stops them. */
export function startChores(chores: readonly Chore[], logger: Logger): () => void {
  const timers = chores.map(({ name, everyMs, run }) => {
    let running = false
    const turn = () => {
      if (running) return
      running = true
      run()
        .catch((error: unknown) => logger.warn({ err: error, chore: name }, 'chore failed'))
        .finally(() => (running = false))
    }
    turn()
    return setInterval(turn, everyMs)
  })
  return () => timers.forEach((timer) => clearInterval(timer))
}
