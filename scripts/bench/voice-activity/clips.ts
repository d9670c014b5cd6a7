import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../../src/capabilities/speech-to-text/testing/seeded-random'
import { readAudio } from '../noise-removal/audio'
import { speechFrames } from './labels'

/** Everything is measured at this rate, in frames of this many samples. */
export const RATE_HZ = 16_000
export const FRAME = 512

/** A recording whose speech is known. */
export interface LabelledClip {
  samples: Float32Array
  /** One flag a frame; the bench leaves frames out where it is null: the edges of speech, where ears differ too. */
  speech: (boolean | null)[]
}

interface ManifestLine {
  file: string
  speaker: string | null
  clean?: string
}

export function readManifest(folder: string): ManifestLine[] {
  const text = readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ManifestLine)
}

export const read = (folder: string, file: string) => readAudio(join(folder, file), RATE_HZ)

/** Flags of 256 samples to flags of 512; frames at the edges of speech are not counted. */
export function frameLabels(clean: Float32Array): (boolean | null)[] {
  const halves = speechFrames(clean)
  const around = (frame: number) => halves.slice(Math.max(0, 2 * frame - 1), 2 * frame + 3)
  return Array.from({ length: Math.floor(halves.length / 2) }, (_, frame) => {
    const near = around(frame)
    return near.every(Boolean) ? true : near.some(Boolean) ? null : false
  })
}

/** The published noisy mixtures, labelled by their clean references. */
export async function noisyPairs(evalDir: string, set: string): Promise<LabelledClip[]> {
  const folder = join(evalDir, set)
  const lines = readManifest(folder).filter(({ file }) => file.includes('_noisy'))
  return Promise.all(
    lines.map(async ({ file, clean }) => ({
      samples: await read(folder, file),
      speech: frameLabels(await read(folder, clean ?? file.replace('_noisy', '_clean'))),
    })),
  )
}

/** Speech with pauses of 1.5–4 s in it, in noise at a ratio to the speech's own level. */
export async function speechInNoise(evalDir: string, decibels: number): Promise<LabelledClip[]> {
  const random = seededRandom(decibels + 100)
  const speech = join(evalDir, 'librispeech_test_other')
  const noise = join(evalDir, 'noise')
  const noises = readManifest(noise)
  const lines = readManifest(speech).filter((_, index) => index % 2 === 0)
  const clips: LabelledClip[] = []
  for (const [index, { file }] of lines.entries()) {
    const said = await read(speech, file)
    const pauses = [1.5 + 2.5 * random(), 1.5 + 2.5 * random()].map((seconds) =>
      Math.round(seconds * RATE_HZ),
    )
    const clean = new Float32Array(pauses[0]! + said.length + pauses[1]!)
    clean.set(said, pauses[0])
    const ground = await read(noise, noises[index % noises.length]!.file)
    const gain = levelOf(said) / levelOf(ground) / 10 ** (decibels / 20)
    const from = Math.floor(random() * ground.length)
    const samples = clean.map((sample, n) => sample + gain * ground[(from + n) % ground.length]!)
    clips.push({ samples, speech: frameLabels(clean) })
  }
  return clips
}

/** Recordings without speech. */
export async function withoutSpeech(
  evalDir: string,
  set: string,
  keep: (file: string) => boolean,
): Promise<LabelledClip[]> {
  const folder = join(evalDir, set)
  const lines = readManifest(folder).filter(({ file }) => keep(file))
  return Promise.all(
    lines.map(async ({ file }) => {
      const samples = await read(folder, file)
      return { samples, speech: new Array<boolean>(Math.floor(samples.length / FRAME)).fill(false) }
    }),
  )
}

/** Clean speech in other languages. */
export async function cleanSpeech(evalDir: string, set: string): Promise<LabelledClip[]> {
  const folder = join(evalDir, set)
  return Promise.all(
    readManifest(folder).map(async ({ file }) => {
      const samples = await read(folder, file)
      return { samples, speech: frameLabels(samples) }
    }),
  )
}

/** Root mean square of what is not near silence. */
function levelOf(samples: Float32Array): number {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  let sum = 0
  let count = 0
  for (const sample of samples) {
    if (Math.abs(sample) < 0.02 * peak) continue
    sum += sample * sample
    count++
  }
  return Math.sqrt(sum / Math.max(1, count))
}
