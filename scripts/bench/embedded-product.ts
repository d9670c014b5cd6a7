import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { findFreePort } from '../../test/support/free-port'

const rootDir = path.resolve(import.meta.dirname, '../..')

export interface EmbeddedProduct {
  url: string
  process: ChildProcess
  /** Milliseconds from the start of the process until it was ready. */
  readyMs: number
  stop(): Promise<void>
}

/** Builds what has changed and starts the product in the embedded role, as `npm start` does, on a data folder of its own. */
export async function startEmbeddedProduct(
  environment: Record<string, string> = {},
): Promise<EmbeddedProduct> {
  await promisify(execFile)(process.execPath, [path.join(rootDir, 'scripts', 'bootstrap', 'prepare.mjs')])
  const entry = path.join(rootDir, 'dist', 'main.js')
  const dataDir = await mkdtemp(path.join(tmpdir(), 'timbre-bench-'))
  const port = await findFreePort()
  const startedAt = performance.now()
  const child = spawn(process.execPath, [entry], {
    cwd: rootDir,
    env: {
      ...process.env,
      TIMBRE_DATA: dataDir,
      PORT: String(port),
      LOG_LEVEL: 'error',
      RATE_LIMIT_PER_MINUTE: '1000000',
      SIGNUP_FREE_MINUTES: '100000',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('ready: ')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the product ended with ${code}: ${output}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    readyMs: performance.now() - startedAt,
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await exited
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? NaN
}
