import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findFreePort } from '../support/free-port'

let folder: string
let port: number
let npm: ChildProcess

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-start-'))
  port = await findFreePort()
})

afterEach(() => {
  if (npm.exitCode === null && npm.signalCode === null) process.kill(-(npm.pid ?? 0), 'SIGKILL')
  // The database ends a moment after the server no longer answers.
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
})

/** `npm start` on the build that `npm test` has made. */
async function start(): Promise<void> {
  npm = spawn('npm', ['start'], {
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH,
      HOME: folder,
      PORT: String(port),
      TIMBRE_DATA: folder,
      LOG_LEVEL: 'silent',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  let output = ''
  npm.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  while (!output.includes('ready: ')) {
    if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}:\n${output}`)
    await sleep(50)
  }
}

async function answers(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

async function untilGone(): Promise<void> {
  while (await answers()) await sleep(50)
}

describe('npm start', () => {
  it('serves the page that it prints, and is gone after Ctrl-C', { timeout: 180_000 }, async () => {
    await start()
    const page = await fetch(`http://127.0.0.1:${port}/`)
    expect(page.headers.get('content-type')).toMatch(/text\/html/)
    // A terminal sends the signal to every process of its foreground group.
    process.kill(-(npm.pid ?? 0), 'SIGINT')
    await untilGone()
    expect(await answers()).toBe(false)
  })

  it('is gone when npm alone is told to stop', { timeout: 180_000 }, async () => {
    await start()
    npm.kill('SIGTERM')
    await untilGone()
    expect(await answers()).toBe(false)
  })

  it('is gone when everything that started it is killed', { timeout: 180_000 }, async () => {
    await start()
    process.kill(-(npm.pid ?? 0), 'SIGKILL')
    await untilGone()
    expect(await answers()).toBe(false)
  })
})
