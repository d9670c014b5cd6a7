import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

import { seededRandom } from '../../../src/capabilities/speech-to-text/testing/seeded-random'
import type { Clip } from './clips'

/** A word and when it begins, in seconds. */
export interface SaidWord {
  word: string
  start: number
}

const rateHz = 16_000
/** Soft enough that nobody takes it for speech, loud enough that a pause is no digital silence. */
const hiss = 0.001

/**
 * Writes a FLAC file of `seconds`, made as it is written: the clips in an order of their own, each as loud as chance
 * would have it, with pauses from 0.4 s to a minute between them over a soft hiss. Returns what is said in it and when.
 */
export async function writeLongRecording(
  path: string,
  seconds: number,
  clips: readonly Clip[],
  ffmpegPath: string,
): Promise<SaidWord[]> {
  const samplesOf = new Map<Clip, Int16Array>()
  for (const clip of clips) samplesOf.set(clip, await decode(clip.path, ffmpegPath))
  const random = seededRandom(10)
  const said: SaidWord[] = []
  const length = Math.round(seconds * rateHz)

  function* blocks(): Generator<Buffer> {
    let at = 0
    while (at < length) {
      const pause = Math.min(length - at, Math.round(pauseSeconds(random) * rateHz))
      yield withHiss(new Int16Array(pause), 0, random)
      at += pause
      const clip = clips[Math.floor(random() * clips.length)]!
      const samples = samplesOf.get(clip)!
      if (at + samples.length > length) {
        yield withHiss(new Int16Array(length - at), 0, random)
        return
      }
      for (const { word, start } of clip.words ?? []) said.push({ word, start: at / rateHz + start })
      yield withHiss(samples, 0.3 + 0.7 * random(), random)
      at += samples.length
    }
  }

  const input = ['-f', 's16le', '-ar', String(rateHz), '-ac', '1', '-i', 'pipe:0']
  const encoder = spawn(ffmpegPath, ['-v', 'error', '-y', ...input, '-c:a', 'flac', path], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const [[code]] = await Promise.all([
    once(encoder, 'exit') as Promise<[number | null]>,
    pipeline(Readable.from(blocks()), encoder.stdin),
  ])
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`)
  return said
}

/** Mostly a breath, sometimes a thought, now and then a break. */
function pauseSeconds(random: () => number): number {
  const kind = random()
  const [least, most] = kind < 0.7 ? [0.4, 1.5] : kind < 0.95 ? [2, 8] : [20, 60]
  return least + (most - least) * random()
}

function withHiss(samples: Int16Array, gain: number, random: () => number): Buffer {
  const out = Int16Array.from(samples, (sample) => gain * sample + (random() - 0.5) * 2 * hiss * 32767)
  return Buffer.from(out.buffer)
}

async function decode(path: string, ffmpegPath: string): Promise<Int16Array> {
  const output = ['-f', 's16le', '-ar', String(rateHz), '-ac', '1', 'pipe:1']
  const { stdout } = await promisify(execFile)(ffmpegPath, ['-v', 'error', '-i', path, ...output], {
    encoding: 'buffer',
    maxBuffer: 64 * 1024 * 1024,
  })
  return new Int16Array(new Uint8Array(stdout).buffer)
}
