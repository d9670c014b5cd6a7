import { readdir, readFile } from 'node:fs/promises'

import { afterAll, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg } from '../../../../../test/fixtures/audio-files'
import { createBand } from '../../../../../test/support/background-music'
import { unpackTinyModel } from '../../../../../test/support/tiny-engine'

/* The tiny DiffRhythm that scripts/reference/diffrhythm makes: it has learned nothing, and plays like that. */

const model = unpackTinyModel('diffrhythm')
const files = model.files({ max_frames: 24, channels: 8, known_frames: 6, time_points: 3 })
const band = createBand({ ...files, manifest: { ...files.manifest, sampleRateHz: 44_100 } })

afterAll(async () => {
  await band.release()
  model.remove()
})

const song = ['indie rock, sad', '[00:00.50]Moonlight spills', '[00:03.00]月光 train', '[00:59]Too late']

describe('DiffRhythm', () => {
  it('plays exactly as long as asked, in stereo, at the loudness that was asked for', async () => {
    const fractions: number[] = []
    const { output, details } = await band.play(
      'indie rock, sad',
      { duration_seconds: 5.4321, loudness_lufs: -18 },
      { progress: (_, fraction) => fractions.push(fraction) },
    )
    const frames = Math.round(5.4321 * 44_100)
    expect(output.audio).toEqual({ sampleRateHz: 44_100, channels: 2, frames })
    const planes = await decodeWhole(packagedFfmpeg, output.path)
    expect(planes.map((plane) => plane.length)).toEqual([frames, frames])
    expect(planes[0]).not.toEqual(planes[1])
    expect(Math.abs((details!.loudness_lufs as number) + 18)).toBeLessThan(0.5)
    const peak = planes[0]!.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    expect(peak).toBeLessThan(10 ** (-1 / 20))
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
    expect(details).toMatchObject({ prompt: 'indie rock, sad', moods: ['sad'], lyrics: [], warnings: [] })
  })

  it('sings the lines that have a time, and says what it leaves out', async () => {
    const sung = await band.play(song.join('\n'), { instrumental: false })
    expect(sung.details).toMatchObject({
      prompt: 'indie rock, sad',
      lyrics: [
        { seconds: 0.5, words: 'Moonlight spills' },
        { seconds: 3, words: '月光 train' },
      ],
      warnings: ['1 of 3 lines begin after the end and are left out.', expect.stringContaining('月光')],
    })
    const silent = await band.play(song.join('\n'), {})
    expect(silent.details).toMatchObject({
      lyrics: [],
      warnings: [expect.stringContaining('lyrics are left out')],
    })
    const sounds = [await readFile(sung.output.path), await readFile(silent.output.path)] as const
    expect(sounds[0].equals(sounds[1])).toBe(false)
    const unworded = await band.play('rock', { instrumental: false })
    expect(unworded.details!.warnings).toEqual([expect.stringContaining('nothing to sing')])
  })

  it('is the same for the same seed, another for another', async () => {
    const sound = async (seed: number) => readFile((await band.play('rock', { seed })).output.path)
    const [first, again, other] = [await sound(5), await sound(5), await sound(6)]
    expect(first.equals(again)).toBe(true)
    expect(first.equals(other)).toBe(false)
  })

  it('ends a loop where it begins', async () => {
    const { output } = await band.play('ambient', { loop: true, duration_seconds: 6 })
    const [left] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
    expect(left.length).toBe(264_600)
    const sorted = left
      .slice(1)
      .map((sample, index) => Math.abs(sample - left[index]!))
      .toSorted()
    expect(Math.abs(left[0]! - left.at(-1)!)).toBeLessThan(sorted[Math.floor(0.999 * sorted.length)]!)
  })

  it('stops between two steps when it is canceled, and leaves nothing behind', async () => {
    const abort = new AbortController()
    let canceledAt = 0
    const playing = band.play(
      'rock',
      { duration_seconds: 300 },
      {
        signal: abort.signal,
        progress(_, fraction) {
          if (fraction < 0.02 || abort.signal.aborted) return
          canceledAt = performance.now()
          abort.abort()
        },
      },
    )
    await expect(playing).rejects.toMatchObject({ code: 'canceled' })
    expect(performance.now() - canceledAt).toBeLessThan(1000)
    expect(await readdir(band.outputDir())).toEqual([])
  })

  it('whose options make no sense is said to be damaged', async () => {
    const broken = createBand(model.files({ max_frames: 24, known_frames: 24 }))
    await expect(broken.play('rock', {})).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})
