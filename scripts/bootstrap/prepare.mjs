// `npm run build`: from a fresh clone to a built product, each step only where it is needed. Plain Node without packages,
// because there are none yet.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, generate } from './build.mjs'
import { install } from './install.mjs'
import { endWith } from './report.mjs'
import { checkRequirements } from './requirements.mjs'

export const rootDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** Makes sure of packages and generated code, and, unless told otherwise, of the build. */
export async function prepare({ built = true } = {}) {
  process.chdir(rootDir)
  checkRequirements(rootDir)
  await install(rootDir)
  await generate(rootDir)
  if (built) await build(rootDir)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepare().catch(endWith)
