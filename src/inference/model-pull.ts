import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

import { AppError } from '../platform/errors'
import type { Manifest, ManifestFile } from './manifest'

export interface PullProgress {
  file: string
  /** Of the whole model. */
  receivedBytes: number
  totalBytes: number
}

export interface PullRequest {
  manifest: Manifest
  /** Models are kept in `<modelsDataDir>/<id>/<version>`. */
  modelsDataDir: string
  mirror?: string
  onProgress?(progress: PullProgress): void
  signal?: AbortSignal
}

const attempts = 4
const silenceTimeoutMs = 30_000

/** Fetches all files of a model into a staging folder, checks them, and moves the folder into place. */
export async function pullModel(request: PullRequest): Promise<void> {
  const { manifest, modelsDataDir } = request
  const staging = join(modelsDataDir, '.partial', `${manifest.id}@${manifest.version}`)
  const target = join(modelsDataDir, manifest.id, manifest.version)
  const totalBytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
  let doneBytes = 0
  try {
    for (const file of manifest.files) {
      const path = join(staging, file.path)
      await mkdir(dirname(path), { recursive: true })
      await fetchFile(request, file, path, (received) =>
        request.onProgress?.({ file: file.path, receivedBytes: doneBytes + received, totalBytes }),
      )
      doneBytes += file.bytes
    }
    await mkdir(dirname(target), { recursive: true })
    await rm(target, { recursive: true, force: true })
    await rename(staging, target)
    await writeLock(modelsDataDir, manifest)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new AppError('disk_full', { message: 'No space is left for the model’s files.', cause: error })
    }
    throw error
  }
}

/** Brings one file to `path`, from where an earlier try stopped. */
async function fetchFile(
  request: PullRequest,
  file: ManifestFile,
  path: string,
  onReceived: (bytes: number) => void,
): Promise<void> {
  if (existsSync(path) && (await fileSha256(path)) === file.sha256) return onReceived(file.bytes)
  const partial = `${path}.part`
  const source = sourceOf(request, file)
  if (source.kind === 'folder') await copyFrom(source.path, partial, request, file, onReceived)
  else await downloadWithRetries(source.url, partial, request, file, onReceived)
  if ((await sizeOf(partial)) !== file.bytes || (await fileSha256(partial)) !== file.sha256) {
    await rm(partial, { force: true })
    throw new AppError('model_corrupt', {
      message: `${file.path} of “${request.manifest.id}” does not have the size and SHA-256 that the manifest states. Nothing was installed.`,
      details: { model: request.manifest.id, file: file.path },
    })
  }
  await rename(partial, path)
}

type Source = { kind: 'folder'; path: string } | { kind: 'http'; url: string }

/** The mirror where one is set, else the public address. */
function sourceOf({ manifest, mirror }: PullRequest, file: ManifestFile): Source {
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

async function copyFrom(
  source: string,
  partial: string,
  { manifest, signal }: PullRequest,
  file: ManifestFile,
  onReceived: (bytes: number) => void,
): Promise<void> {
  if (!existsSync(source)) {
    throw new AppError('unavailable', {
      message: `The mirror does not hold ${file.mirror ?? `${manifest.id}/${file.path}`}. Copy it there, or unset TIMBRE_MODEL_MIRROR.`,
    })
  }
  await pipeline(createReadStream(source), counted(0, onReceived), createWriteStream(partial), { signal })
}

async function downloadWithRetries(
  url: string,
  partial: string,
  request: PullRequest,
  file: ManifestFile,
  onReceived: (bytes: number) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await download(url, partial, file, request.signal, onReceived)
    } catch (error) {
      if (request.signal?.aborted) throw new AppError('canceled', { cause: error })
      if (error instanceof AppError || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error
      if (attempt === attempts) throw unreachable(url, request.manifest.id, error)
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt))
    }
  }
}

function unreachable(url: string, id: string, cause: unknown): AppError {
  return new AppError('unavailable', {
    message:
      `“${id}” could not be fetched: ${new URL(url).host} does not answer. Check the network, or set ` +
      'TIMBRE_MODEL_MIRROR to a folder or an HTTP address that holds the model. What has arrived is kept.',
    cause,
  })
}

async function download(
  url: string,
  partial: string,
  file: ManifestFile,
  signal: AbortSignal | undefined,
  onReceived: (bytes: number) => void,
): Promise<void> {
  const have = await sizeOf(partial)
  if (have === file.bytes) return
  if (have > file.bytes) await rm(partial)
  const start = have > file.bytes ? 0 : have
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new Error('no data')), silenceTimeoutMs)
  try {
    const response = await fetch(url, {
      headers: start > 0 ? { range: `bytes=${start}-` } : {},
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    })
    if (response.status >= 500) throw new Error(`status ${response.status}`)
    if (!response.ok || !response.body) {
      throw new AppError('unavailable', {
        message: `${new URL(url).host} answered ${response.status} for ${file.path}.`,
      })
    }
    const resumed = response.status === 206
    await pipeline(
      Readable.fromWeb(response.body as import('node:stream/web').ReadableStream),
      counted(resumed ? start : 0, (bytes) => {
        timer.refresh()
        onReceived(bytes)
      }),
      createWriteStream(partial, { flags: resumed ? 'a' : 'w' }),
    )
  } finally {
    clearTimeout(timer)
  }
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

async function sizeOf(path: string): Promise<number> {
  return existsSync(path) ? (await stat(path)).size : 0
}

/** SHA-256 of a file, in hex. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Notes what was installed: id, version and the sum of every file. */
async function writeLock(modelsDataDir: string, manifest: Manifest): Promise<void> {
  const path = join(modelsDataDir, 'models.lock.json')
  const lock = existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>) : {}
  lock[`${manifest.id}@${manifest.version}`] = {
    pulled_at: new Date().toISOString(),
    files: Object.fromEntries(manifest.files.map((file) => [file.path, file.sha256])),
  }
  await writeFile(`${path}.new`, `${JSON.stringify(lock, null, 2)}\n`)
  await rename(`${path}.new`, path)
}
