import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { convert, readAudio } from './audio'
import type { BenchDenoiser } from './denoisers'
import { dnsmos, METRIC_RATE_HZ, siSdr, type Scores } from './metrics'

export interface QualityRow {
  testSet: string
  denoiser: string
  clips: number
  before: Scores
  after: Scores
}

const SETS = ['voicebank_demand_pairs', 'mixes']

interface Pair {
  noisy: Float32Array
  clean: Float32Array
}

async function readPairs(folder: string): Promise<Pair[]> {
  const lines = readFileSync(join(folder, 'manifest.jsonl'), 'utf8').trim().split('\n')
  const pairs: Pair[] = []
  for (const line of lines) {
    const { file, clean } = JSON.parse(line) as { file: string; clean?: string }
    if (!clean) continue
    pairs.push({
      noisy: await readAudio(join(folder, file), METRIC_RATE_HZ),
      clean: await readAudio(join(folder, clean), METRIC_RATE_HZ),
    })
  }
  return pairs
}

function mean(scores: Scores[]): Scores {
  const average = (key: keyof Scores) => scores.reduce((sum, score) => sum + score[key], 0) / scores.length
  return {
    dnsmos_ovrl: average('dnsmos_ovrl'),
    dnsmos_sig: average('dnsmos_sig'),
    dnsmos_bak: average('dnsmos_bak'),
    si_sdr_db: average('si_sdr_db'),
  }
}

/** Mean scores of noisy speech before and after every denoiser, a row a test set and denoiser. */
export async function measureQuality(
  evalFolder: string,
  weights: string,
  denoisers: BenchDenoiser[],
): Promise<QualityRow[]> {
  const judge = await createOrtRuntime({ providers: ['cpu'] }).createSession(
    join(weights, 'quality/dnsmos/DNSMOS_sig_bak_ovr.onnx'),
  )
  const score = async (samples: Float32Array, clean: Float32Array, maxLag: number): Promise<Scores> => ({
    ...(await dnsmos(judge, samples)),
    si_sdr_db: siSdr(samples, clean, maxLag).db,
  })
  const rows: QualityRow[] = []
  for (const set of SETS) {
    const pairs = await readPairs(join(evalFolder, set))
    const noisy: Scores[] = []
    for (const { noisy: samples, clean } of pairs) noisy.push(await score(samples, clean, 0))
    const before = mean(noisy)
    for (const denoiser of denoisers) {
      if (denoiser.missing) continue
      const after: Scores[] = []
      for (const pair of pairs) {
        const input = await convert(pair.noisy, METRIC_RATE_HZ, denoiser.rateHz)
        const output = await convert(await denoiser.clean(input), denoiser.rateHz, METRIC_RATE_HZ)
        after.push(await score(output, pair.clean, denoiser.maxLag))
      }
      rows.push({ testSet: set, denoiser: denoiser.name, clips: pairs.length, before, after: mean(after) })
    }
  }
  await judge.release()
  return rows
}
