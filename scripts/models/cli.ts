import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { loadConfig } from '../../src/config'
import { createModelStore, type ModelEntry, type ModelStore, type PullProgress } from '../../src/inference'
import { AppError, toAppError } from '../../src/platform/errors'

const usage = `Usage: npm run models <command>

  list                      every model, and whether its files are installed
  pull <id>[@version]…      fetches the files of models; a broken-off pull goes on where it stopped
  verify [<id>[@version]…]  reads the installed files and compares them with what they are known to be
  remove <id>[@version]…    deletes what was pulled, and the manifest where it was added here
  add <manifest>…           takes in a manifest, from a file or from an https address

TIMBRE_MODEL_MIRROR names a folder or an HTTP address to pull from instead of the models' public addresses.
Which models are switched on, and which one is the default, is chosen in the admin API.
`

const barWidth = 30
const manifestTimeoutMs = 30_000

/** A model as it is named on the command line. */
interface Named {
  id: string
  version: string | undefined
}

async function main(argv: string[]): Promise<number> {
  const { positionals } = parseArgs({ args: argv, allowPositionals: true, strict: true, options: {} })
  const [command, ...names] = positionals
  const config = loadConfig()
  const store = await createModelStore({
    modelsDir: join(config.rootDir, 'models'),
    dataDir: config.dataDir,
    mirror: config.TIMBRE_MODEL_MIRROR,
  })
  for (const { path, reason } of store.broken) process.stderr.write(`left out: ${path}: ${reason}\n`)
  if (command === 'list' && names.length === 0) return list(store)
  if (command === 'pull' && names.length > 0) return pull(store, names.map(parseName))
  if (command === 'verify') return verify(store, names.map(parseName))
  if (command === 'remove' && names.length > 0) return remove(store, names.map(parseName))
  if (command === 'add' && names.length > 0) return add(store, names)
  process.stderr.write(usage)
  return 2
}

function parseName(name: string): Named {
  const [id = '', version] = name.split('@', 2)
  return { id, version }
}

function nameOf({ manifest }: ModelEntry): string {
  return `${manifest.id}@${manifest.version}`
}

function list(store: ModelStore): number {
  const entries = store.list()
  for (const capability of new Set(entries.map(({ manifest }) => manifest.capability))) {
    for (const entry of store.list(capability)) process.stdout.write(`${describe(entry)}\n`)
  }
  return store.broken.length > 0 ? 1 : 0
}

function describe(entry: ModelEntry): string {
  const { capability, licence } = entry.manifest
  const bytes = entry.bytes()
  const state = entry.starter ? 'starter' : entry.installed() ? 'installed' : 'not installed'
  const commercial = licence.commercialUse ? '' : ', no commercial use'
  const added = entry.added ? ', added here' : ''
  return [
    capability.padEnd(18),
    nameOf(entry).padEnd(36),
    (bytes === null ? '? MB' : `${(bytes / 1e6).toFixed(1)} MB`).padStart(10),
    `  ${state.padEnd(14)}${licence.spdx}${commercial}${added}`,
  ].join(' ')
}

async function pull(store: ModelStore, names: Named[]): Promise<number> {
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  const live = process.stdout.isTTY
  for (const { id, version } of names) {
    const entry = store.newest(id, version)
    if (entry.installed()) {
      process.stdout.write(`${nameOf(entry)} is installed already\n`)
      continue
    }
    await store.pull(id, { version, onProgress: live ? showBar : undefined, signal: interrupted.signal })
    process.stdout.write(`${live ? '\r\u001b[K' : ''}${nameOf(entry)} is installed\n`)
  }
  return 0
}

function showBar({ file, receivedBytes, totalBytes }: PullProgress): void {
  const share = totalBytes === null ? 0 : Math.min(1, receivedBytes / totalBytes)
  const filled = Math.round(share * barWidth)
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  const total = totalBytes === null ? '?' : (totalBytes / 1e6).toFixed(1)
  process.stdout.write(`\r\u001b[K${bar} ${(receivedBytes / 1e6).toFixed(1)} / ${total} MB  ${file}`)
}

async function verify(store: ModelStore, names: Named[]): Promise<number> {
  const entries =
    names.length > 0
      ? names.map(({ id, version }) => store.get(id, version))
      : store.list().filter((entry) => entry.installed())
  let damaged = 0
  for (const entry of entries) {
    const wrong = await store.verify(entry.manifest.id, entry.manifest.version)
    damaged += wrong.length
    process.stdout.write(`${nameOf(entry)}: ${wrong.length === 0 ? 'in order' : wrong.join('; ')}\n`)
  }
  return damaged > 0 ? 1 : 0
}

async function remove(store: ModelStore, names: Named[]): Promise<number> {
  for (const { id, version } of names) {
    await store.remove(id, version)
    process.stdout.write(`${version === undefined ? id : `${id}@${version}`} is removed\n`)
  }
  return 0
}

async function add(store: ModelStore, places: string[]): Promise<number> {
  for (const place of places) {
    const entry = await store.add(await readManifest(place))
    const next = entry.installed() ? '' : `; fetch its files with: npm run models pull ${nameOf(entry)}`
    process.stdout.write(`${nameOf(entry)} is added${next}\n`)
  }
  return 0
}

async function readManifest(place: string): Promise<unknown> {
  const text = /^https:/.test(place) ? await fetchText(place) : await readFile(place, 'utf8')
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new AppError('invalid_parameter', { message: `${place} is no JSON.`, cause })
  }
}

async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(manifestTimeoutMs) })
    if (response.ok) return await response.text()
    throw new AppError('unavailable', {
      message: `${new URL(url).host} answered ${response.status} for ${url}.`,
    })
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('unavailable', {
      message: `${new URL(url).host} does not answer. Download the manifest elsewhere and add the file.`,
      cause,
    })
  }
}

/** What to print: our own words, or the system's on files that cannot be read. */
function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return `${error.message}\n\n${usage}`
  return error instanceof Error && 'syscall' in error ? error.message : toAppError(error).message
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${process.stdout.isTTY ? '\n' : ''}${reasonOf(error)}\n`)
    process.exitCode = error instanceof AppError && error.code === 'canceled' ? 130 : 1
  },
)
