/** A voice under test: ours or a peer's. */
export interface BenchSpeaker {
  name: string
  /** Why it cannot be run here; null where it can. */
  missing: string | null
  /** Says all texts, one file each. */
  speak(texts: readonly string[], folder: string): Promise<SpokenSet>
}

export interface SpokenSet {
  /** One of each text, in order. */
  files: string[]
  /** CPU time of speaking all of them, on one thread. */
  cpuSeconds: number
  /** Highest resident memory of the process that spoke. */
  peakMb: number
}
