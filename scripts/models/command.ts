import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

import type { ModelEntry, ModelStore, PullProgress } from '../../src/inference'
import { AppError, toAppError } from '../../src/platform/errors'

export interface CommandContext {
  store: ModelStore
  stdout: { write(text: string): unknown; isTTY?: boolean }
  stderr: { write(text: string): unknown }
  /** Ctrl-C. */
  signal: AbortSignal
}

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

/**
 * `npm run models …`
 * @returns The exit code: 0 done, 1 failed or damaged, 2 wrong usage, 130 interrupted.
 */
export async function modelsCommand(argv: string[], context: CommandContext): Promise<number> {
  try {
    return await runCommand(argv, context)
  } catch (error) {
    context.stderr.write(`${context.stdout.isTTY ? '\n' : ''}${reasonOf(error)}\n`)
    return error instanceof AppError && error.code === 'canceled' ? 130 : 1
  }
}

async function runCommand(argv: string[], context: CommandContext): Promise<number> {
  const { positionals } = parseArgs({ args: argv, allowPositionals: true, strict: true, options: {} })
  const [command, ...names] = positionals
  for (const { path, reason } of context.store.broken) {
    context.stderr.write(`left out: ${path}: ${reason}\n`)
  }
  if (command === 'list' && names.length === 0) return list(context)
  if (command === 'pull' && names.length > 0) return pull(context, names.map(parseName))
  if (command === 'verify') return verify(context, names.map(parseName))
  if (command === 'remove' && names.length > 0) return remove(context, names.map(parseName))
  if (command === 'add' && names.length > 0) return add(context, names)
  context.stderr.write(usage)
  return 2
}

function parseName(name: string): Named {
  const [id = '', version] = name.split('@', 2)
  return { id, version }
}

function nameOf({ manifest }: ModelEntry): string {
  return `${manifest.id}@${manifest.version}`
}

function list({ store, stdout }: CommandContext): number {
  const entries = store.list()
  for (const capability of new Set(entries.map(({ manifest }) => manifest.capability))) {
    for (const entry of store.list(capability)) stdout.write(`${describe(entry)}\n`)
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

async function pull({ store, stdout, signal }: CommandContext, names: Named[]): Promise<number> {
  const live = stdout.isTTY === true
  const onProgress = live ? (progress: PullProgress) => stdout.write(barOf(progress)) : undefined
  for (const { id, version } of names) {
    const entry = store.newest(id, version)
    if (entry.installed()) {
      stdout.write(`${nameOf(entry)} is installed already\n`)
      continue
    }
    await store.pull(id, { version, onProgress, signal })
    stdout.write(`${live ? '\r\u001b[K' : ''}${nameOf(entry)} is installed\n`)
  }
  return 0
}

function barOf({ file, receivedBytes, totalBytes }: PullProgress): string {
  const share = totalBytes === null ? 0 : Math.min(1, receivedBytes / totalBytes)
  const filled = Math.round(share * barWidth)
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  const total = totalBytes === null ? '?' : (totalBytes / 1e6).toFixed(1)
  return `\r\u001b[K${bar} ${(receivedBytes / 1e6).toFixed(1)} / ${total} MB  ${file}`
}

async function verify({ store, stdout }: CommandContext, names: Named[]): Promise<number> {
  const entries =
    names.length > 0
      ? names.map(({ id, version }) => store.get(id, version))
      : store.list().filter((entry) => entry.installed())
  let damaged = 0
  for (const entry of entries) {
    const wrong = await store.verify(entry.manifest.id, entry.manifest.version)
    damaged += wrong.length
    stdout.write(`${nameOf(entry)}: ${wrong.length === 0 ? 'in order' : wrong.join('; ')}\n`)
  }
  return damaged > 0 ? 1 : 0
}

async function remove({ store, stdout }: CommandContext, names: Named[]): Promise<number> {
  for (const { id, version } of names) {
    await store.remove(id, version)
    stdout.write(`${version === undefined ? id : `${id}@${version}`} is removed\n`)
  }
  return 0
}

async function add({ store, stdout }: CommandContext, places: string[]): Promise<number> {
  for (const place of places) {
    const entry = await store.add(await readManifest(place))
    const next = entry.installed() ? '' : `; fetch its files with: npm run models pull ${nameOf(entry)}`
    stdout.write(`${nameOf(entry)} is added${next}\n`)
  }
  return 0
}

async function readManifest(place: string): Promise<unknown> {
  const text = place.startsWith('https:') ? await fetchText(place) : await readFile(place, 'utf8')
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
