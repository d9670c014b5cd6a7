import { createHash } from 'node:crypto'
import { Transform, type Readable } from 'node:stream'
import { AppError, toAppError } from '../errors'

export interface MeteringStream extends Transform {
  /** Bytes that went through so far. */
  bytes(): number
  /** SHA-256 in hex of everything; to be called once, after the end. */
  sha256(): string
}

/** Passes bytes through, counts and hashes them, and fails with `payload_too_large` beyond `maxBytes`. */
export function createMeteringStream(maxBytes = Infinity): MeteringStream {
  const hash = createHash('sha256')
  let bytes = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > maxBytes) return done(tooLarge(maxBytes))
      hash.update(chunk)
      done(null, chunk)
    },
  })
  return Object.assign(stream, { bytes: () => bytes, sha256: () => hash.digest('hex') })
}

export function tooLarge(maxBytes: number): AppError {
  return new AppError('payload_too_large', {
    message: `The content is longer than the ${maxBytes} bytes that are allowed.`,
    details: { max_bytes: maxBytes },
  })
}

/** What it means that a source failed: the other side went away, unless the operating system says otherwise. */
export function sourceFailed(cause: Error): AppError {
  if (cause instanceof AppError) return cause
  const local = 'syscall' in cause && !('code' in cause && cause.code === 'ECONNRESET')
  if (local) return toAppError(cause)
  return new AppError('bad_request', { message: 'The upload broke off before its end.', cause })
}

/**
 * Catches an error that `source` raises before anything reads from it, which would otherwise end the process, and keeps
 * it: a pipeline that starts later only reports that the stream is closed.
 */
export function watchFailure(source: Readable | Buffer): () => Error | undefined {
  if (Buffer.isBuffer(source)) return () => undefined
  source.once('error', () => undefined)
  return () => source.errored ?? undefined
}
