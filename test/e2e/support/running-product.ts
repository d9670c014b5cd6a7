import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const rootDir = path.resolve(import.meta.dirname, '../../..')
const program = path.join(rootDir, 'dist', 'main.js')
const pages = path.join(rootDir, 'build', 'server', 'index.js')
const startLimitMs = 90_000

export interface RunningProduct {
  url: string
  /** Everything the program has written. */
  output(): string
  stop(): Promise<void>
}

/** What the tests need and `npm test` builds; null when it is there. */
export function missingBuild(): string | null {
  const missing = [program, pages].filter((file) => !existsSync(file))
  return missing.length > 0 ? `run "npm run build" first: ${missing.join(', ')}` : null
}

/** The product as a user starts it: the built program with nothing set but a folder of its own and a free port. */
export async function startRunningProduct(environment: Record<string, string> = {}): Promise<RunningProduct> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'timbre-browser-'))
  const child = spawn(process.execPath, [program], {
    cwd: rootDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TIMBRE_DATA: dataDir,
      PORT: '0',
      LOG_LEVEL: 'warn',
      RATE_LIMIT_PER_MINUTE: '100000',
      ...environment,
    },
  })
  const written: string[] = []
  const url = await readyAddress(child, written)
  return {
    url,
    output: () => written.join(''),
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await exited
      }
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function readyAddress(child: ChildProcess, written: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      child.kill('SIGKILL')
      reject(new Error(`${reason}\n${written.join('')}`))
    }
    const timer = setTimeout(() => {
      fail('The product was not ready in time')
    }, startLimitMs)
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`The product ended with ${code}`)
    })
    const read = (chunk: Buffer) => {
      written.push(chunk.toString())
      const address = /^ready: (\S+)$/m.exec(written.join(''))?.[1]
      if (!address) return
      clearTimeout(timer)
      resolve(address)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
  })
}
