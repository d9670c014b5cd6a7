import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { manifestSchema, type Manifest } from './manifest'

/** A manifest and where it was found. */
export interface FoundManifest {
  manifest: Manifest
  directory: string
  /** Whether the operator added it to this installation; else it came with the product. */
  added: boolean
}

export interface BrokenManifest {
  path: string
  reason: string
}

export interface ManifestSet {
  found: FoundManifest[]
  broken: BrokenManifest[]
}

/** The manifests of the product and those that were added to this installation. */
export interface ManifestFolders {
  /** Read again when another process has added or removed one. */
  read(): ManifestSet
  add(manifest: Manifest): Promise<void>
  remove(manifest: Manifest): Promise<void>
}

const fileName = 'manifest.json'

/**
 * @param productDir `<capability>/<model>/manifest.json`, with the weights of starters beside it.
 * @param addedDir `<capability>/<id>/<version>/manifest.json`. Its own time of change says that something changed in it.
 */
export function createManifestFolders(productDir: string, addedDir: string): ManifestFolders {
  let known: { changedMs: number; set: ManifestSet } | undefined

  const changedMs = () => statSync(addedDir, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const placeOf = ({ capability, id, version }: Manifest) => join(addedDir, capability, id, version)
  const touch = () => {
    const now = new Date()
    mkdirSync(addedDir, { recursive: true })
    utimesSync(addedDir, now, now)
    known = undefined
  }

  return {
    read() {
      const nowMs = changedMs()
      if (known?.changedMs !== nowMs) known = { changedMs: nowMs, set: readAll(productDir, addedDir) }
      return known.set
    },
    async add(manifest) {
      const path = join(placeOf(manifest), fileName)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(`${path}.new`, `${JSON.stringify(manifest, null, 2)}\n`)
      await rename(`${path}.new`, path)
      touch()
    },
    async remove(manifest) {
      await rm(placeOf(manifest), { recursive: true, force: true })
      touch()
    },
  }
}

/** A broken manifest is reported and left out, so that it cannot take the others down. */
function readAll(productDir: string, addedDir: string): ManifestSet {
  const set: ManifestSet = { found: [], broken: [] }
  const places = [
    ...manifestPaths(productDir).map((path) => ({ path, added: false })),
    ...manifestPaths(addedDir).map((path) => ({ path, added: true })),
  ]
  for (const { path, added } of places) {
    try {
      const manifest = manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
      const reason = takenBy(set.found, manifest)
      if (reason) throw new Error(reason)
      set.found.push({ manifest, directory: dirname(path), added })
    } catch (error) {
      set.broken.push({ path, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return set
}

/** Why a manifest cannot stand beside those that are there; null where it can. */
export function takenBy(
  found: readonly FoundManifest[],
  { id, version, capability }: Manifest,
): string | null {
  const namesakes = found.filter(({ manifest }) => manifest.id === id)
  if (namesakes.some(({ manifest }) => manifest.version === version)) {
    return `the id ${id}, version ${version}, is taken by another manifest`
  }
  const other = namesakes.find(({ manifest }) => manifest.capability !== capability)
  return other ? `the id ${id} is taken by a model for ${other.manifest.capability}` : null
}

function manifestPaths(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(`/${fileName}`) || path.endsWith(`\\${fileName}`))
    .sort()
    .map((path) => join(directory, path))
}
