import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findFreePort } from './free-port'

/** A real S3 server for tests: one that verifies signatures. */
export interface TestS3Server {
  endpoint: string
  region: string
  accessKey: string
  secretKey: string
  stop(): Promise<void>
}

/** Building the server takes two minutes on two free cores, once per machine. */
export const s3StartTimeoutMs = 900_000

const accessKey = 'timbre-test'
const secretKey = 'timbre-test-secret-key'
const region = 'us-east-1'
const serverModule = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'
const cacheFolder = path.join(os.tmpdir(), 'timbre-s3-server')
const cachedBinary = path.join(cacheFolder, 'versitygw')

const given = process.env.S3_TEST_ENDPOINT
const runs = (command: string, argument: string) => spawnSync(command, [argument]).status === 0
const installed = given
  ? null
  : (['minio', 'versitygw'].find((name) => runs(name, '--version')) ??
    (existsSync(cachedBinary) ? cachedBinary : null))

/** Why no S3 server can be had here, as an ending of a test title; null where there is one. */
export const s3ServerMissing: string | null =
  given || installed || runs('go', 'version')
    ? null
    : ' (skipped: needs S3_TEST_ENDPOINT, minio or versitygw on PATH, or Go to build one)'

/**
 * The server that S3_TEST_ENDPOINT, S3_TEST_ACCESS_KEY and S3_TEST_SECRET_KEY name; else one of our own, from a binary
 * on PATH or built with Go.
 */
export async function startS3Server(): Promise<TestS3Server> {
  if (given) {
    return {
      endpoint: given,
      region: process.env.S3_TEST_REGION ?? region,
      accessKey: process.env.S3_TEST_ACCESS_KEY ?? 'minioadmin',
      secretKey: process.env.S3_TEST_SECRET_KEY ?? 'minioadmin',
      stop: () => Promise.resolve(),
    }
  }
  return startOwnServer(installed ?? (await buildServer()))
}

async function startOwnServer(binary: string): Promise<TestS3Server> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-s3-'))
  const port = await findFreePort()
  const child = spawn(binary, serverArguments(binary, folder, port), {
    stdio: 'ignore',
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: accessKey,
      ROOT_SECRET_KEY: secretKey,
      MINIO_ROOT_USER: accessKey,
      MINIO_ROOT_PASSWORD: secretKey,
    },
  })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  await accepts(port, child)
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region,
    accessKey,
    secretKey,
    async stop() {
      process.off('exit', endWithUs)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function serverArguments(binary: string, folder: string, port: number): string[] {
  if (path.basename(binary) === 'minio')
    return ['server', folder, '--quiet', '--address', `127.0.0.1:${port}`]
  const [content, sidecar] = [path.join(folder, 'content'), path.join(folder, 'sidecar')]
  mkdirSync(content)
  mkdirSync(sidecar)
  // Metadata beside the content: not every temporary folder has extended attributes.
  return ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', sidecar, content]
}

/** Test files start at the same time: one builds, the others wait for it. */
async function buildServer(): Promise<string> {
  mkdirSync(cacheFolder, { recursive: true })
  const lock = path.join(cacheFolder, 'building')
  while (!existsSync(cachedBinary)) {
    if (!tryLock(lock)) {
      await sleep(500)
      continue
    }
    try {
      const build = mkdtempSync(path.join(cacheFolder, 'build-'))
      const env = { ...process.env, GOBIN: build, GOFLAGS: '', CGO_ENABLED: '0' }
      await promisify(execFile)('go', ['install', serverModule], {
        env,
        cwd: cacheFolder,
        timeout: s3StartTimeoutMs,
      })
      renameSync(path.join(build, 'versitygw'), cachedBinary)
      rmSync(build, { recursive: true, force: true })
    } finally {
      rmSync(lock, { recursive: true, force: true })
    }
  }
  return cachedBinary
}

function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    const held = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0
    if (held > s3StartTimeoutMs) rmSync(lock, { recursive: true, force: true })
    return false
  }
}

async function accepts(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`The S3 server ended at once with code ${child.exitCode}.`)
    const socket = connect(port, '127.0.0.1')
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (open) return
    await sleep(50)
  }
  throw new Error('The S3 server does not accept connections.')
}

/** A port that nothing listens on at present. */
