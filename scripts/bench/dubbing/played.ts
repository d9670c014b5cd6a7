import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

import type { Ffmpeg } from '../../../src/audio/ffmpeg'
import { fitSpeech, trimSilence } from '../../../src/capabilities/dubbing/fit'
import { readMono } from '../../../src/capabilities/dubbing/sound'
import { unpackFiles } from '../../../src/capabilities/dubbing/tar'
import { RATE_HZ, type Clip } from './clips'
import { gainIn } from './measures'

/**
 * The dub as it is heard in a mixture, alone. Its pieces are in the archive that comes with it, though not which is
 * which, nor how loud: each is tried at every segment, and the one that the mixture holds most of is it.
 */
export async function findDub(
  { segments }: Clip,
  archive: string,
  mixture: Float32Array,
  folder: string,
  ffmpeg: Ffmpeg,
): Promise<Float32Array> {
  const unpacked = await mkdtemp(join(folder, 'speech-'))
  const names: string[] = []
  await unpackFiles(archive, unpacked, (name) => names.push(name) > 0)
  const as = { sampleRateHz: RATE_HZ, maxSeconds: 60, signal: new AbortController().signal }
  const pieces = await Promise.all(names.map((name) => readMono(ffmpeg, join(unpacked, name), as)))
  const found = new Float32Array(mixture.length)
  for (const [index, { start, end }] of segments.entries()) {
    const from = Math.round(start * RATE_HZ)
    const room = (segments[index + 1]?.start ?? mixture.length / RATE_HZ) - start
    const tried = pieces.map((piece) => {
      const { samples } = fitSpeech(trimSilence(piece, RATE_HZ), RATE_HZ, end - start, room)
      const gain = gainIn(mixture.subarray(from, from + samples.length), samples)
      const power = gain ** 2 * samples.reduce((sum, x) => sum + x * x, 0)
      return { samples, gain, power }
    })
    const { samples, gain } = tried.reduce((best, other) => (other.power > best.power ? other : best))
    samples.forEach((x, n) => (found[from + n] = gain * x))
  }
  return found
}
