// Bundles the server's entry points into dist/: one file to read at start instead of hundreds. Packages stay outside.
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const rootDir = path.resolve(import.meta.dirname, '../..')
const outdir = path.join(rootDir, 'dist')

/** Name in dist → source. */
const entryPoints = {
  main: 'src/main.ts',
  'runner-child': 'src/runner/child.ts',
  migrate: 'scripts/db/migrate.ts',
}

if (existsSync(outdir)) rmSync(outdir, { recursive: true })
await build({
  absWorkingDir: rootDir,
  entryPoints,
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
})
