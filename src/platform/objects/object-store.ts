import type { Readable } from 'node:stream'

export interface ObjectInfo {
  bytes: number
  contentType: string
  lastModified: Date
  /** SHA-256 of the content in hex, known where the product itself wrote the object. */
  sha256: string | null
}

export interface PutOptions {
  contentType: string
  /** Stops with `payload_too_large` when the source is longer; nothing remains. */
  maxBytes?: number
  signal?: AbortSignal
}

export interface SignedRequest {
  url: string
  method: 'GET' | 'PUT'
  /** Headers that the client must send along. */
  headers: Record<string, string>
  expiresAt: Date
}

/**
 * Where audio lies. Keys are made by the product (`uploads/<id>`, `jobs/<id>/<attempt>/output.flac`), never by users:
 * at most 512 characters in segments of letters, digits, `.`, `_` and `-`; anything else is `bad_request`.
 * Writes are atomic: an object is there whole or not at all. Errors: `not_found`, `payload_too_large`, `disk_full`,
 * `checksum_mismatch`, `unavailable`.
 */
export interface ObjectStore {
  kind: 'disk' | 's3'
  put(key: string, source: Readable | Buffer, options: PutOptions): Promise<ObjectInfo>
  /** Uploads a local file. */
  putFile(key: string, path: string, options: PutOptions): Promise<ObjectInfo>
  /** Brings an object to a local path, verifying its checksum where one is known; a driver may link instead of copying. */
  getFile(key: string, path: string, signal?: AbortSignal): Promise<ObjectInfo>
  /** Null when there is no such object. */
  stat(key: string): Promise<ObjectInfo | null>
  /** `end` is inclusive, as in HTTP, and lies within the object. The disk driver verifies the checksum first. */
  read(key: string, range?: { start: number; end: number }): Promise<Readable>
  /** Removing what is not there is no error. */
  remove(key: string): Promise<void>
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; lastModified: Date }>
  /** A URL that anyone may GET until it expires, with ranges; with `filename` it is offered as a download. */
  signGet(
    key: string,
    options: { expiresInSeconds: number; filename?: string; contentType?: string },
  ): Promise<SignedRequest>
  signPut(
    key: string,
    options: { expiresInSeconds: number; contentType: string; maxBytes: number },
  ): Promise<SignedRequest>
  /**
   * Removes what writes that were cut off by a crash left behind, where it is older than `before`; never an object.
   * Returns how many pieces went.
   */
  removeLeftovers(before: Date): Promise<number>
  /** Throws `unavailable` when the store cannot be reached. */
  check(): Promise<void>
}
