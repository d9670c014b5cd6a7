import type { Readable } from 'node:stream'

/** A file of somebody's export. */
export type ExportEntry =
  /** Serialised as JSON. */
  | { name: string; json: unknown }
  /** Bytes as they were stored; `bytes` is how many there are. */
  | { name: string; bytes: number; open(): Promise<Readable> }

/** What one module keeps of a person. */
export interface PersonalData {
  /** Everything of theirs, for the person to take along; without secrets. */
  export(userId: string): AsyncIterable<ExportEntry>
  /** Removes their rows and objects; may be repeated. Absent where everything has to be kept (the ledger). */
  erase?(userId: string): Promise<void>
}
