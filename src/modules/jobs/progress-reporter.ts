/**
 * Lets the latest progress through at most once per interval, and never two writes at a time; a change of stage
 * goes ahead of the interval. The first is written after an interval, so that short work writes none.
 */
export function createProgressReporter(
  write: (stage: string, fraction: number, text?: string) => Promise<unknown>,
  intervalMs = 250,
) {
  let latest: { stage: string; fraction: number; text: string | undefined } | undefined
  let writtenStage: string | undefined
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<unknown> = Promise.resolve()
  let idle = true

  function flush(): void {
    timer = undefined
    const next = latest
    if (!next) return
    latest = undefined
    writtenStage = next.stage
    idle = false
    writing = write(next.stage, next.fraction, next.text)
      .catch(() => undefined) // progress may be lost, the job may not
      .finally(() => {
        idle = true
        if (latest && !timer) timer = setTimeout(flush, intervalMs)
      })
  }

  return {
    report(stage: string, fraction: number, text?: string): void {
      latest = { stage, fraction, text }
      if (!idle) return
      if (writtenStage !== undefined && stage !== writtenStage) {
        clearTimeout(timer)
        flush()
      } else timer ??= setTimeout(flush, intervalMs)
    },
    /** Drops what was not written yet and waits for a write in flight. */
    async stop(): Promise<void> {
      latest = undefined
      clearTimeout(timer)
      await writing
      clearTimeout(timer)
    },
  }
}
