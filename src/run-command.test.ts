import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { packagedBinaries, packagedFfmpeg, sine, wavFile } from '../test/fixtures/audio-files'
import { runCommand } from './run-command'

let folder: string
let input: string
let stdout: string
let stderr: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-run-'))
  input = join(folder, 'input.wav')
  await writeFile(input, wavFile([sine(440, 48_000, 48_000), sine(220, 48_000, 48_000)], 48_000))
})
beforeEach(() => {
  stdout = ''
  stderr = ''
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function run(...argv: string[]): Promise<number> {
  return runCommand(argv, {
    rootDir: join(import.meta.dirname, '..'),
    dataDir: join(folder, 'data'),
    ffmpegPath: packagedBinaries.ffmpegPath,
    executionProviders: ['cpu'],
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text), isTTY: true },
  })
}

describe('timbre run', () => {
  it('cleans a file with the default model and shows progress', async () => {
    const output = join(folder, 'clean.wav')
    expect(await run('noise-removal', input, '-o', output, '--param', 'strength=0.8')).toBe(0)
    expect(stdout).toMatch(/^clean\.wav: 1\.0 s of audio/)
    expect(stderr).toMatch(/denoise \d+ %/)
    await expect(packagedFfmpeg.probe(output)).resolves.toMatchObject({
      container: 'wav',
      durationSeconds: 1,
      audio: { channels: 2, sampleRateHz: 48_000 },
    })
    expect((await readdir(folder)).filter((name) => name.startsWith('.timbre-'))).toEqual([])
  })

  it('explains itself', async () => {
    expect(await run('--help')).toBe(0)
    expect(stdout).toMatch(/Usage: timbre run[\s\S]*noise-removal[\s\S]*--param strength=…/)
  })

  it.each([
    [[], /a capability and an input file/],
    [['noise-removal', 'IN'], /an output file is needed/],
    [['noise-removal', 'IN', '-o', 'OUT.txt'], /must end in \.flac/],
    [['noise-removal', 'IN', '-o', 'OUT.wav', '--volume', '3'], /--volume/],
    [['noise-removal', 'IN', 'extra', '-o', 'OUT.wav'], /unknown argument “extra”/],
    [['noise-removal', '/no/such/file', '-o', 'OUT.wav'], /there is no file/],
    [['noise-removal', 'IN', '-o', '/no/such/folder/out.wav'], /there is no folder/],
    [['noise-removal', 'IN', '-o', 'IN'], /the output is the input/],
    [['noise-removal', 'IN', '-o', 'OUT.wav', '--param', 'strength'], /<name>=<value>/],
    [['noise-removal', '-o', 'OUT.wav', '--text', 'Hello'], /takes a recording, not text/],
    [['noise-removal', 'IN', '-o', 'OUT.wav', '--text', 'Hello'], /--text in place of the file/],
    [['noise-removal', 'IN', '-o', 'OUT.wav', '--voice', 'anna=/no/such/file'], /there is no file/],
    [['noise-removal', 'IN', '-o', 'OUT.wav', '--dictionary', 'mine'], /<name>=<file>/],
    [['voice-sample', 'IN', '-o', 'OUT.wav'], /no capability “voice-sample”/],
    [['teleport', 'IN', '-o', 'OUT.wav'], /There are: noise-removal/],
  ])('refuses %j', async (argv, message) => {
    const named = argv.map((argument) => argument.replace(/^IN$/, input).replace(/^OUT/, join(folder, 'out')))
    expect(await run(...named)).toBe(2)
    expect(stderr).toMatch(message)
  })

  it('fails with the reason where the work fails', async () => {
    const text = join(folder, 'text.wav')
    await writeFile(text, 'not a sound')
    const output = join(folder, 'failed.wav')
    expect(await run('noise-removal', text, '-o', output)).toBe(1)
    expect(stderr).toMatch(/The file holds text/)
    expect(await run('noise-removal', input, '-o', output, '--param', 'strength=2')).toBe(1)
    expect(stderr).toMatch(/strength/)
    expect(await run('noise-removal', input, '-o', output, '--model', 'nothing')).toBe(1)
    expect(stderr).toMatch(/no model “nothing”/)
    expect(await readdir(folder)).not.toContain('failed.wav')
  })
})
