import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { loadConfig } from '../../src/config'
import { createModelStore, type ModelEntry, type ModelStore, type PullProgress } from '../../src/inference'
import { toAppError } from '../../src/platform/errors'

const usage = `Usage: npm run models -- <command>

  list            every model, and whether its files are installed
  pull <id>…      fetches the files of models; a broken-off pull goes on where it stopped
  verify [<id>…]  reads the installed files and compares them with the manifests
`

const barWidth = 30

async function main(argv: string[]): Promise<number> {
  const { positionals } = parseArgs({ args: argv, allowPositionals: true, strict: true, options: {} })
  const [command, ...ids] = positionals
  const config = loadConfig()
  const store = await createModelStore({
    modelsDir: join(config.rootDir, 'models'),
    dataDir: config.dataDir,
    mirror: config.TIMBRE_MODEL_MIRROR,
  })
  for (const { path, reason } of store.broken) process.stderr.write(`left out: ${path}: ${reason}\n`)
  if (command === 'list' && ids.length === 0) return list(store)
  if (command === 'pull' && ids.length > 0) return pull(store, ids)
  if (command === 'verify') return verify(store, ids)
  process.stderr.write(usage)
  return 2
}

function list(store: ModelStore): number {
  for (const entry of store.list()) process.stdout.write(`${describe(entry)}\n`)
  return store.broken.length > 0 ? 1 : 0
}

function describe(entry: ModelEntry): string {
  const { id, version, capability, licence, files } = entry.manifest
  const megabytes = files.reduce((sum, file) => sum + file.bytes, 0) / 1e6
  const state = entry.starter ? 'starter' : entry.installed() ? 'installed' : 'not installed'
  const commercial = licence.commercialUse ? '' : ', no commercial use'
  return [
    capability.padEnd(18),
    `${id} ${version}`.padEnd(32),
    `${megabytes.toFixed(1)} MB`.padStart(10),
    `  ${state.padEnd(14)}${licence.spdx}${commercial}`,
  ].join('')
}

async function pull(store: ModelStore, ids: string[]): Promise<number> {
  for (const id of ids) {
    if (store.get(id).installed()) {
      process.stdout.write(`${id} is installed already\n`)
      continue
    }
    await store.pull(id, { onProgress: process.stdout.isTTY ? showBar : undefined })
    process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${id} is installed\n`)
  }
  return 0
}

function showBar({ file, receivedBytes, totalBytes }: PullProgress): void {
  const filled = Math.round((receivedBytes / totalBytes) * barWidth)
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  const megabytes = `${(receivedBytes / 1e6).toFixed(1)} / ${(totalBytes / 1e6).toFixed(1)} MB`
  process.stdout.write(`\r\u001b[K${bar} ${megabytes}  ${file}`)
}

async function verify(store: ModelStore, ids: string[]): Promise<number> {
  const entries =
    ids.length > 0 ? ids.map((id) => store.get(id)) : store.list().filter((entry) => entry.installed())
  let damaged = 0
  for (const { manifest } of entries) {
    const wrong = await store.verify(manifest.id)
    damaged += wrong.length
    process.stdout.write(`${manifest.id}: ${wrong.length === 0 ? 'in order' : wrong.join('; ')}\n`)
  }
  return damaged > 0 ? 1 : 0
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof TypeError ? `${error.message}\n\n${usage}` : toAppError(error).message}\n`,
    )
    process.exitCode = 1
  },
)
