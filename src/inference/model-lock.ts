import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

import { withClaim } from './model-claim'
import type { Manifest } from './manifest'

/** What a file is known to be: from its manifest, else from when it was pulled first. */
export interface FilePin {
  bytes: number | undefined
  sha256: string | undefined
}

const pinSchema = z.object({ bytes: z.int(), sha256: z.string() })
const entrySchema = z.object({ pulled_at: z.string(), files: z.record(z.string(), pinSchema) })
type LockEntry = z.infer<typeof entrySchema>

/** `models.lock.json`: what was pulled, and the size and SHA-256 of every file. */
export interface ModelLock {
  path: string
  /** The manifest's word comes first. */
  pin(manifest: Manifest, file: string): FilePin
  write(manifest: Manifest, files: Record<string, { bytes: number; sha256: string }>): Promise<void>
}

/** @param modelsDataDir Folder that the lock file lies in. */
export function createModelLock(modelsDataDir: string): ModelLock {
  const path = join(modelsDataDir, 'models.lock.json')
  let known: { mtimeMs: number; entries: Record<string, LockEntry> } = { mtimeMs: 0, entries: {} }

  /** Another process may have pulled something since. */
  const entries = (): Record<string, LockEntry> => {
    const mtimeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (mtimeMs !== known.mtimeMs) known = { mtimeMs, entries: readEntries(path) }
    return known.entries
  }

  return {
    path,
    pin(manifest, path) {
      const stated = manifest.files.find((file) => file.path === path)
      const learned = entries()[keyOf(manifest)]?.files[path]
      return { bytes: stated?.bytes ?? learned?.bytes, sha256: stated?.sha256 ?? learned?.sha256 }
    },
    async write(manifest, files) {
      await mkdir(modelsDataDir, { recursive: true })
      await withClaim(`${path}.claim`, { waitMs: 10_000 }, async () => {
        const all = {
          ...readEntries(path),
          [keyOf(manifest)]: { pulled_at: new Date().toISOString(), files },
        }
        await writeFile(`${path}.new`, `${JSON.stringify(all, null, 2)}\n`)
        await rename(`${path}.new`, path)
      })
    },
  }
}

const keyOf = ({ id, version }: Manifest) => `${id}@${version}`

/** Entries of another form pin nothing. */
function readEntries(path: string): Record<string, LockEntry> {
  if (!existsSync(path)) return {}
  const content = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(content).flatMap(([key, value]) => {
      const parsed = entrySchema.safeParse(value)
      return parsed.success ? [[key, parsed.data]] : []
    }),
  )
}
