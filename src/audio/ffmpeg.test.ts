import { access, chmod, copyFile, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  availableFfmpegs,
  decodeWhole,
  makeAudio,
  packagedBinaries,
  sine,
  wavFile,
} from '../../test/fixtures/audio-files'
import { previewOutput } from './encode'
import { createFfmpeg } from './ffmpeg'
import { audioFormats, formatOfFileName } from './formats'
import { frameCount } from './pcm'

const rate = 44_100
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-ffmpeg-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

describe('finding ffmpeg', () => {
  it('takes the configured program first, and says what is wrong with it', () => {
    expect(createFfmpeg(packagedBinaries).binaries).toEqual(packagedBinaries)
    expect(() => createFfmpeg({ ffmpegPath: join(folder, 'nowhere') })).toThrow(/FFMPEG_PATH/)
  })

  it('makes a program executable that was unpacked without the bit', async () => {
    const ffprobePath = join(folder, 'ffprobe')
    await copyFile(packagedBinaries.ffprobePath, ffprobePath)
    await chmod(ffprobePath, 0o644)
    createFfmpeg({ ...packagedBinaries, ffprobePath })
    expect((await stat(ffprobePath)).mode & 0o111).not.toBe(0)
  })
})

describe.each(availableFfmpegs)('%s ffmpeg', (name, ffmpeg) => {
  const at = (file: string) => join(folder, `${name}-${file}`)

  it('tells its version, filters and encoders', async () => {
    const capabilities = await ffmpeg.capabilities()
    expect(capabilities.version).toMatch(/\d/)
    expect([...capabilities.filters]).toEqual(expect.arrayContaining(['aresample', 'loudnorm', 'afftdn']))
    expect([...capabilities.encoders]).toEqual(
      expect.arrayContaining(['flac', 'libmp3lame', 'libopus', 'aac']),
    )
  })

  it.each([1, 2, 3, 6])('keeps every sample of %i channels through FLAC', async (channels) => {
    const frames = 50_001
    const planes = Array.from({ length: channels }, (_, channel) => sine(200 + 100 * channel, frames, rate))
    const source = at(`source-${channels}.wav`)
    const copy = at(`copy-${channels}.flac`)
    await writeFile(source, wavFile(planes, rate))
    const sink = ffmpeg.encode({ outputs: [{ path: copy, format: 'flac' }] })
    const decoded = await ffmpeg.decode(source, { maxSeconds: 60 })
    expect(decoded).toMatchObject({ sampleRateHz: rate, channels })
    sink.begin(decoded.sampleRateHz, decoded.channels)
    for await (const block of decoded.blocks) await sink.write(block)
    expect(await sink.finish()).toEqual([{ path: copy, bytes: (await stat(copy)).size }])
    expect(await decodeWhole(ffmpeg, copy)).toEqual(await decodeWhole(ffmpeg, source))
    await expect(ffmpeg.probe(copy)).resolves.toMatchObject({
      audio: { codec: 'flac', sampleRateHz: rate, channels },
      durationSeconds: expect.closeTo(frames / rate, 4) as number,
    })
  })

  it('writes previews of input and output', async () => {
    const source = at('long.wav')
    makeAudio(['-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-ac', '2', '-t', '40', source])
    const sink = ffmpeg.encode({
      outputs: [{ path: at('main.flac'), format: 'flac' }, previewOutput(at('preview.mp3'), 30)],
    })
    const background = ffmpeg.convert(source, previewOutput(at('input-preview.mp3'), 30), {
      background: true,
    })
    const decoded = await ffmpeg.decode(source, { maxSeconds: 60 })
    sink.begin(decoded.sampleRateHz, decoded.channels)
    for await (const block of decoded.blocks) await sink.write(block)
    await Promise.all([sink.finish(), background])
    for (const path of [at('preview.mp3'), at('input-preview.mp3')]) {
      const info = await ffmpeg.probe(path)
      expect(info).toMatchObject({ container: 'mp3', audio: { channels: 1 } })
      expect(info.durationSeconds).toBeCloseTo(30, 0)
      expect((info.bytes * 8) / info.durationSeconds! / 1000).toBeCloseTo(64, -1)
    }
    expect((await decodeWhole(ffmpeg, at('main.flac')))[1]!.length).toBe(40 * 48_000)
  })

  it('resamples and mixes down while decoding', async () => {
    const source = at('stereo.wav')
    await writeFile(source, wavFile([sine(440, rate, rate), sine(440, rate, rate)], rate))
    const decoded = await ffmpeg.decode(source, { maxSeconds: 60, sampleRateHz: 16_000, channels: 1 })
    let frames = 0
    for await (const block of decoded.blocks) {
      expect(block.channels).toHaveLength(1)
      frames += frameCount(block)
    }
    expect(decoded.sampleRateHz).toBe(16_000)
    expect(Math.abs(frames - 16_000)).toBeLessThanOrEqual(1)
  })

  it('converts to every format', async () => {
    const source = at('convert.wav')
    await writeFile(source, wavFile([sine(440, rate, rate)], rate))
    for (const format of audioFormats) {
      const path = at(`converted.${format}`)
      await ffmpeg.convert(source, { path, format })
      expect(formatOfFileName(path)).toBe(format)
      const { durationSeconds } = await ffmpeg.probe(path)
      expect(durationSeconds).toBeCloseTo(1, 0)
    }
    expect(formatOfFileName('song.exe')).toBeNull()
  })

  it('reports a full disk and leaves nothing behind', async () => {
    const source = at('loud.wav')
    await writeFile(source, wavFile([sine(440, 10 * rate, rate)], rate))
    const full = at('full.wav')
    // The link is removed, the device stays.
    await symlink('/dev/full', full)
    await expect(ffmpeg.convert(source, { path: full, format: 'wav' })).rejects.toMatchObject({
      code: 'disk_full',
    })
    expect(await exists(full)).toBe(false)

    await symlink('/dev/full', full)
    const sink = ffmpeg.encode({
      outputs: [
        { path: full, format: 'wav' },
        { path: at('beside.mp3'), format: 'mp3' },
      ],
    })
    sink.begin(rate, 1)
    const write = async () => {
      for (let round = 0; round < 100; round++) await sink.write({ channels: [sine(440, rate, rate)] })
      await sink.finish()
    }
    await expect(write()).rejects.toMatchObject({ code: 'disk_full' })
    expect([await exists(full), await exists(at('beside.mp3'))]).toEqual([false, false])
    await access('/dev/full')
  })

  it('stops at once when it is canceled', async () => {
    const source = at('endless.flac')
    makeAudio([
      '-f',
      'lavfi',
      '-i',
      'anullsrc=r=8000:cl=mono:n=16384',
      '-t',
      '3600',
      '-frame_size',
      '16384',
      source,
    ])
    const abort = new AbortController()
    const decoded = await ffmpeg.decode(source, { maxSeconds: 3600, signal: abort.signal })
    const sink = ffmpeg.encode({
      outputs: [{ path: at('canceled.flac'), format: 'flac' }],
      signal: abort.signal,
    })
    sink.begin(decoded.sampleRateHz, decoded.channels)
    let canceledAt = 0
    const work = async () => {
      for await (const block of decoded.blocks) {
        await sink.write(block)
        if (!canceledAt) {
          canceledAt = performance.now()
          abort.abort()
        }
      }
    }
    await expect(work()).rejects.toMatchObject({ code: 'canceled' })
    await expect(sink.finish()).rejects.toMatchObject({ code: 'canceled' })
    expect(performance.now() - canceledAt).toBeLessThan(1_000)
    expect((await readdir(folder)).filter((entry) => entry.includes('canceled'))).toEqual([])
    const late = new AbortController()
    late.abort()
    await expect(
      ffmpeg.convert(source, { path: at('late.wav'), format: 'wav' }, { signal: late.signal }),
    ).rejects.toMatchObject({ code: 'canceled' })
    await expect(ffmpeg.probe(source, { signal: late.signal })).rejects.toMatchObject({ code: 'canceled' })
  })

  it('holds the decoder back while the reader is slow', async () => {
    const source = at('waiting.wav')
    makeAudio(['-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '600', source])
    const decoded = await ffmpeg.decode(source, { maxSeconds: 3600 })
    const before = process.memoryUsage().arrayBuffers
    let blocks = 0
    for await (const block of decoded.blocks) {
      expect(frameCount(block)).toBeLessThanOrEqual(16_384)
      if (++blocks === 3) await new Promise((resolve) => setTimeout(resolve, 500))
      if (blocks === 4) break
    }
    // 115 MB of samples are waiting; only what the pipe holds may have come over.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
  })
})
