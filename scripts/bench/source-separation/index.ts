import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { createRandom } from '../../../src/audio/synthesis/noise'
import { locateFfmpeg } from '../../../src/audio/ffmpeg-binaries'
import { pipe } from '../noise-removal/audio'
import { rateHz, separateFile, separateMinutes, type Separation } from './product'

const usage = `npm run bench -- source-separation --python <python with demucs, torch and onnx>
                                   [--checkpoint <955717e8-8726e21a.th>] [--graph <htdemucs.onnx>] [--folder <folder>]
                                   [--audio <file>] [--seconds 18] [--rounds 3] [--minutes 1,10]

HT-Demucs by the product's engine beside Demucs' own code on PyTorch: the same weights, the same sound, a thread each, in
turns; CPU seconds for each second of sound (the least of the rounds), peak memory, and how far their stems differ.
Weights are random, of the published size, where no checkpoint is given. --graph takes a published export of the
checkpoint's weights; else the bench exports them into --folder, and finds them there the next time. --minutes measures
the product's memory over longer sounds; a minute takes about two of computing. The python may also be given by
DEMUCS_PYTHON.`

const script = fileURLToPath(new URL('peers/demucs_peer.py', import.meta.url))
/** Libraries take as many threads as there are cores where they are not told. */
const oneThread = ['OMP_NUM_THREADS=1', 'MKL_NUM_THREADS=1']

/** What source separation costs. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      python: { type: 'string', default: process.env.DEMUCS_PYTHON ?? '' },
      checkpoint: { type: 'string' },
      graph: { type: 'string' },
      folder: { type: 'string' },
      audio: { type: 'string' },
      seconds: { type: 'string', default: '18' },
      rounds: { type: 'string', default: '3' },
      minutes: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const missing = await pythonMissing(values.python)
  const scratch = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  try {
    const folder = values.folder ?? scratch
    const graph = values.graph ?? join(folder, 'model.onnx')
    const network = join(folder, 'network.pt')
    if (missing) console.log(`Demucs' own code: ${missing}`)
    else if (!existsSync(network)) await pipe('env', peer(values.python, 'export', folder, values.checkpoint))
    if (!existsSync(graph)) {
      throw new Error(`There is no graph ${graph}: give --graph, or a --python that makes one.`)
    }
    const sound = join(scratch, 'sound.f32')
    await writeFile(sound, await makeSound(Number(values.seconds), values.audio))
    const python = missing ? undefined : values.python
    console.table(await measure({ graph, folder, sound, scratch, python, rounds: Number(values.rounds) }))
    const long = []
    for (const minutes of values.minutes.split(',').filter(Boolean).map(Number)) {
      const { cpuSeconds, peakMb } = await separateMinutes(graph, minutes)
      long.push({
        minutes,
        'CPU s / s': (cpuSeconds / minutes / 60).toFixed(3),
        'peak MB': Math.round(peakMb),
      })
    }
    if (long.length > 0) console.table(long)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function peer(python: string, ...args: (string | undefined)[]): string[] {
  return [...oneThread, python, '-W', 'ignore', script, ...args.filter((arg) => arg !== undefined)]
}

async function pythonMissing(python: string): Promise<string | undefined> {
  if (!python) return 'give --python <python with demucs, torch and onnx>'
  try {
    await pipe(python, ['-W', 'ignore', '-c', 'import demucs.htdemucs, torch, onnx'])
    return undefined
  } catch (error) {
    return `${python} cannot load it: ${(error as Error).message.trim().split('\n').at(-1)}`
  }
}

/** Planes of 32-bit floats, stereo: a file's beginning, or tones that swell, with a beat and hiss. */
async function makeSound(seconds: number, audio: string | undefined): Promise<Uint8Array> {
  const frames = Math.round(seconds * rateHz)
  if (audio !== undefined) {
    const { ffmpegPath } = locateFfmpeg()
    const planes = ['c0', 'c1'].map((channel) =>
      pipe(ffmpegPath, [
        ...['-v', 'error', '-t', String(seconds), '-i', audio, '-ar', String(rateHz)],
        ...['-af', `aformat=channel_layouts=stereo,pan=mono|c0=${channel}`, '-f', 'f32le', '-'],
      ]),
    )
    return Buffer.concat(await Promise.all(planes))
  }
  const random = createRandom(3)
  const planes = [220, 331].map((toneHz) =>
    Float32Array.from({ length: frames }, (_, n) => {
      const time = n / rateHz
      const tone = 0.2 * Math.sin(2 * Math.PI * toneHz * time) * Math.sin(time) ** 2
      const beat = 0.3 * Math.exp(-12 * (time % 0.5)) * Math.sin(2 * Math.PI * 60 * (time % 0.5))
      return tone + beat + 0.04 * (random.next() - 0.5)
    }),
  )
  return Buffer.concat(planes.map(({ buffer }) => Buffer.from(buffer)))
}

interface Contest {
  graph: string
  folder: string
  sound: string
  scratch: string
  python: string | undefined
  rounds: number
}

async function measure({ graph, folder, sound, scratch, python, rounds }: Contest) {
  const [own, theirs] = [join(scratch, 'own.f32'), join(scratch, 'theirs.f32')]
  const contestants = new Map<string, () => Promise<Separation>>()
  contestants.set('timbre', () => separateFile(graph, sound, own))
  if (python) {
    contestants.set('demucs, PyTorch', async () => {
      const said = await pipe('env', peer(python, 'separate', folder, sound, theirs))
      return JSON.parse(said.toString('utf8')) as Separation
    })
  }
  const best = new Map<string, Separation>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, separate] of contestants) {
      const { cpuSeconds, peakMb } = await separate()
      const before = best.get(name) ?? { cpuSeconds: Infinity, peakMb: 0 }
      best.set(name, {
        cpuSeconds: Math.min(cpuSeconds, before.cpuSeconds),
        peakMb: Math.max(peakMb, before.peakMb),
      })
    }
  }
  const seconds = (await readFile(sound)).length / 8 / rateHz
  const base = best.get('demucs, PyTorch')?.cpuSeconds
  const agreement = python ? differenceDb(await readFloats(own), await readFloats(theirs)) : undefined
  return [...best].map(([name, { cpuSeconds, peakMb }]) => ({
    'HT-Demucs by': name,
    'CPU s / s': (cpuSeconds / seconds).toFixed(3),
    'of Demucs’ own': base ? (cpuSeconds / base).toFixed(2) : '–',
    'peak MB': Math.round(peakMb),
    'difference of stems dB': name === 'timbre' ? (agreement?.toFixed(1) ?? '–') : '',
  }))
}

async function readFloats(path: string): Promise<Float32Array> {
  return new Float32Array(Uint8Array.from(await readFile(path)).buffer)
}

/** Energy of the difference beside that of the reference. */
function differenceDb(samples: Float32Array, reference: Float32Array): number {
  if (samples.length !== reference.length) {
    throw new Error(`${samples.length} samples of stems, ${reference.length} expected.`)
  }
  let [apart, all] = [0, 0]
  for (let n = 0; n < samples.length; n++) {
    apart += (samples[n]! - reference[n]!) ** 2
    all += reference[n]! ** 2
  }
  return 10 * Math.log10(apart / all)
}
