/** How often something happened in the open window. */
export interface Count {
  count: number
  /** Milliseconds until the window closes and counting starts again; 0 when no window is open. */
  resetMs: number
}

/**
 * Counters in fixed windows, each opened by the first event of its key: what limits are built on. Counting is atomic,
 * in one process (memory) or among all of them (Redis).
 */
export interface CounterStore {
  kind: 'memory' | 'redis'
  /**
   * Adds `amount` (negative gives back, never below zero and never opening a window).
   * At once where the counters are in this process: every request waits for it.
   */
  add(key: string, windowMs: number, amount?: number): Count | Promise<Count>
  /** Forgets a key. */
  reset(key: string): Promise<void>
  close(): Promise<void>
}
