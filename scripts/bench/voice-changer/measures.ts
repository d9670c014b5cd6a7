import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createRealFft } from '../../../src/audio/fft-real'
import { trackPitch } from '../../../src/audio/pitch-track'

export const RATE_HZ = 16_000

/** Median pitch in Hz; 0 where there is none. */
export function medianPitch(samples: Float32Array): number {
  const voiced = trackPitch(samples, RATE_HZ)
    .filter((hz) => hz > 0)
    .sort()
  return voiced[voiced.length >> 1] ?? 0
}

const window = 512
const bandCount = 24

/**
 * Mean level of 24 mel bands over the loud frames, in decibels, less their mean: what a voice sounds like on average,
 * by a plain Fourier transform that shares nothing with the changer.
 */
export function meanSpectrum(samples: Float32Array): Float64Array {
  const fft = createRealFft(window)
  const spectrum = new Float64Array(fft.spectrumLength)
  const frame = new Float64Array(window)
  const frames: Float64Array[] = []
  for (let at = 0; at + window <= samples.length; at += window / 2) {
    for (let n = 0; n < window; n++) {
      frame[n] = samples[at + n]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / window))
    }
    fft.forward(frame, spectrum)
    frames.push(melLevels(spectrum))
  }
  const loudness = frames.map((levels) => levels.reduce((sum, db) => sum + db, 0))
  const sorted = [...loudness].sort((a, b) => b - a)
  const threshold = sorted[sorted.length >> 1] ?? 0
  const loud = frames.filter((_, index) => loudness[index]! >= threshold)
  const mean = new Float64Array(bandCount).map(
    (_, band) => loud.reduce((sum, levels) => sum + levels[band]!, 0) / loud.length,
  )
  const level = mean.reduce((sum, db) => sum + db, 0) / bandCount
  return mean.map((db) => db - level)
}

function melLevels(spectrum: Float64Array): Float64Array {
  const mel = (hz: number) => 2595 * Math.log10(1 + hz / 700)
  const powers = new Float64Array(bandCount).fill(1e-9)
  for (let bin = 2; bin < window / 2; bin++) {
    const place = (mel((bin * RATE_HZ) / window) / mel(RATE_HZ / 2)) * bandCount
    powers[Math.min(bandCount - 1, Math.floor(place))]! +=
      spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
  }
  return powers.map((power) => 10 * Math.log10(power))
}

/** Root mean square difference of two mean spectra, in decibels. */
export function spectrumDistance(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(a.reduce((sum, db, band) => sum + (db - b[band]!) ** 2, 0) / a.length)
}

/** By how many milliseconds the levels of one recording lie behind those of the other. */
export function delayMs(changed: Float32Array, original: Float32Array): number {
  const step = RATE_HZ / 1000
  const levels = (samples: Float32Array) =>
    Float64Array.from({ length: Math.floor(samples.length / step) - 10 }, (_, at) => {
      let sum = 1e-6
      for (let n = at * step; n < (at + 10) * step; n++) sum += samples[n]! ** 2
      return Math.log(sum)
    })
  const [a, b] = [levels(changed), levels(original)]
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let best = 0
  let most = -Infinity
  for (let lag = -60; lag <= 60; lag++) {
    let sum = 0
    for (let at = 60; at < b.length - 60; at++) sum += (a[at + lag]! - meanA) * (b[at]! - meanB)
    if (sum > most) {
      most = sum
      best = lag
    }
  }
  return best
}

/** Seconds of processor time of a program, with all that it starts. */
export function cpuSecondsOf(command: string): number {
  const output = execFileSync('bash', ['-c', `${command} > /dev/null 2>&1; times`]).toString()
  const [user = 0, system = 0] = (output.trim().split('\n')[1] ?? '').split(' ').map((time) => {
    const [, minutes, seconds] = /(\d+)m([\d.]+)s/.exec(time) ?? []
    return Number(minutes) * 60 + Number(seconds)
  })
  return user + system
}

/** Calls back with a WAV file of the samples, which is gone afterwards. */
export async function withWav<T>(
  samples: Float32Array,
  use: (path: string, folder: string) => Promise<T> | T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'timbre-bench-'))
  try {
    const path = join(folder, 'in.wav')
    const bytes = Buffer.alloc(44 + 2 * samples.length)
    bytes.write('RIFF', 0)
    bytes.writeUInt32LE(36 + 2 * samples.length, 4)
    bytes.write('WAVEfmt ', 8)
    for (const [value, at] of [
      [16, 16],
      [RATE_HZ, 24],
      [2 * RATE_HZ, 28],
      [2 * samples.length, 40],
    ] as const) {
      bytes.writeUInt32LE(value, at)
    }
    for (const [value, at] of [
      [1, 20],
      [1, 22],
      [2, 32],
      [16, 34],
    ] as const)
      bytes.writeUInt16LE(value, at)
    bytes.write('data', 36)
    samples.forEach((x, n) =>
      bytes.writeInt16LE(Math.round(32767 * Math.min(1, Math.max(-1, x))), 44 + 2 * n),
    )
    writeFileSync(path, bytes)
    return await use(path, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
