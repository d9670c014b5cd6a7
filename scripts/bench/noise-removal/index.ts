import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { afftdn, findRnnoiseProgram, ownDenoiser, rnnoiseProgram } from './denoisers'
import { measureMemory, type MemoryRow } from './memory'
import { measureContent, measureMusic, type ContentRow, type MusicRow } from './music'
import { measureQuality, type QualityRow } from './quality'
import { measureSpeed, type SpeedRow } from './speed'

const USAGE = `npm run bench -- noise-removal [--eval <folder>] [--weights <folder>] [--rnnoise-c <rnnoise_demo>]
                              [--only quality,speed,memory,content,music] [--denoisers <part of a name>,…] [--json <file>]`

const MODELS = {
  'timbre-denoise-48k': 'timbre-denoise-48k',
  rnnoise: 'RNNoise weights, our engine',
  dtln: 'DTLN, our engine',
  gtcrn: 'GTCRN, our engine',
  deepfilternet3: 'DeepFilterNet 3, our engine',
}

/** Compares our denoisers with published ones and with other programs on the same files. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      eval: { type: 'string', default: '../shared/audio/eval' },
      weights: { type: 'string', default: '../shared/weights' },
      'rnnoise-c': { type: 'string' },
      only: { type: 'string', default: 'quality,speed,memory' },
      denoisers: { type: 'string', default: '' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  if (!existsSync(values.eval)) throw new Error(`There is no folder ${values.eval}; give --eval <folder>.`)
  const parts = values.only.split(',')
  const program = findRnnoiseProgram(values['rnnoise-c'])
  const result: {
    quality: QualityRow[]
    speed: SpeedRow[]
    memory: MemoryRow[]
    content: ContentRow[]
    music: MusicRow[]
  } = { quality: [], speed: [], memory: [], content: [], music: [] }

  if (parts.includes('quality')) {
    const wanted = values.denoisers.split(',')
    const all = [
      ...(await Promise.all(
        Object.entries(MODELS).map(([id, name]) => ownDenoiser(id, name, values.weights)),
      )),
      afftdn(),
      rnnoiseProgram(program),
    ]
    const denoisers = all.filter(({ name }) => wanted.some((part) => name.includes(part)))
    for (const { name, missing } of denoisers) if (missing) console.log(`${name}: ${missing}`)
    result.quality = await measureQuality(values.eval, values.weights, denoisers)
    console.table(result.quality.map(qualityLine))
  }
  if (parts.includes('speed')) {
    const pairs = join(values.eval, 'voicebank_demand_pairs')
    const noisy = (await readdir(pairs)).sort().find((name) => name.endsWith('_noisy.flac')) ?? ''
    result.speed = await measureSpeed(join(pairs, noisy), values.weights, MODELS, program)
    console.table(result.speed.map(speedLine))
  }
  if (parts.includes('memory')) {
    for (const minutes of [10, 120]) {
      const row = await measureMemory('timbre-denoise-48k', 'timbre-denoise-48k', minutes, values.weights)
      result.memory.push(row)
    }
    console.table(result.memory.map(memoryLine))
  }
  if (parts.includes('content')) {
    result.content = await measureContent(values.eval)
    console.table(result.content.map(({ wrong, ...row }) => ({ ...row, wrong: wrong.join(', ') })))
  }
  if (parts.includes('music')) {
    result.music = await measureMusic(values.eval)
    console.table(result.music)
  }
  if (values.json) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`)
}

function qualityLine({ testSet, denoiser, clips, before, after }: QualityRow) {
  const arrow = (key: keyof typeof before) => `${before[key].toFixed(2)} → ${after[key].toFixed(2)}`
  return {
    'test set': `${testSet} (${clips})`,
    denoiser,
    overall: arrow('dnsmos_ovrl'),
    signal: arrow('dnsmos_sig'),
    background: arrow('dnsmos_bak'),
    'SI-SDR dB': arrow('si_sdr_db'),
  }
}

function speedLine({ denoiser, realTimeFactor, ratio, note }: SpeedRow) {
  return {
    denoiser,
    'CPU s / s': realTimeFactor?.toFixed(4) ?? note ?? '',
    'of the C program': ratio?.toFixed(2) ?? '',
  }
}

function memoryLine({ denoiser, minutes, peakMb, cpuSeconds }: MemoryRow) {
  return { denoiser, minutes, 'peak MB': Math.round(peakMb), 'CPU s': cpuSeconds.toFixed(1) }
}
