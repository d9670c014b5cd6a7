/** Lets a long computation look up: other events get their turn, and an abort is seen. */
export interface Pace {
  /** Whether it is time to await `rest`; cheap enough for every frame. */
  due(): boolean
  /** @throws the signal's reason when it is aborted. */
  rest(): Promise<void>
}

/** A pace that is due every `intervalMs`. */
export function createPace(signal: AbortSignal, intervalMs = 80): Pace {
  let last = performance.now()
  return {
    due: () => performance.now() - last >= intervalMs,
    async rest() {
      await new Promise((resume) => setImmediate(resume))
      signal.throwIfAborted()
      last = performance.now()
    },
  }
}
