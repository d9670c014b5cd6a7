import { readdir, readFile } from 'node:fs/promises'

import { afterAll, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg } from '../../../../../test/fixtures/audio-files'
import { createBand } from '../../../../../test/support/background-music'
import { unpackTinyModel } from '../../../../../test/support/tiny-engine'

/* The tiny MusicGen that scripts/reference/musicgen makes: it has learned nothing, and plays like that. */

const model = unpackTinyModel('musicgen')
// Windows that are short enough to be left within a test.
const band = createBand(model.files({ window_seconds: 1.2, stride_seconds: 0.8 }))

afterAll(async () => {
  await band.release()
  model.remove()
})

describe('MusicGen', () => {
  it('plays exactly as long as asked, in stereo, at the loudness that was asked for', async () => {
    const fractions: number[] = []
    const { output, details, artifacts, report } = await band.play(
      'calm piano',
      { duration_seconds: 5.4321, loudness_lufs: -18, fade_in: 1, fade_out: 1 },
      { progress: (_, fraction) => fractions.push(fraction) },
    )
    const frames = Math.round(5.4321 * 32_000)
    expect(output.audio).toEqual({ sampleRateHz: 32_000, channels: 2, frames })
    const planes = await decodeWhole(packagedFfmpeg, output.path)
    expect(planes.map((plane) => plane.length)).toEqual([frames, frames])
    expect(planes[0]).toEqual(planes[1])
    expect(Math.abs((details!.loudness_lufs as number) + 18)).toBeLessThan(0.5)
    const peak = planes[0]!.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    expect(peak).toBeLessThan(10 ** (-1 / 20))
    const loudest = (from: number) => Math.max(...planes[0]!.slice(from, from + 320).map(Math.abs))
    expect(Math.max(loudest(0), loudest(frames - 320))).toBeLessThan(0.01 * peak)
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
    // Progress comes with every frame of codes, fifty of them a second.
    expect(fractions.filter((fraction) => fraction < 0.7).length).toBeGreaterThan(5 * 50)
    expect(artifacts).toEqual([])
    expect(report).toMatchObject({ provider: 'cpu', model: { id: 'tiny-musicgen' } })
    expect(details).toMatchObject({ prompt: 'calm piano', moods: ['calm'], seed: 1, warnings: [] })
  })

  it('is the same for the same seed, another for another', async () => {
    const sound = async (seed: number) => readFile((await band.play('rock', { seed })).output.path)
    const [first, again, other] = [await sound(5), await sound(5), await sound(6)]
    expect(first.equals(again)).toBe(true)
    expect(first.equals(other)).toBe(false)
  })

  it('is told the parameters in words, and what it cannot keep to is said', async () => {
    const { details } = await band.play('', {
      ...{ genre: 'lo-fi', mood: 'sad', bpm: 80, key: 'a minor', instruments: ['electric-piano'] },
      ...{ intensity: 'build', opening: 'hook', stems: true, instrumental: false },
    })
    expect(details!.prompt).toBe('lo fi, sad, with electric piano, 80 bpm, in A minor')
    expect(details!.warnings).toEqual([
      'Tiny is told the tempo, the key and the instruments in words, and does not always keep to such words.',
      'Tiny knows nothing of “intensity” and “opening”.',
      'Tiny gives neither stems nor MIDI.',
      'Tiny cannot sing: the music is instrumental.',
    ])
    const nothing = await band.play('  ', {})
    expect(nothing.details!.warnings).toEqual([expect.stringContaining('The description is empty')])
  })

  it('ends a loop where it begins', async () => {
    const { output, details } = await band.play('ambient', { loop: true, duration_seconds: 6 })
    const [left] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
    expect(left.length).toBe(192_000)
    const steps = left.slice(1).map((sample, index) => Math.abs(sample - left[index]!))
    const sorted = steps.toSorted()
    expect(Math.abs(left[0]! - left.at(-1)!)).toBeLessThan(sorted[Math.floor(0.999 * sorted.length)]!)
    expect(details!.warnings).toEqual([expect.stringContaining('crossfade')])
  })

  it('stops soon when it is canceled, and leaves nothing behind', async () => {
    const abort = new AbortController()
    let canceledAt = 0
    const playing = band.play(
      'rock',
      { duration_seconds: 300 },
      {
        signal: abort.signal,
        progress(_, fraction) {
          if (fraction < 0.01 || abort.signal.aborted) return
          canceledAt = performance.now()
          abort.abort()
        },
      },
    )
    await expect(playing).rejects.toMatchObject({ code: 'canceled' })
    expect(performance.now() - canceledAt).toBeLessThan(1000)
    expect(await readdir(band.outputDir())).toEqual([])
  })

  it('whose files are those of something else is said to be damaged', async () => {
    const files = model.files({ window_seconds: -1 })
    const broken = createBand({ ...files, manifest: { ...files.manifest, id: 'broken' } })
    await expect(broken.play('rock', {})).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})
