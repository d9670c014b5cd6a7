import { existsSync, statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { AppError } from '../platform/errors'
import type { ModelFiles } from './engine'
import { manifestSchema, type Manifest } from './manifest'
import { fileSha256, pullModel, type PullProgress } from './model-pull'

export interface ModelStoreOptions {
  /** Folder of `<capability>/<model>/manifest.json`. */
  modelsDir: string
  /** Pulled models are kept in `<dataDir>/models/<id>/<version>`. */
  dataDir: string
  /** Folder or HTTP base to pull from instead of the manifests' addresses. */
  mirror?: string
}

/** A model that a manifest describes. */
export interface ModelEntry {
  manifest: Manifest
  /** Whether its weights are committed beside the manifest. */
  starter: boolean
  /** Whether all of its files are on this machine. Looks at names and sizes only. */
  installed(): boolean
  files: ModelFiles
}

export interface PullOptions {
  onProgress?(progress: PullProgress): void
  signal?: AbortSignal
}

/** The models that this installation knows, and their files. */
export interface ModelStore {
  /** All models with a valid manifest: of one capability, or of all. The default of a capability comes first. */
  list(capability?: string): ModelEntry[]
  /** Manifests that were left out, with the reason. */
  broken: { path: string; reason: string }[]
  /** @throws AppError `model_not_found`. */
  get(id: string, version?: string): ModelEntry
  /** The model that a job gets that names none: the first installed one, else the first. Null where there is none. */
  defaultModel(capability: string): ModelEntry | null
  /**
   * Fetches what is missing of a model; resumed after a break, moved into place as a whole.
   * @throws AppError `model_not_found`, `unavailable` (no way to fetch it), `model_corrupt` (wrong bytes), `disk_full`.
   */
  pull(id: string, options?: PullOptions): Promise<void>
  /** Reads every file of a model. Resolves to what is wrong, empty where nothing is. */
  verify(id: string): Promise<string[]>
}

/** Reads all manifests. A broken one is reported and left out, so that it cannot take the others down. */
export async function createModelStore(options: ModelStoreOptions): Promise<ModelStore> {
  const { entries, broken } = await readManifests(options)

  const get = (id: string, version?: string): ModelEntry => {
    const found = entries.find(
      ({ manifest }) => manifest.id === id && (version === undefined || manifest.version === version),
    )
    if (found) return found
    throw new AppError('model_not_found', { message: `There is no model “${id}”.`, details: { model: id } })
  }
  const list = (capability?: string) =>
    entries.filter(({ manifest }) => capability === undefined || manifest.capability === capability)

  return {
    list,
    broken,
    get,
    defaultModel(capability) {
      const candidates = list(capability)
      return candidates.find((entry) => entry.installed()) ?? candidates[0] ?? null
    },
    async pull(id, pullOptions = {}) {
      const entry = get(id)
      if (entry.installed()) return
      await pullModel({
        manifest: entry.manifest,
        modelsDataDir: join(options.dataDir, 'models'),
        mirror: options.mirror,
        ...pullOptions,
      })
    },
    async verify(id) {
      const { manifest, files } = get(id)
      const wrong: string[] = []
      for (const file of manifest.files) {
        const path = locate(files, file.path)
        if (path === null) wrong.push(`${file.path} is not installed`)
        else if ((await fileSha256(path)) !== file.sha256) wrong.push(`${file.path} is damaged`)
      }
      return wrong
    },
  }
}

function locate(files: ModelFiles, path: string): string | null {
  try {
    return files.path(path)
  } catch {
    return null
  }
}

async function readManifests(options: ModelStoreOptions) {
  const entries: ModelEntry[] = []
  const broken: { path: string; reason: string }[] = []
  for (const directory of await manifestDirectories(options.modelsDir)) {
    const path = join(directory, 'manifest.json')
    try {
      const manifest = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')))
      const twin = entries.find(
        (entry) => entry.manifest.id === manifest.id && entry.manifest.version === manifest.version,
      )
      if (twin)
        throw new Error(`the id ${manifest.id}, version ${manifest.version}, is taken by another manifest`)
      entries.push(createEntry(manifest, directory, options.dataDir))
    } catch (error) {
      broken.push({ path, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { entries: entries.sort(byPreference), broken }
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

async function manifestDirectories(modelsDir: string): Promise<string[]> {
  const found: string[] = []
  for (const capability of await subdirectories(modelsDir)) {
    for (const model of await subdirectories(capability)) {
      if (existsSync(join(model, 'manifest.json'))) found.push(model)
    }
  }
  return found
}

async function subdirectories(path: string): Promise<string[]> {
  if (!existsSync(path)) return []
  const children = await readdir(path, { withFileTypes: true })
  return children.filter((child) => child.isDirectory()).map((child) => resolve(path, child.name))
}

function createEntry(manifest: Manifest, directory: string, dataDir: string): ModelEntry {
  const pulled = join(resolve(dataDir), 'models', manifest.id, manifest.version)
  const find = (path: string): string | null => {
    const bytes = manifest.files.find((file) => file.path === path)?.bytes
    if (bytes === undefined) return null
    return [directory, pulled].map((folder) => join(folder, path)).find((at) => hasSize(at, bytes)) ?? null
  }
  return {
    manifest,
    starter: manifest.files.every((file) => hasSize(join(directory, file.path), file.bytes)),
    installed: () => manifest.files.every((file) => find(file.path) !== null),
    files: {
      manifest,
      path(file) {
        const found = find(file)
        if (found !== null) return found
        throw new AppError('model_file_missing', {
          message: `The file ${file} of the model “${manifest.id}” is not installed. Run: npm run models -- pull ${manifest.id}`,
          details: { model: manifest.id, file },
        })
      },
    },
  }
}

function hasSize(path: string, bytes: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && found.size === bytes
}
