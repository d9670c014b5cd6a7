import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** SHA-256 of the names and contents of files and, recursively, folders; what is not there counts as empty. */
export function hashOf(rootDir, sources, isRelevant = () => true) {
  const hash = createHash('sha256')
  const add = (name) => {
    const file = path.join(rootDir, name)
    if (!existsSync(file) || !isRelevant(name)) return
    if (statSync(file).isDirectory()) {
      for (const entry of readdirSync(file).sort()) add(path.join(name, entry))
    } else {
      hash.update(`${name}\0`).update(readFileSync(file)).update('\0')
    }
  }
  for (const source of sources) add(source)
  return hash.digest('hex')
}

/**
 * Does `work` unless its outcome for the same hash is there already. The stamp lies with the outcome, and is taken away
 * before the work begins: an interrupted or removed outcome is made again.
 */
export async function unlessStamped(stampFile, hash, work) {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash) return
  rmSync(stampFile, { force: true })
  await work()
  mkdirSync(path.dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, hash)
}
