import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { makeAudio, packagedBinaries, packagedFfmpeg, sine, wavFile } from '../../test/fixtures/audio-files'
import { testManifest, writeModel } from '../../test/fixtures/model-folder'
import { createRunnerPool, type RunnerPool, type RunnerSettings, type RunnerTask } from './index'

let folder: string
let pool: RunnerPool
let settings: RunnerSettings

const entry = join(import.meta.dirname, '../../test/fixtures/runner-child.ts')
const secrets = { DATABASE_URL: 'postgres://user:secret@db', JWT_SECRET: 'secret', S3_SECRET_KEY: 'secret' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-pool-'))
  const modelsDir = join(folder, 'models')
  await writeModel(modelsDir, testManifest())
  await writeModel(modelsDir, testManifest({ id: 'faults', capability: 'faults', engine: 'none' }))
  settings = {
    modelsDir,
    dataDir: join(folder, 'data'),
    binaries: packagedBinaries,
    executionProviders: ['cpu'],
    modelMemoryBytes: 256 * 1024 ** 2,
    warm: ['noise-removal'],
  }
  pool = createRunnerPool({ size: 1, entry, environment: { ...process.env, ...secrets }, settings })
  await pool.ready()
}, 60_000)

afterAll(async () => {
  await pool.close()
  await rm(folder, { recursive: true, force: true })
})

function fault(behaviour: string): RunnerTask {
  return {
    capability: 'faults',
    input: { kind: 'text', text: '' },
    parameters: { behaviour },
    outputDir: folder,
  }
}

const control = { deadlineMs: 30_000 }

/** Running processes that were given this text as an argument. */
async function commandLinesWith(text: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(
    processes.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => 'has ended')),
  )
  return lines.filter((line) => line.includes(text))
}

async function elapsedMs(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work
  return performance.now() - startedAt
}

describe('runner pool', () => {
  it('loads the default models ahead of the first task', () => {
    expect(pool.usage()[0]).toMatchObject({ models: [{ id: 'test-model', users: 0, provider: 'cpu' }] })
    expect(pool.usage()[0]!.rssBytes).toBeGreaterThan(0)
  })

  it('runs a task from file to file', async () => {
    const input = join(folder, 'input.wav')
    const outputDir = await mkdtemp(join(folder, 'out-'))
    await writeFile(input, wavFile([sine(440, 44_100, 44_100), sine(660, 44_100, 44_100)], 44_100))
    const stages: string[] = []
    const result = await pool.run(
      { capability: 'noise-removal', input: { kind: 'audio', path: input }, parameters: {}, outputDir },
      { ...control, onProgress: ({ stage }) => stages.push(stage) },
    )
    expect(result.output).toMatchObject({
      audio: { frames: 44_100, sampleRateHz: 44_100, channels: 2 },
      durationSeconds: 1,
    })
    expect(await packagedFfmpeg.probe(result.output.path)).toMatchObject({
      container: 'flac',
      durationSeconds: 1,
    })
    expect((await readdir(outputDir)).sort()).toEqual(['input-preview.mp3', 'output.flac', 'preview.mp3'])
    expect(stages).toContain('denoise')
  })

  it('passes on errors with code and message', async () => {
    const path = join(folder, 'empty.wav')
    await writeFile(path, '')
    const outputDir = await mkdtemp(join(folder, 'out-'))
    const task = {
      capability: 'noise-removal',
      input: { kind: 'audio', path } as const,
      parameters: {},
      outputDir,
    }
    await expect(pool.run(task, control)).rejects.toMatchObject({
      code: 'invalid_media',
      message: expect.stringContaining('empty') as string,
    })
    expect(await readdir(outputDir)).toEqual([])
    await expect(pool.run({ ...task, parameters: { strength: 2 } }, control)).rejects.toMatchObject({
      code: 'invalid_parameter',
    })
    await expect(pool.run(fault('throw'), control)).rejects.toMatchObject({ code: 'internal' })
  })

  it('passes no secrets to its processes', async () => {
    const error = (await pool.run(fault('environment'), control).catch((reason: unknown) => reason)) as Error
    const seen = (error.cause as Error).message
    expect(seen).toContain('PATH')
    for (const [name, value] of Object.entries(secrets)) {
      expect(seen).not.toContain(name)
      expect(seen).not.toContain(value)
    }
  })

  it.each([
    ['segfault', { signal: 'SIGSEGV' }],
    ['exit', { exit_code: 7 }],
    ['exhaust-memory', { signal: 'SIGABRT' }],
  ])(
    'survives a crash by %s and goes on with a fresh process',
    async (behaviour, details) => {
      await expect(pool.run(fault(behaviour), control)).rejects.toMatchObject({
        code: 'runner_crashed',
        details: expect.objectContaining(details) as object,
      })
      await expect(pool.run(fault('none'), control)).resolves.toMatchObject({ inputSeconds: 0 })
    },
    60_000,
  )

  it.each(['wait', 'block'])('cancels a task that does %s in less than two seconds', async (behaviour) => {
    const abort = new AbortController()
    const task = pool.run(fault(behaviour), {
      ...control,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    })
    await pool.ready()
    await new Promise((resolve) => abort.signal.addEventListener('abort', resolve))
    const durationMs = await elapsedMs(expect(task).rejects.toMatchObject({ code: 'canceled' }))
    expect(durationMs).toBeLessThan(2_000)
    await expect(pool.run(fault('none'), control)).resolves.toBeDefined()
  })

  it('cancels a task that is waiting for its turn', async () => {
    const running = new AbortController()
    const queued = new AbortController()
    const first = pool.run(fault('wait'), { ...control, signal: running.signal })
    const second = pool.run(fault('none'), { ...control, signal: queued.signal })
    expect(pool.load()).toEqual({ running: 1, waiting: 1 })
    queued.abort()
    await expect(second).rejects.toMatchObject({ code: 'canceled' })
    expect(pool.load()).toEqual({ running: 1, waiting: 0 })
    running.abort()
    await expect(first).rejects.toMatchObject({ code: 'canceled' })
  })

  it('goes away with the process that started it', async () => {
    const child = fork(entry, [], {
      execArgv: ['--import', 'tsx'],
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.send({ type: 'init', settings })
    await once(child, 'message')
    const gone = once(child, 'exit')
    child.disconnect()
    await gone
    expect(child.connected).toBe(false)
    expect(() => process.kill(child.pid!, 0)).toThrow(/ESRCH/)
  })

  it.skipIf(!existsSync('/proc'))(
    'takes the processes that a task has started along when it is killed',
    async () => {
      const input = join(folder, 'long.flac')
      makeAudio(['-f', 'lavfi', '-i', 'anullsrc=r=8000:n=16384', '-t', '3600', '-frame_size', '16384', input])
      const outputDir = await mkdtemp(join(folder, 'killed-'))
      const task: RunnerTask = {
        capability: 'noise-removal',
        input: { kind: 'audio', path: input },
        parameters: {},
        outputDir,
      }
      await expect(pool.run(task, { deadlineMs: 800 })).rejects.toMatchObject({ code: 'deadline_exceeded' })
      await vi.waitFor(async () => expect(await commandLinesWith(outputDir)).toEqual([]), { timeout: 5_000 })
    },
  )

  it('ends a task that makes no progress', async () => {
    const task = pool.run(fault('wait'), { deadlineMs: 60_000, stallMs: 300 })
    await expect(task).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: expect.stringMatching(/progress/) as string,
    })
  })

  it('ends a task at its deadline', async () => {
    let startedAt = 0
    const task = pool.run(fault('block'), {
      deadlineMs: 300,
      onProgress: () => (startedAt = performance.now()),
    })
    await expect(task).rejects.toMatchObject({ code: 'deadline_exceeded' })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    await expect(pool.run(fault('none'), control)).resolves.toBeDefined()
  })
})
