import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { AppError } from '../platform/errors'
import type { Manifest, ManifestFile } from './manifest'
import { withClaim } from './model-claim'
import { forgetTag, sizeAtSource, sizeOf, sourceOf, transfer, type FileSource } from './model-download'
import type { FilePin, ModelLock } from './model-lock'

export interface PullProgress {
  file: string
  /** Of the whole model. */
  receivedBytes: number
  /** Null while a source does not say how large its file is. */
  totalBytes: number | null
}

export interface PullRequest {
  manifest: Manifest
  /** Models are kept in `<modelsDataDir>/<id>/<version>`. */
  modelsDataDir: string
  lock: ModelLock
  mirror?: string | undefined
  /** What to tell somebody who cannot have the model now. */
  worksWithout: string
  onProgress?(progress: PullProgress): void
  signal?: AbortSignal | undefined
}

/** Where one file of the model comes from and what is known of it. */
interface PlannedFile {
  file: ManifestFile
  path: string
  source: FileSource
  pin: FilePin
  /** As it is pinned, else as the source says. */
  bytes: number | null
}

/** Left free on the disk beside the model. */
const spareBytes = 64 * 1024 * 1024

/**
 * Fetches all files of a model into a staging folder, checks them, and moves the folder into place. What a broken-off
 * pull has fetched is continued; a second process that pulls the same model is sent away.
 */
export async function pullModel(request: PullRequest): Promise<void> {
  const { manifest, modelsDataDir } = request
  const staging = join(modelsDataDir, '.partial', `${manifest.id}@${manifest.version}`)
  const target = join(modelsDataDir, manifest.id, manifest.version)
  await withClaim(`${staging}.claim`, {}, async () => {
    try {
      const plan = await planFiles(request, staging)
      await assertSpace(plan, modelsDataDir)
      const learned = await fetchAll(request, plan)
      await mkdir(dirname(target), { recursive: true })
      await rm(target, { recursive: true, force: true })
      // The pins come first: files in place that nobody has pinned could be changed unnoticed.
      await request.lock.write(manifest, learned)
      await rename(staging, target)
    } catch (error) {
      throw explain(error, request)
    }
  })
}

async function planFiles(request: PullRequest, staging: string): Promise<PlannedFile[]> {
  const { manifest, lock, mirror } = request
  return Promise.all(
    manifest.files.map(async (file) => {
      const source = sourceOf(manifest, file, mirror)
      const pin = lock.pin(manifest, file.path)
      const bytes = pin.bytes ?? (await sizeAtSource(source))
      return { file, path: join(staging, file.path), source, pin, bytes }
    }),
  )
}

async function fetchAll(request: PullRequest, plan: PlannedFile[]) {
  const learned: Record<string, { bytes: number; sha256: string }> = {}
  for (const planned of plan) {
    const { file, path } = planned
    const earlier = Object.values(learned).reduce((sum, { bytes }) => sum + bytes, 0)
    await mkdir(dirname(path), { recursive: true })
    await fetchFile(request, planned, (received) =>
      request.onProgress?.({ file: file.path, receivedBytes: earlier + received, totalBytes: totalOf(plan) }),
    )
    learned[file.path] = { bytes: await sizeOf(path), sha256: await fileSha256(path) }
  }
  return learned
}

function totalOf(plan: readonly PlannedFile[]): number | null {
  return plan.reduce<number | null>(
    (sum, { bytes }) => (sum === null || bytes === null ? null : sum + bytes),
    0,
  )
}

/** Brings one file to its place in the staging folder, from where an earlier try stopped. */
async function fetchFile(
  request: PullRequest,
  planned: PlannedFile,
  onReceived: (bytes: number) => void,
): Promise<void> {
  const { file, path, pin, source } = planned
  if (existsSync(path)) {
    if (pin.sha256 !== undefined && (await fileSha256(path)) === pin.sha256) {
      return onReceived(await sizeOf(path))
    }
    await rm(path)
  }
  const partial = `${path}.part`
  await transfer({
    source,
    name: `${file.path} of “${request.manifest.id}”`,
    partial,
    pin,
    signal: request.signal,
    async onSize(bytes) {
      if (planned.bytes === bytes) return
      planned.bytes = bytes
      await assertSpace([planned], request.modelsDataDir)
    },
    onReceived,
  })
  await forgetTag(partial)
  if (!(await matches(partial, pin))) {
    await rm(partial, { force: true })
    throw new AppError('model_corrupt', {
      message: wrongBytes(request, file),
      details: { model: request.manifest.id, file: file.path },
    })
  }
  await rename(partial, path)
}

async function matches(path: string, { bytes, sha256 }: FilePin): Promise<boolean> {
  if (bytes !== undefined && (await sizeOf(path)) !== bytes) return false
  return sha256 === undefined || (await fileSha256(path)) === sha256
}

function wrongBytes({ manifest, lock }: PullRequest, file: ManifestFile): string {
  const wrong = `${file.path} of “${manifest.id}” does not have the size and SHA-256`
  return file.sha256
    ? `${wrong} that the manifest states. Nothing was installed.`
    : `${wrong} that it had when it was pulled first. Nothing was installed. If its publisher has replaced it and ` +
        `you trust the new one, remove “${manifest.id}@${manifest.version}” from ${lock.path}.`
}

async function assertSpace(plan: readonly PlannedFile[], modelsDataDir: string): Promise<void> {
  const missing = await Promise.all(
    plan.map(async ({ bytes, path }) =>
      Math.max(0, (bytes ?? 0) - (await sizeOf(path)) - (await sizeOf(`${path}.part`))),
    ),
  )
  const neededBytes = missing.reduce((sum, bytes) => sum + bytes, 0)
  await mkdir(modelsDataDir, { recursive: true })
  const { bavail, bsize } = await statfs(modelsDataDir)
  const freeBytes = bavail * bsize
  if (neededBytes === 0 || neededBytes + spareBytes <= freeBytes) return
  throw new AppError('disk_full', {
    message: `The model needs ${inMegabytes(neededBytes)} more in ${modelsDataDir}, where ${inMegabytes(freeBytes)} are free.`,
    details: { needed_bytes: neededBytes, free_bytes: freeBytes },
  })
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}

function explain(error: unknown, { manifest, worksWithout }: PullRequest): unknown {
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
    return new AppError('disk_full', { message: 'No space is left for the model’s files.', cause: error })
  }
  if (!(error instanceof AppError) || error.code !== 'unavailable') return error
  return new AppError('unavailable', {
    message: `“${manifest.id}” could not be fetched: ${error.message} ${worksWithout}`,
    cause: error.cause,
    details: { model: manifest.id },
  })
}

/** SHA-256 of a file, in hex. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
