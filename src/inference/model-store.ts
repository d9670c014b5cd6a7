import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { AppError } from '../platform/errors'
import type { ModelFiles } from './engine'
import { manifestSchema, type Manifest } from './manifest'
import { createModelLock, type ModelLock } from './model-lock'
import {
  createManifestFolders,
  takenBy,
  type BrokenManifest,
  type FoundManifest,
  type ManifestSet,
} from './model-manifests'
import { fileSha256, pullModel, type PullProgress } from './model-pull'

export interface ModelStoreOptions {
  /** Folder of `<capability>/<model>/manifest.json`. */
  modelsDir: string
  /** Pulled models are kept in `<dataDir>/models/<id>/<version>`, added manifests in `<dataDir>/manifests`. */
  dataDir: string
  /** Folder or HTTP base to pull from instead of the manifests' addresses. */
  mirror?: string | undefined
}

/** A version of a model that a manifest describes. */
export interface ModelEntry {
  manifest: Manifest
  /** Whether its weights are committed beside the manifest. */
  starter: boolean
  /** Whether the operator added its manifest; else it came with the product. */
  added: boolean
  /** Whether all of its files are on this machine. Looks at names and sizes only. */
  installed(): boolean
  /** Size of all files; null where it is not known before they are pulled. */
  bytes(): number | null
  files: ModelFiles
}

export interface PullOptions {
  /** Default: the newest. */
  version?: string | undefined
  onProgress?(progress: PullProgress): void
  signal?: AbortSignal | undefined
}

/** The models that this installation knows, and their files. */
export interface ModelStore {
  /**
   * All versions of all models with a valid manifest: of one capability, or of all. The default of a capability comes
   * first. Manifests that were added since are seen, by whichever process.
   */
  list(capability?: string): ModelEntry[]
  /** Manifests that were left out, with the reason. */
  readonly broken: readonly BrokenManifest[]
  /** A model's named version, else its newest that is installed, else its newest. @throws AppError `model_not_found`. */
  get(id: string, version?: string): ModelEntry
  /** As `get`, whether it is installed or not: what `pull` fetches. */
  newest(id: string, version?: string): ModelEntry
  /** The model that a job gets that names none: the first installed one, else the first. Null where there is none. */
  defaultModel(capability: string): ModelEntry | null
  /**
   * Fetches what is missing of a model; resumed after a break, moved into place as a whole.
   * @throws AppError `model_not_found`, `unavailable` (no way to fetch it), `model_corrupt` (wrong bytes), `disk_full`,
   *   `conflict` (another process is fetching it), `canceled`.
   */
  pull(id: string, options?: PullOptions): Promise<void>
  /** Reads every file of a model. Resolves to what is wrong, empty where nothing is. */
  verify(id: string, version?: string): Promise<string[]>
  /**
   * Deletes a model's pulled files, of one version or of all, and its manifest where that was added here.
   * @throws AppError `model_not_found`, `conflict` where there is nothing to delete.
   */
  remove(id: string, version?: string): Promise<void>
  /** Takes a manifest in. @throws AppError `invalid_parameter`, `conflict` where its id and version are taken. */
  add(manifest: unknown): Promise<ModelEntry>
}

export async function createModelStore(options: ModelStoreOptions): Promise<ModelStore> {
  const modelsDataDir = join(resolve(options.dataDir), 'models')
  const folders = createManifestFolders(
    resolve(options.modelsDir),
    join(resolve(options.dataDir), 'manifests'),
  )
  const lock = createModelLock(modelsDataDir)
  let known: { set: ManifestSet; entries: ModelEntry[] } | undefined

  const entries = (): ModelEntry[] => {
    const set = folders.read()
    if (known?.set !== set) {
      known = {
        set,
        entries: set.found.map((found) => createEntry(found, modelsDataDir, lock)).sort(byPreference),
      }
    }
    return known.entries
  }
  const list = (capability?: string) =>
    entries().filter(({ manifest }) => capability === undefined || manifest.capability === capability)

  const versionsOf = (id: string, version?: string): ModelEntry[] => {
    const found = entries().filter(
      ({ manifest }) => manifest.id === id && (version === undefined || manifest.version === version),
    )
    if (found.length > 0) return found
    const name = version === undefined ? `model “${id}”` : `version ${version} of a model “${id}”`
    throw new AppError('model_not_found', { message: `There is no ${name}.`, details: { model: id } })
  }
  const firstInstalled = (candidates: ModelEntry[]) =>
    candidates.find((entry) => entry.installed()) ?? candidates[0]

  return {
    list,
    get broken() {
      return folders.read().broken
    },
    get: (id, version) => firstInstalled(versionsOf(id, version))!,
    newest: (id, version) => versionsOf(id, version)[0]!,
    defaultModel: (capability) => firstInstalled(list(capability)) ?? null,
    async pull(id, { version, ...pullOptions } = {}) {
      const entry = versionsOf(id, version)[0]!
      if (entry.installed()) return
      await pullModel({
        manifest: entry.manifest,
        modelsDataDir,
        lock,
        mirror: options.mirror,
        worksWithout: worksWithout(list(), entry.manifest),
        ...pullOptions,
      })
    },
    async verify(id, version) {
      const { manifest, files } = firstInstalled(versionsOf(id, version))!
      const wrong: string[] = []
      for (const { path } of manifest.files) {
        const at = locate(files, path)
        const { sha256 } = lock.pin(manifest, path)
        if (at === null) wrong.push(`${path} is not installed`)
        else if (sha256 === undefined) wrong.push(`${path} has no known SHA-256`)
        else if ((await fileSha256(at)) !== sha256) wrong.push(`${path} is damaged`)
      }
      return wrong
    },
    async remove(id, version) {
      const removable = versionsOf(id, version).filter(
        (entry) => entry.added || (!entry.starter && entry.installed()),
      )
      if (removable.length === 0) {
        throw new AppError('conflict', {
          message: versionsOf(id, version).some(({ starter }) => starter)
            ? `“${id}” comes with the product and cannot be removed. It can be switched off.`
            : `“${id}” is not installed.`,
        })
      }
      for (const { manifest, added } of removable) {
        await rm(join(modelsDataDir, manifest.id, manifest.version), { recursive: true, force: true })
        if (added) await folders.remove(manifest)
      }
    },
    async add(input) {
      const parsed = manifestSchema.safeParse(input)
      if (!parsed.success) {
        const reasons = parsed.error.issues.map(
          ({ path, message }) => `${path.join('.') || 'manifest'}: ${message}`,
        )
        throw new AppError('invalid_parameter', {
          message: `The manifest is not valid. ${reasons.join('; ')}`,
        })
      }
      const taken = takenBy(folders.read().found, parsed.data)
      if (taken) throw new AppError('conflict', { message: `The manifest was not added: ${taken}.` })
      await folders.add(parsed.data)
      return versionsOf(parsed.data.id, parsed.data.version)[0]!
    },
  }
}

/** What somebody can do who cannot have a model now. */
function worksWithout(all: readonly ModelEntry[], { id, capability }: Manifest): string {
  const installed = all.filter((entry) => entry.installed() && entry.manifest.id !== id)
  const same = unique(
    installed.filter(({ manifest }) => manifest.capability === capability).map(({ manifest }) => manifest.id),
  )
  if (same.length > 0)
    return `Without it, ${capability} works with ${same.map((name) => `“${name}”`).join(', ')}.`
  const others = unique(installed.map(({ manifest }) => manifest.capability))
  const rest = others.length > 0 ? ` What works without it: ${others.join(', ')}.` : ''
  return `No other model for ${capability} is installed.${rest}`
}

function unique(names: string[]): string[] {
  return [...new Set(names)]
}

function locate(files: ModelFiles, path: string): string | null {
  try {
    return files.path(path)
  } catch {
    return null
  }
}

/** Lowest rank first, starters before models that have to be fetched, newest version first. */
function byPreference(a: ModelEntry, b: ModelEntry): number {
  return (
    a.manifest.rank - b.manifest.rank ||
    Number(b.starter) - Number(a.starter) ||
    a.manifest.id.localeCompare(b.manifest.id) ||
    b.manifest.version.localeCompare(a.manifest.version, undefined, { numeric: true })
  )
}

function createEntry(
  { manifest, directory, added }: FoundManifest,
  modelsDataDir: string,
  lock: ModelLock,
): ModelEntry {
  const pulled = join(modelsDataDir, manifest.id, manifest.version)
  const find = (path: string): string | null => {
    if (!manifest.files.some((file) => file.path === path)) return null
    const { bytes } = lock.pin(manifest, path)
    return [directory, pulled].map((folder) => join(folder, path)).find((at) => hasSize(at, bytes)) ?? null
  }
  return {
    manifest,
    added,
    starter: manifest.files.every((file) => hasSize(join(directory, file.path), file.bytes)),
    installed: () => manifest.files.every((file) => find(file.path) !== null),
    bytes: () =>
      manifest.files
        .map((file) => lock.pin(manifest, file.path).bytes)
        .reduce<number | null>((sum, bytes) => (sum === null || bytes === undefined ? null : sum + bytes), 0),
    files: {
      manifest,
      path(file) {
        const found = find(file)
        if (found !== null) return found
        throw new AppError('model_file_missing', {
          message: `The file ${file} of the model “${manifest.id}” is not installed. ${pullHint(manifest)}`,
          details: { model: manifest.id, file },
        })
      },
    },
  }
}

/** How an operator brings a model to this machine. */
export function pullHint({ id, version }: Manifest): string {
  return `The operator can fetch it with: npm run models pull ${id}@${version}`
}

function hasSize(path: string, bytes: number | undefined): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && (bytes === undefined || found.size === bytes)
}
