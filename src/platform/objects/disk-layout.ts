import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { assertObjectKey } from './object-key'

/**
 * How objects lie in the folder. Content and description are separate files, and only the description is replaced:
 *
 *     objects/uploads/<id>@<uuid>     the content, written once, never changed
 *     objects/uploads/<id>@.json      the description, which names the content that counts
 *     temporary/<uuid>                what is being written
 *
 * Renaming the description is therefore the one moment in which an object appears or changes, with content, checksum
 * and type together. `@` cannot occur in keys, so no object's files can be mistaken for another's.
 */
const descriptionSchema = z.object({
  content: z.string(),
  bytes: z.number().int().nonnegative(),
  contentType: z.string(),
  sha256: z.string().length(64),
  lastModified: z.iso.datetime(),
})
export type Description = z.infer<typeof descriptionSchema>

const descriptionSuffix = '@.json'

export interface DiskLayout {
  temporaryPath(): string
  contentPath(key: string, content: string): string
  readDescription(key: string): Promise<Description | null>
  /** Writes a description durably where it does not count yet. */
  draftDescription(draft: string, description: Description): Promise<void>
  /** Makes the object appear or change, durably, together with what was renamed in its folder before. */
  publishDescription(key: string, draft: string): Promise<void>
  removeDescription(key: string): Promise<void>
  /** Keys of objects that begin with `prefix`, in no particular order. */
  keys(prefix: string): AsyncIterable<string>
  /** Paths of files that no description names. */
  unnamedFiles(): AsyncIterable<string>
  objectsFolder: string
  temporaryFolder: string
}

export function createDiskLayout(root: string): DiskLayout {
  const objectsFolder = path.join(root, 'objects')
  const temporaryFolder = path.join(root, 'temporary')

  function at(key: string, suffix: string): string {
    assertObjectKey(key)
    return path.join(objectsFolder, ...key.split('/')) + suffix
  }

  async function readDescription(key: string): Promise<Description | null> {
    const text = await ifThere(readFile(at(key, descriptionSuffix), 'utf8'))
    return text === null ? null : descriptionSchema.parse(JSON.parse(text))
  }

  async function* files(folder: string): AsyncIterable<string> {
    const entries = (await ifThere(readdir(folder, { withFileTypes: true }))) ?? []
    for (const entry of entries) {
      const full = path.join(folder, entry.name)
      if (entry.isDirectory()) yield* files(full)
      else if (entry.isFile()) yield full
    }
  }

  const keyOf = (file: string, suffixAt: number) =>
    path.relative(objectsFolder, file.slice(0, suffixAt)).split(path.sep).join('/')

  return {
    objectsFolder,
    temporaryFolder,
    readDescription,
    temporaryPath: () => path.join(temporaryFolder, randomUUID()),
    contentPath: (key, content) => at(key, `@${content}`),

    async draftDescription(draft, description) {
      const file = await open(draft, 'wx', 0o600)
      try {
        await file.writeFile(JSON.stringify(description))
        await file.sync()
      } finally {
        await file.close()
      }
    },

    async publishDescription(key, draft) {
      const target = at(key, descriptionSuffix)
      await rename(draft, target)
      await syncToDisk(path.dirname(target))
    },

    async removeDescription(key) {
      await rm(at(key, descriptionSuffix), { force: true })
    },

    async *keys(prefix) {
      // Only the folders of the prefix are walked; its last segment may be half of a name.
      const folders = prefix.split('/').slice(0, -1)
      if (folders.length > 0) assertObjectKey(folders.join('/'))
      for await (const file of files(path.join(objectsFolder, ...folders))) {
        if (!file.endsWith(descriptionSuffix)) continue
        const key = keyOf(file, -descriptionSuffix.length)
        if (key.startsWith(prefix)) yield key
      }
    },

    async *unnamedFiles() {
      yield* files(temporaryFolder)
      for await (const file of files(objectsFolder)) {
        const mark = file.lastIndexOf('@')
        if (mark < 0 || file.endsWith(descriptionSuffix)) continue
        const description = await readDescription(keyOf(file, mark))
        if (description?.content !== file.slice(mark + 1)) yield file
      }
    },
  }
}

/** Null instead of ENOENT. */
export async function ifThere<Value>(operation: Promise<Value>): Promise<Value | null> {
  try {
    return await operation
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null
    throw error
  }
}

/** Code of an operating-system error, such as `ENOSPC`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/**
 * Makes what was written into a file, or renamed in a folder, survive a power cut; not every platform lets folders be
 * opened, or files be synced that are open for reading.
 */
export async function syncToDisk(fileOrFolder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(fileOrFolder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function modifiedBefore(file: string, before: Date): Promise<boolean> {
  const found = await ifThere(stat(file))
  return found !== null && found.mtime < before
}
