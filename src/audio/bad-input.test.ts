import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { makeAudio, packagedFfmpeg, sine, wavFile } from '../../test/fixtures/audio-files'
import { frameCount } from './pcm'

const ffmpeg = packagedFfmpeg
const rate = 16_000
let folder: string
let canary: Server
let canaryUrl: string
let connections = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-bad-'))
  await writeFile(join(folder, 'other.wav'), wavFile([sine(440, rate, rate)], rate))
  canary = createServer((_, response) => {
    connections += 1
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => canary.once('listening', resolve))
  canaryUrl = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/other.ts`
})

afterAll(async () => {
  canary.close()
  await rm(folder, { recursive: true, force: true })
})

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

/** Decodes to the end and counts. */
async function decodedFrames(path: string, maxSeconds = 60): Promise<number> {
  const decoded = await ffmpeg.decode(path, { maxSeconds })
  let frames = 0
  for await (const block of decoded.blocks) frames += frameCount(block)
  expect(decoded.framesDecoded()).toBe(frames)
  return frames
}

async function refused(path: string, code: string, message: RegExp): Promise<void> {
  const expected = { code, message: expect.stringMatching(message) as string }
  await expect(ffmpeg.probe(path)).rejects.toMatchObject(expected)
  await expect(decodedFrames(path)).rejects.toMatchObject({ code })
}

describe('files that are not audio', () => {
  it('refuses an empty file', async () => {
    await refused(await file('empty.wav', ''), 'invalid_media', /empty/)
  })

  it('refuses a text file named .wav', async () => {
    await refused(
      await file('text.wav', 'Dear diary, today I recorded nothing.\n'),
      'unsupported_media',
      /text/,
    )
  })

  it('refuses a file that does not exist and a folder', async () => {
    await refused(join(folder, 'missing.wav'), 'invalid_media', /opened/)
    await refused(folder, 'invalid_media', /not a file/)
  })

  it.each([
    ['picture.mp3', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /picture/],
    ['document.mp3', Buffer.from('%PDF-1.7\n'), /PDF/],
    ['archive.mp3', Buffer.from('PK\u0003\u0004aaaaaaaa'), /archive/],
    ['noise.bin', Buffer.from('0102030405060708090a0b0c0d0e0f', 'hex'), /not a kind of audio/],
  ])('says what %s is', async (name, content, message) => {
    await refused(await file(name, content), 'unsupported_media', message)
  })

  it('refuses a video and says how to extract its sound', async () => {
    const path = join(folder, 'film.mp4')
    const sources = ['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=5', '-f', 'lavfi', '-i', 'sine']
    makeAudio([...sources, '-t', '1', '-c:v', 'mpeg4', '-c:a', 'aac', path])
    await expect(ffmpeg.probe(path)).rejects.toMatchObject({
      code: 'unsupported_media',
      message: expect.stringMatching(/video.*ffmpeg -i video\.mp4 -vn/) as string,
    })
    const decoded = await ffmpeg.decode(path, { maxSeconds: 60 })
    expect(decoded.claims).toMatchObject({ sound: true, pictures: true })
    await decoded.stop()
  })

  it('refuses a video without sound', async () => {
    const path = join(folder, 'silent.webm')
    makeAudio(['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=5', '-t', '1', '-c:v', 'libvpx', path])
    await refused(path, 'unsupported_media', /video/)
  })

  it('takes music with a cover picture', async () => {
    const picture = join(folder, 'cover.png')
    const path = join(folder, 'song.mp3')
    makeAudio(['-f', 'lavfi', '-i', 'testsrc=size=64x64', '-frames:v', '1', picture])
    makeAudio([
      ...['-f', 'lavfi', '-i', 'sine', '-i', picture, '-map', '0', '-map', '1', '-t', '1'],
      ...['-c:v', 'copy', '-disposition:v', 'attached_pic', '-id3v2_version', '3', path],
    ])
    await expect(ffmpeg.probe(path)).resolves.toMatchObject({ container: 'mp3', audio: { codec: 'mp3' } })
    const decoded = await ffmpeg.decode(path, { maxSeconds: 60 })
    expect(decoded.claims).toMatchObject({ durationSeconds: expect.closeTo(1, 1) as number, sound: true })
    await decoded.stop()
  })
})

describe('files that name other files or addresses', () => {
  const lists = {
    ffconcat: () => `ffconcat version 1.0\nfile ${join(folder, 'other.wav')}\n`,
    m3u8: () =>
      `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${canaryUrl}\n#EXTINF:10,\nother.wav\n#EXT-X-ENDLIST\n`,
    svg: () => `<svg xmlns="http://www.w3.org/2000/svg"><image href="${canaryUrl}"/></svg>`,
    'hls with a byte order mark': () => `\ufeff#EXTM3U\n#EXTINF:10,\n${canaryUrl}\n`,
    dash: () => `<?xml version="1.0"?><MPD><BaseURL>${canaryUrl}</BaseURL></MPD>`,
  }

  describe.each(['mp3', 'wav'])('named .%s', (extension) => {
    it.each(Object.entries(lists))('refuses %s', async (name, content) => {
      const path = await file(`${name.replaceAll(' ', '-')}.${extension}`, content())
      await refused(path, 'unsupported_media', /playlist|list of other files|drawing|text/)
    })
  })

  it.each(Object.entries(lists))('does not follow %s behind an ID3 tag', async (name, content) => {
    const tag = Buffer.from('ID3\u0003\u0000\u0000\u0000\u0000\u0000\u0000', 'latin1')
    const path = await file(
      `tagged-${name.replaceAll(' ', '-')}.mp3`,
      Buffer.concat([tag, Buffer.from(content())]),
    )
    await expect(decodedFrames(path)).rejects.toMatchObject({
      code: expect.stringMatching(/media$/) as string,
    })
  })

  it('opened no connection', () => {
    expect(connections).toBe(0)
  })
})

describe('damaged and lying files', () => {
  it('decodes what there is of a truncated mp3', async () => {
    const whole = join(folder, 'whole.mp3')
    makeAudio(['-f', 'lavfi', '-i', 'sine', '-t', '60', '-b:a', '64k', whole])
    const bytes = await readFile(whole)
    const truncated = await file('truncated.mp3', bytes.subarray(0, bytes.length / 3))
    const frames = await decodedFrames(truncated, 120)
    expect(frames / 44_100).toBeGreaterThan(19)
    expect(frames / 44_100).toBeLessThan(21)
  })

  it('counts the real samples of a WAV whose header claims ten hours', async () => {
    const tenHours = 10 * 3600 * rate * 2
    const path = await file('claims.wav', wavFile([sine(440, rate, rate)], rate, tenHours))
    expect(await decodedFrames(path)).toBe(rate)
    await expect(ffmpeg.assertWithin(path, 60)).resolves.toBeUndefined()
  })

  it('refuses a header without samples', async () => {
    const path = await file('header.wav', wavFile([[]], rate))
    await expect(decodedFrames(path)).rejects.toMatchObject({ code: 'invalid_media' })
  })

  it('refuses a container filled with rubbish', async () => {
    const path = await file('rubbish.flac', Buffer.concat([Buffer.from('fLaC'), Buffer.alloc(50_000, 0xa5)]))
    await refused(path, 'invalid_media', /damaged/)
  })

  it.each([100, 4_000_000_000])('refuses a sample rate of %i Hz', async (sampleRateHz) => {
    const path = await file('rate.wav', wavFile([sine(440, 100, rate)], rate))
    const bytes = await readFile(path)
    bytes.writeUInt32LE(sampleRateHz, 24)
    await writeFile(path, bytes)
    await expect(decodedFrames(path)).rejects.toMatchObject({
      code: expect.stringMatching(/media$/) as string,
    })
  })

  it('takes a file of one second and one of a single frame', async () => {
    expect(await decodedFrames(await file('second.wav', wavFile([sine(440, rate, rate)], rate)))).toBe(rate)
    expect(await decodedFrames(await file('frame.wav', wavFile([[0.5]], rate)))).toBe(1)
  })

  it('is not misled by the name', async () => {
    const path = await file('-i $(reboot);%d.mp3', wavFile([sine(440, rate, rate)], rate))
    await expect(ffmpeg.probe(path)).resolves.toMatchObject({ container: 'wav' })
    expect(await decodedFrames(path)).toBe(rate)
  })
})

describe('a small file that expands to ten hours', () => {
  it('is stopped at the cap, in bounded time', async () => {
    const path = join(folder, 'bomb.flac')
    makeAudio([
      ...['-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono:n=16384', '-t', '36000'],
      ...['-c:a', 'flac', '-compression_level', '0', '-frame_size', '16384'],
      path,
    ])
    expect((await readFile(path)).length).toBeLessThan(8_000_000)
    await expect(ffmpeg.probe(path)).resolves.toMatchObject({ durationSeconds: 36_000 })
    const startedAt = performance.now()
    const decoded = await ffmpeg.decode(path, { maxSeconds: 600 })
    const read = async () => {
      for await (const block of decoded.blocks) expect(frameCount(block)).toBeLessThan(100_000)
    }
    await expect(read()).rejects.toMatchObject({ code: 'media_too_long', details: { max_seconds: 600 } })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(decoded.framesDecoded()).toBeLessThanOrEqual(600 * 8000)
    await expect(ffmpeg.assertWithin(path, 600)).rejects.toMatchObject({ code: 'media_too_long' })
  }, 60_000)
})
