import type { CounterStore } from './counter-store'

interface Window {
  count: number
  closesAtMs: number
}

export interface MemoryCounterStoreOptions {
  /** Largest number of keys kept; beyond it closed windows, then the oldest ones, are dropped. */
  maxKeys?: number
  now?: () => number
}

/** Counters of this process only: the embedded role. */
export function createMemoryCounterStore({
  maxKeys = 100_000,
  now = Date.now,
}: MemoryCounterStoreOptions = {}): CounterStore {
  const windows = new Map<string, Window>()

  function makeRoom(nowMs: number): void {
    for (const [key, window] of windows) if (window.closesAtMs <= nowMs) windows.delete(key)
    // A map iterates in the order of insertion: the first keys are the oldest.
    const excess = windows.size - Math.floor(maxKeys * 0.9)
    let dropped = 0
    for (const key of windows.keys()) {
      if (dropped >= excess) break
      windows.delete(key)
      dropped += 1
    }
  }

  return {
    kind: 'memory',
    add(key, windowMs, amount = 1) {
      const nowMs = now()
      const open = windows.get(key)
      if (open && open.closesAtMs > nowMs) {
        open.count = Math.max(0, open.count + amount)
        return { count: open.count, resetMs: open.closesAtMs - nowMs }
      }
      windows.delete(key)
      if (amount <= 0) return { count: 0, resetMs: 0 }
      if (windows.size >= maxKeys) makeRoom(nowMs)
      windows.set(key, { count: amount, closesAtMs: nowMs + windowMs })
      return { count: amount, resetMs: windowMs }
    },
    async reset(key) {
      windows.delete(key)
    },
    async close() {
      windows.clear()
    },
  }
}
