import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { readAudio } from '../noise-removal/audio'
import { firstSound, lastSound } from './measures'

export const RATE_HZ = 16_000

/** Speech of three people, one after the other, over noise or music at a known level. */
export interface Clip {
  name: string
  speech: Float32Array
  background: Float32Array
  mixed: Float32Array
  /** When each sentence is said, by how the recordings were put together. */
  segments: { start: number; end: number; text: string; source_text: string; speaker: string }[]
}

const plans = [
  { background: 'noise/blanket_train.flac', snrDb: 10 },
  { background: 'noise/blanket_coffee-shop.flac', snrDb: 10 },
  { background: 'noise/blanket_storm.flac', snrDb: 5 },
  { background: 'music/Kevin_MacLeod_-_Vibe_Ace.ogg', snrDb: 10 },
  { background: 'music/mdn_stem_horns.mp3', snrDb: 5 },
]
const sentences = 3
const pauseSeconds = 1.2

interface Sentence {
  file: string
  text: string
  speaker: string
  seconds: number
}

/** Five clips; every sentence is used once. */
export async function makeClips(evalDir: string): Promise<Clip[]> {
  const folder = join(evalDir, 'librispeech_test_other')
  const pool = readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sentence)
    .filter(({ seconds }) => seconds > 3.2 && seconds < 9)
  // Every fourth, so that the people change.
  const chosen = Array.from(
    { length: pool.length },
    (_, n) => pool[(n * 4 + Math.floor((n * 4) / pool.length)) % pool.length]!,
  )
  const clips: Clip[] = []
  for (const [index, { background, snrDb }] of plans.entries()) {
    const path = join(evalDir, background)
    if (!existsSync(path)) throw new Error(`${path} is not there`)
    const spoken = await say(folder, chosen.slice(index * sentences, (index + 1) * sentences))
    const noise = scaled(loop(await readAudio(path, RATE_HZ), spoken.speech.length), spoken.speech, snrDb)
    clips.push({
      ...spoken,
      name: `${background.replace(/^.*\/|\.\w+$/g, '')}, ${snrDb} dB`,
      background: noise,
      mixed: spoken.speech.map((x, n) => x + noise[n]!),
    })
  }
  return clips
}

async function say(folder: string, chosen: readonly Sentence[]) {
  const parts: number[] = []
  const segments: Clip['segments'] = []
  const pause = () => {
    for (let n = 0; n < pauseSeconds * RATE_HZ; n++) parts.push(0)
  }
  pause()
  for (const { file, text, speaker } of chosen) {
    const whole = await readAudio(join(folder, file), RATE_HZ)
    const sound = whole.subarray(firstSound(whole, RATE_HZ), lastSound(whole, RATE_HZ))
    const start = parts.length / RATE_HZ
    // Quiet enough for the background to fit.
    for (const x of sound) parts.push(0.6 * x)
    segments.push({ start, end: parts.length / RATE_HZ, text, source_text: text, speaker })
    pause()
  }
  return { speech: Float32Array.from(parts), segments }
}

function loop(samples: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, n) => samples[n % samples.length]!)
}

/** By the power of the speech while somebody speaks. */
function scaled(noise: Float32Array, speech: Float32Array, snrDb: number): Float32Array {
  const spoken = speech.filter((x) => x !== 0)
  const gain = Math.sqrt(power(spoken) / power(noise)) * 10 ** (-snrDb / 20)
  return noise.map((x) => gain * x)
}

function power(samples: Float32Array): number {
  return samples.reduce((sum, x) => sum + x * x, 0) / samples.length
}
