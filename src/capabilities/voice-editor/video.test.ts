import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { availableFfmpegs, decodeWhole, makeAudio, packagedFfmpeg } from '../../../test/fixtures/audio-files'
import { ask, runEditor } from '../../../test/support/voice-editor'

const frameRate = 25
const seconds = 6

let folder: string
let outputDir: string

/**
 * A film whose sound tells the time: in every second the picture is white and a tone sounds for 0.2 s, from the whole
 * second on; else it is black and still.
 */
function makeFilm(path: string, codecs: string[], extra: string[] = []): void {
  makeAudio([
    ...['-f', 'lavfi', '-i', `color=black:s=64x48:r=${frameRate}:d=${seconds}`],
    ...['-f', 'lavfi', '-i', `aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.2)':s=48000:d=${seconds}`],
    ...['-vf', "drawbox=c=white:t=fill:enable='lt(mod(t,1),0.199)'", ...extra, ...codecs, path],
  ])
}

const h264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-film-'))
  makeFilm(join(folder, 'film.mp4'), h264)
  makeFilm(join(folder, 'film.mov'), h264)
  makeFilm(join(folder, 'film.mkv'), ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le'])
  makeFilm(join(folder, 'film.webm'), ['-c:v', 'libvpx', '-c:a', 'libopus'])
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The picture's coded packets, whatever container they are in. */
function pictureHash(path: string): string {
  return createHash('md5')
    .update(
      ask(['-i', path, '-map', '0:v:0', '-c', 'copy', '-f', 'framecrc', '-bitexact', '-'])
        .toString()
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .map((line) => line.split(',').slice(-2).join())
        .join('\n'),
    )
    .digest('hex')
}

/** When the picture becomes white, in seconds, to 5 milliseconds. */
function flashes(path: string): number[] {
  const picture = ['-vf', 'scale=1:1,format=gray', '-r', '200', '-vsync', 'cfr', '-f', 'rawvideo', '-']
  const brightness = [...ask(['-i', path, '-map', '0:v:0', ...picture])]
  return brightness.flatMap((value, n) => (value > 120 && (brightness[n - 1] ?? 0) < 120 ? [n / 200] : []))
}

/** When the tone sets in, in seconds. */
async function tones(path: string): Promise<number[]> {
  const wav = join(folder, 'tones.wav')
  makeAudio(['-i', path, '-map', '0:a:0', '-af', 'aresample=async=1:first_pts=0', wav])
  const [samples] = (await decodeWhole(packagedFfmpeg, wav)) as [Float32Array]
  const found: number[] = []
  for (let n = 0, quiet = 4_800; n < samples.length; n++) {
    if (Math.abs(samples[n]!) < 0.1) quiet += 1
    else {
      if (quiet > 2_400) found.push(n / 48_000)
      quiet = 0
    }
  }
  return found
}

function expectTogether(pictures: number[], sounds: number[]): void {
  expect(pictures).toHaveLength(sounds.length)
  pictures.forEach((time, index) => expect(Math.abs(time - sounds[index]!)).toBeLessThan(1 / frameRate))
}

describe('films', () => {
  it.each([
    ['mp4', 'video/mp4', 'mp4'],
    ['mov', 'video/mp4', 'mp4'],
    ['mkv', 'video/mp4', 'mp4'],
    ['webm', 'video/webm', 'webm'],
  ])('keep the picture of %s as it is where sound is muted', async (extension, contentType, container) => {
    const path = join(folder, `film.${extension}`)
    const parameters = { ranges: [{ start: 1.9, end: 3.5 }] }
    const { output, artifacts } = await runEditor({ path, outputDir, parameters })
    expect(output).toMatchObject({ kind: 'video', contentType })
    expect(output.path.endsWith(`.${container}`)).toBe(true)
    expect(output.durationSeconds).toBeCloseTo(seconds, 1)
    expect(pictureHash(output.path)).toBe(pictureHash(path))
    expectTogether(
      flashes(output.path).filter((_, n) => n !== 2 && n !== 3),
      await tones(output.path),
    )
    expect((await readdir(outputDir)).sort()).toEqual(
      ['edits.json', output.path.split('/').at(-1), 'output.flac'].sort(),
    )
    expect(artifacts.map(({ name }) => name)).toEqual(['audio.flac', 'edits.json'])
  })

  it.each(availableFfmpegs)(
    'lose the picture of what is cut, in step with the sound (%s ffmpeg)',
    async (_, ffmpeg) => {
      for (const extension of ['mp4', 'webm']) {
        const path = join(folder, `film.${extension}`)
        const ranges = [
          { start: 1.513, end: 2.777 },
          { start: 4.39, end: 4.607 },
        ]
        const { output } = await runEditor({
          path,
          outputDir,
          ffmpeg,
          model: 'mute2',
          parameters: { ranges },
        })
        expect(output).toMatchObject({ kind: 'video', contentType: 'video/mp4' })
        const removed = 1.264 + 0.217
        expect(output.durationSeconds).toBeCloseTo(seconds - removed, 1)
        const pictures = flashes(output.path)
        expectTogether(pictures, await tones(output.path))
        const expected = [0, 1, 3 - 1.264, 4 - 1.264, 5 - removed]
        pictures.forEach((time, index) =>
          expect(Math.abs(time - expected[index]!)).toBeLessThan(1 / frameRate),
        )
      }
    },
  )

  it('hold their sync where the sound begins late', async () => {
    const path = join(folder, 'late.mkv')
    makeAudio(
      ['-i', join(folder, 'film.mkv'), '-itsoffset', '0.5', '-i', join(folder, 'film.mkv')].concat([
        '-map',
        '0:v',
        '-map',
        '1:a',
        '-c',
        'copy',
        path,
      ]),
    )
    for (const model of ['mute1', 'mute2'] as const) {
      const parameters = { ranges: [{ start: 2.8, end: 3.3 }] }
      const { output } = await runEditor({ path, outputDir, model, parameters })
      const pictures = flashes(output.path)
      const sounds = await tones(output.path)
      const shift = model === 'mute1' ? 0 : 0.5
      expect(sounds[0]).toBeCloseTo(0.5, 1)
      expect(sounds.at(-1)).toBeCloseTo(5.5 - shift, 1)
      expect(pictures.at(-1)).toBeCloseTo(5 - shift, 1)
    }
  })

  it('may have odd sides, and many cuts', async () => {
    const path = join(folder, 'odd.mkv')
    makeFilm(path, ['-c:v', 'ffv1', '-c:a', 'flac'], ['-s', '63x47'])
    const ranges = Array.from({ length: 50 }, (_, n) => ({ start: n / 10 + 0.02, end: n / 10 + 0.05 }))
    const { output } = await runEditor({ path, outputDir, model: 'mute2', parameters: { ranges } })
    expect(output.durationSeconds).toBeCloseTo(seconds - 1.5, 2)
    expect(flashes(output.path).length).toBeGreaterThan(4)
  })

  it('give clips in a dry run, and nothing else', async () => {
    const path = join(folder, 'film.mp4')
    const { output, artifacts } = await runEditor({
      ...{ path, outputDir },
      parameters: { ranges: [{ start: 1, end: 2 }], dry_run: true },
    })
    expect(output.kind).toBe('data')
    expect(artifacts.map(({ name }) => name)).toEqual(['range-1000-2000.mp3'])
    expect((await readdir(outputDir)).sort()).toEqual(['hits.json', 'range-1000-2000.mp3'])
  })

  it('are still refused by whoever does not ask for them, and without sound', async () => {
    await expect(packagedFfmpeg.probe(join(folder, 'film.mp4'))).rejects.toMatchObject({
      code: 'unsupported_media',
    })
    expect((await packagedFfmpeg.probe(join(folder, 'film.mp4'), { video: true })).video).toEqual({
      codec: 'h264',
      frameRate: '25/1',
    })
    const silent = join(folder, 'silent.mp4')
    makeAudio(['-i', join(folder, 'film.mp4'), '-an', '-c', 'copy', silent])
    await expect(
      runEditor({ path: silent, outputDir, parameters: { ranges: [{ start: 1, end: 2 }] } }),
    ).rejects.toMatchObject({ code: 'unsupported_media' })
  })

  it('leave nothing behind when they are canceled while the picture is written', async () => {
    const abort = new AbortController()
    const progress = (stage: string) => {
      if (stage === 'write-video') abort.abort()
    }
    await expect(
      runEditor({
        ...{ path: join(folder, 'film.mp4'), outputDir, model: 'mute2', progress, signal: abort.signal },
        parameters: { ranges: [{ start: 1, end: 2 }] },
      }),
    ).rejects.toMatchObject({ code: 'canceled' })
    expect((await readdir(outputDir)).filter((name) => !name.startsWith('output.flac'))).toEqual([])
  })
})
