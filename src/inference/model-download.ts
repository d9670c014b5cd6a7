import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { AppError } from '../platform/errors'
import type { Manifest, ManifestFile } from './manifest'
import type { FilePin } from './model-lock'

export type FileSource = { kind: 'folder'; path: string } | { kind: 'http'; url: string }

export interface Transfer {
  source: FileSource
  /** For messages. */
  name: string
  /** File that grows; what an earlier try left there is continued. */
  partial: string
  pin: FilePin
  signal?: AbortSignal | undefined
  /** Called before bytes arrive, where the source says how many there will be. */
  onSize(bytes: number): Promise<void>
  onReceived(bytes: number): void
}

const attempts = 4
const silenceTimeoutMs = 30_000
const sizeTimeoutMs = 10_000

/** The mirror where one is set, else the public address. @throws AppError `unavailable` where there is neither. */
export function sourceOf(manifest: Manifest, file: ManifestFile, mirror: string | undefined): FileSource {
  const relative = file.mirror ?? `${manifest.id}/${file.path}`
  if (mirror && /^https?:/.test(mirror)) {
    return { kind: 'http', url: `${mirror.replace(/\/+$/, '')}/${relative}` }
  }
  if (mirror) {
    const folder = mirror.startsWith('file:') ? fileURLToPath(mirror) : mirror
    return { kind: 'folder', path: join(folder, relative) }
  }
  if (file.url) return { kind: 'http', url: file.url }
  throw new AppError('unavailable', {
    message:
      `“${manifest.id}” has no public address for ${file.path}. ` +
      'Set TIMBRE_MODEL_MIRROR to a folder or an HTTP address that holds it.',
  })
}

/** How large the source says that a file is; null where it does not say. */
export async function sizeAtSource(source: FileSource): Promise<number | null> {
  if (source.kind === 'folder') return existsSync(source.path) ? (await stat(source.path)).size : null
  try {
    const response = await fetch(source.url, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'identity' },
      signal: AbortSignal.timeout(sizeTimeoutMs),
    })
    return response.ok ? lengthOf(response) : null
  } catch {
    return null
  }
}

/**
 * Brings a file to `partial`.
 * @throws AppError `unavailable`, `model_corrupt` (not the size that is pinned), `canceled`.
 */
export async function transfer(request: Transfer): Promise<void> {
  const { source } = request
  if (source.kind === 'folder') return copyFrom(source.path, request)
  for (let attempt = 1; ; attempt++) {
    try {
      return await download(source.url, request)
    } catch (error) {
      if (request.signal?.aborted) throw new AppError('canceled', { cause: error })
      if (error instanceof AppError || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error
      if (attempt === attempts) throw unreachable(source.url, error)
      await delay(250 * 2 ** attempt, undefined, { signal: request.signal }).catch(() => undefined)
    }
  }
}

async function copyFrom(
  path: string,
  { name, partial, signal, onReceived, onSize }: Transfer,
): Promise<void> {
  if (!existsSync(path)) {
    throw new AppError('unavailable', {
      message: `The mirror does not hold ${name}: there is no ${path}. Copy it there, or unset TIMBRE_MODEL_MIRROR.`,
    })
  }
  await onSize((await stat(path)).size)
  try {
    await pipeline(createReadStream(path), counted(0, onReceived), createWriteStream(partial), { signal })
  } catch (error) {
    throw signal?.aborted ? new AppError('canceled', { cause: error }) : error
  }
}

function unreachable(url: string, cause: unknown): AppError {
  return new AppError('unavailable', {
    message:
      `${new URL(url).host} does not answer. Check the network, or set TIMBRE_MODEL_MIRROR to a folder or an HTTP ` +
      'address that holds the model. What has arrived is kept: the next pull goes on from there.',
    cause,
  })
}

/** One request; goes on where the bytes on disk end, if they are known to be of the same file. */
async function download(url: string, request: Transfer): Promise<void> {
  const { partial, pin, name } = request
  const resume = await resumePoint(partial, pin)
  if (resume.bytes > 0 && resume.bytes === pin.bytes) return
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new Error('no data')), silenceTimeoutMs)
  try {
    const response = await fetch(url, {
      headers: {
        // A range of compressed bytes would be of no use.
        'accept-encoding': 'identity',
        ...(resume.bytes > 0 ? { range: `bytes=${resume.bytes}-` } : {}),
        ...(resume.bytes > 0 && resume.etag ? { 'if-range': resume.etag } : {}),
      },
      signal: request.signal ? AbortSignal.any([request.signal, silence.signal]) : silence.signal,
    })
    const range = contentRange(response)
    if (response.status === 416 && range.total === resume.bytes) return
    if (response.status === 416 || (response.status === 206 && range.start !== resume.bytes)) {
      await rm(partial, { force: true })
      throw new Error('the range does not fit')
    }
    refuseAnswer(response, url, name)
    const start = response.status === 206 ? resume.bytes : 0
    const total = response.status === 206 ? range.total : lengthOf(response)
    if (pin.bytes !== undefined && total !== null && total !== pin.bytes)
      throw wrongSize(name, pin.bytes, total)
    if (total !== null) await request.onSize(total)
    if (start === 0) await rememberTag(partial, response.headers.get('etag'))
    await pipeline(
      Readable.fromWeb(response.body as import('node:stream/web').ReadableStream),
      counted(start, (bytes) => {
        timer.refresh()
        request.onReceived(bytes)
      }),
      createWriteStream(partial, { flags: start > 0 ? 'a' : 'w' }),
    )
    if (total !== null && (await sizeOf(partial)) < total) throw new Error('the connection ended early')
  } finally {
    clearTimeout(timer)
  }
}

function refuseAnswer(response: Response, url: string, name: string): void {
  if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`)
  const { host, protocol } = new URL(url)
  if (!response.ok || !response.body) {
    throw new AppError('unavailable', { message: `${host} answered ${response.status} for ${name}.` })
  }
  if (protocol === 'https:' && new URL(response.url).protocol !== 'https:') {
    throw new AppError('unavailable', {
      message: `${host} sends to an address without encryption for ${name}.`,
    })
  }
}

function wrongSize(name: string, expected: number, found: number): AppError {
  return new AppError('model_corrupt', {
    message: `${name} has ${found} bytes there instead of ${expected}: it is another file. Nothing was installed.`,
  })
}

/** Bytes that may be kept: pinned ones are checked at the end, others need a tag that the server can compare. */
async function resumePoint(partial: string, pin: FilePin): Promise<{ bytes: number; etag: string | null }> {
  const bytes = await sizeOf(partial)
  const etag = await readFile(tagPath(partial), 'utf8').catch(() => null)
  const usable =
    (etag !== null || pin.sha256 !== undefined) && (pin.bytes === undefined || bytes <= pin.bytes)
  return usable ? { bytes, etag } : { bytes: 0, etag: null }
}

const tagPath = (partial: string) => `${partial}.etag`

/** Weak tags cannot vouch for bytes (RFC 9110, 13.1.5). */
async function rememberTag(partial: string, etag: string | null): Promise<void> {
  if (etag?.startsWith('"')) await writeFile(tagPath(partial), etag)
  else await rm(tagPath(partial), { force: true })
}

/** To be called when the file is whole. */
export async function forgetTag(partial: string): Promise<void> {
  await rm(tagPath(partial), { force: true })
}

/** Of the bytes as they will be written. */
function lengthOf(response: Response): number | null {
  if (response.headers.has('content-encoding')) return null
  const length = Number(response.headers.get('content-length') ?? NaN)
  return Number.isSafeInteger(length) ? length : null
}

function contentRange(response: Response): { start: number | null; total: number | null } {
  const [, start, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
  return { start: numberOrNull(start), total: numberOrNull(total) }
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined || text === '*' ? null : Number(text)
}

function counted(start: number, onReceived: (bytes: number) => void) {
  return async function* (chunks: AsyncIterable<Uint8Array>) {
    let received = start
    for await (const chunk of chunks) {
      received += chunk.length
      onReceived(received)
      yield chunk
    }
  }
}

export async function sizeOf(path: string): Promise<number> {
  return existsSync(path) ? (await stat(path)).size : 0
}
