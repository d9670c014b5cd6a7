import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packagedFfmpeg } from '../../test/fixtures/audio-files'
import { noisySpeech } from '../../test/fixtures/recordings'
import { previewOutput } from './encode'
import { mp3Sound } from './mp3-frames'

let folder: string
let preview: Buffer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-mp3-'))
  const source = join(folder, 'source.wav')
  await writeFile(source, noisySpeech({ seconds: 4, sampleRateHz: 24_000 }))
  await packagedFfmpeg.convert(source, previewOutput(join(folder, 'preview.mp3'), 30))
  preview = await readFile(join(folder, 'preview.mp3'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the sound of an mp3', () => {
  it('is as long as the samples that went in, without what the encoder says of the file', () => {
    const { bytes, seconds } = mp3Sound(preview, 60)
    expect(seconds).toBeGreaterThan(3.99)
    expect(seconds).toBeLessThan(4.1)
    expect(bytes.includes('Info') || bytes.includes('Xing') || bytes.includes('ID3')).toBe(false)
  })

  it('is cut between frames, and what is cut plays', async () => {
    const { bytes, seconds } = mp3Sound(preview, 1.5)
    expect(seconds).toBeLessThanOrEqual(1.5)
    expect(seconds).toBeGreaterThan(1.4)
    const path = join(folder, 'cut.mp3')
    await writeFile(path, Buffer.concat([bytes, mp3Sound(preview, 60).bytes]))
    const { durationSeconds } = await packagedFfmpeg.probe(path)
    expect(durationSeconds).toBeCloseTo(seconds + mp3Sound(preview, 60).seconds, 1)
  })

  it('is nothing in a file that holds none', () => {
    expect(mp3Sound(Buffer.from('output of the faulty capability'), 30)).toMatchObject({ seconds: 0 })
    expect(mp3Sound(Buffer.alloc(0), 30).bytes).toHaveLength(0)
  })
})
