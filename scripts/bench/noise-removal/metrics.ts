import type { Session } from '../../../src/inference/runtime'

export const METRIC_RATE_HZ = 16000

export interface Scores {
  dnsmos_ovrl: number
  dnsmos_sig: number
  dnsmos_bak: number
  si_sdr_db: number
}

/**
 * Scale-invariant signal-to-distortion ratio in decibels (Le Roux et al., 2019). A constant delay of the estimate, up to
 * `maxLag` samples either way, is found and taken out: peers differ in theirs.
 */
export function siSdr(estimate: Float32Array, target: Float32Array, maxLag = 0): { db: number; lag: number } {
  const lag = maxLag === 0 ? 0 : bestLag(estimate, target, maxLag)
  const length = Math.min(target.length, estimate.length - lag)
  const first = Math.max(0, -lag)
  let te = 0
  let tt = 0
  let ee = 0
  for (let n = first; n < length; n++) {
    const t = target[n]!
    const e = estimate[n + lag]!
    te += t * e
    tt += t * t
    ee += e * e
  }
  const aligned = (te * te) / (tt + 1e-12)
  return { db: 10 * Math.log10((aligned + 1e-12) / (ee - aligned + 1e-12)), lag }
}

function bestLag(estimate: Float32Array, target: Float32Array, maxLag: number): number {
  const end = Math.min(target.length, estimate.length) - maxLag
  const start = Math.max(maxLag, end - 4 * METRIC_RATE_HZ)
  let best = 0
  let largest = -Infinity
  for (let lag = -maxLag; lag <= maxLag; lag++) {
    let sum = 0
    for (let n = start; n < end; n++) sum += target[n]! * estimate[n + lag]!
    if (sum > largest) {
      largest = sum
      best = lag
    }
  }
  return best
}

const WINDOW = 144160
const polynomial = (a: number, b: number, c: number) => (x: number) => (a * x + b) * x + c
const overall = polynomial(-0.06766283, 1.11546468, 0.04602535)
const signal = polynomial(-0.08397278, 1.22083953, 0.0052439)
const background = polynomial(-0.13166888, 1.60915514, -0.39604546)

/**
 * DNSMOS P.835 as the DNS Challenge's script computes it (Reddy et al., 2022): windows of 9.01 s, a second apart, short
 * clips repeated, the network's three numbers mapped by the published polynomials and averaged.
 */
export async function dnsmos(session: Session, samples: Float32Array): Promise<Omit<Scores, 'si_sdr_db'>> {
  let clip = samples
  while (clip.length < WINDOW) {
    const doubled = new Float32Array(2 * clip.length)
    doubled.set(clip)
    doubled.set(clip, clip.length)
    clip = doubled
  }
  const total = { dnsmos_ovrl: 0, dnsmos_sig: 0, dnsmos_bak: 0 }
  let windows = 0
  const hops = Math.floor(clip.length / METRIC_RATE_HZ - 9.01) + 1
  for (let hop = 0; hop < hops; hop++) {
    const data = clip.slice(hop * METRIC_RATE_HZ, hop * METRIC_RATE_HZ + WINDOW)
    if (data.length < WINDOW) break
    const name = session.inputNames[0] ?? ''
    const outputs = await session.run({ [name]: { data, dims: [1, WINDOW] } })
    const [sig = 0, bak = 0, ovr = 0] = Object.values(outputs)[0]?.data as Float32Array
    total.dnsmos_ovrl += overall(ovr)
    total.dnsmos_sig += signal(sig)
    total.dnsmos_bak += background(bak)
    windows += 1
  }
  return {
    dnsmos_ovrl: total.dnsmos_ovrl / windows,
    dnsmos_sig: total.dnsmos_sig / windows,
    dnsmos_bak: total.dnsmos_bak / windows,
  }
}
