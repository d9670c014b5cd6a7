import type { PcmBlock } from './pcm'
import { createResampler } from './resample'
import { rootHann } from './stft'
import { createRealFft } from './fft-real'
import {
  bandCount,
  binsPerBand,
  cellCount,
  cellLayout,
  chipsPerPeriod,
  firstBin,
  framesPerChip,
  hopSamples,
  markRateHz,
  readPayload,
  windowSamples,
} from './watermark-code'

/** A watermark that was heard. */
export interface FoundMark {
  /** 32 bits, unsigned. */
  payload: number
  /** How far its constant part stands out, in standard deviations of what sound without a mark gives. */
  score: number
  /** One less the chance that sound without a mark gives as much. */
  confidence: number
  /** The part of the sound that it was heard in, seconds. */
  start: number
  end: number
}

/** Looks for watermarks in a stream of blocks, in memory that does not grow with it. */
export interface WatermarkDetector {
  push(block: PcmBlock): void
  /** One for every half minute that holds a mark. */
  finish(): FoundMark[]
}

/** The detector's frames lie twice as close as the mark's. */
const stepSamples = hopSamples / 2
const stepsPerChip = (framesPerChip * hopSamples) / stepSamples
/** Each is looked at by itself, so that cuts and pauses cost what is around them only. */
export const segmentSeconds = 30
const segmentSteps = Math.round((segmentSeconds * markRateHz) / stepSamples)
const shortestSeconds = 1.5
/** Fewer standard deviations are chance: 624 places are tried. */
const leastScore = 4.5
const candidates = 6
/** Differences within a chip beyond these are the sound's own. */
const largestDifference = 2
/** What a level is compared with: so many bands on each side. */
const neighbours = 4
/** Cells so far below the loudest of the segment hold no sound. */
const quietestDb = -75
const floorPower = 1e-12

/** Everything is mixed into one channel; the mark is the same in all. */
export function createWatermarkDetector(sampleRateHz: number): WatermarkDetector {
  const resampler = sampleRateHz === markRateHz ? null : createResampler(sampleRateHz, markRateHz, 1)
  const analyse = createLevelAnalysis()
  const found: FoundMark[] = []
  let rest = new Float32Array(0)
  let levels: Float32Array[] = []
  let segmentStart = 0

  const endSegment = () => {
    const seconds = (levels.length * stepSamples) / markRateHz
    const mark = seconds < shortestSeconds ? null : findMark(levels)
    if (mark) found.push({ ...mark, start: segmentStart, end: segmentStart + seconds })
    segmentStart += seconds
    levels = []
  }
  const hear = (samples: Float32Array) => {
    const line = new Float32Array(rest.length + samples.length)
    line.set(rest)
    line.set(samples, rest.length)
    let at = 0
    for (; at + windowSamples <= line.length; at += stepSamples) {
      levels.push(analyse(line, at))
      if (levels.length === segmentSteps) endSegment()
    }
    rest = line.slice(at)
  }

  return {
    push(block) {
      const mono = mixDown(block)
      hear(resampler ? resampler.push({ channels: [mono] }).channels[0]! : mono)
    },
    finish() {
      if (resampler) hear(resampler.finish().channels[0]!)
      endSegment()
      return found
    },
  }
}

function mixDown({ channels }: PcmBlock): Float32Array {
  if (channels.length === 1) return channels[0]!
  return channels[0]!.map((_, frame) => channels.reduce((sum, samples) => sum + samples[frame]!, 0))
}

/** Levels of the bands in a window, decibels: the mean of the logarithms of their bins. */
function createLevelAnalysis() {
  const fft = createRealFft(windowSamples)
  const window = rootHann(windowSamples).map((value) => value * value)
  const scratch = new Float64Array(windowSamples)
  const spectrum = new Float64Array(fft.spectrumLength)
  return (samples: Float32Array, at: number): Float32Array => {
    for (let n = 0; n < windowSamples; n++) scratch[n] = samples[at + n]! * window[n]!
    fft.forward(scratch, spectrum)
    return Float32Array.from({ length: bandCount }, (_, band) => {
      let sum = 0
      for (let bin = firstBin + band * binsPerBand, last = bin + binsPerBand; bin < last; bin++) {
        sum += Math.log10(spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2 + floorPower)
      }
      return (10 * sum) / binsPerBand
    })
  }
}

/** The best mark of a segment at any place of its period, or null. */
function findMark(
  levels: readonly Float32Array[],
): Pick<FoundMark, 'payload' | 'score' | 'confidence'> | null {
  const loudest = levels.reduce((most, level) => Math.max(most, ...level), -Infinity)
  const places: { evidence: Float64Array; turn: number; score: number }[] = []
  for (let offset = 0; offset < stepsPerChip; offset++) {
    const evidence = gather(levels, offset, loudest + quietestDb)
    for (let turn = 0; turn < chipsPerPeriod; turn++) {
      places.push({ evidence, turn, score: syncScore(evidence, turn) })
    }
  }
  places.sort((a, b) => b.score - a.score)
  for (const { evidence, turn, score } of places.slice(0, candidates)) {
    if (score < leastScore) return null
    const payload = readPayload(readSymbols(evidence, turn))
    if (payload !== null) return { payload, score, confidence: 1 - chanceOf(score, places.length) }
  }
  return null
}

/** What the chips of a segment say for each cell of the period, from a step on. */
function gather(levels: readonly Float32Array[], offset: number, quietest: number): Float64Array {
  const evidence = new Float64Array(cellCount)
  const difference = new Float64Array(bandCount)
  const half = stepsPerChip / 2
  for (let start = offset, chip = 0; start + stepsPerChip <= levels.length; start += stepsPerChip, chip++) {
    for (let band = 0; band < bandCount; band++) {
      let first = 0
      let second = 0
      for (let step = 0; step < half; step++) {
        first += levels[start + step]![band]!
        second += levels[start + half + step]![band]!
      }
      difference[band] = Math.max(first, second) / half < quietest ? 0 : (first - second) / half
    }
    addEvidence(evidence, (chip % chipsPerPeriod) * bandCount, difference)
  }
  return evidence
}

/** A change of all neighbouring bands together is the sound's own. */
function addEvidence(evidence: Float64Array, at: number, difference: Float64Array): void {
  for (let band = 0; band < bandCount; band++) {
    const from = Math.max(0, band - neighbours)
    const to = Math.min(bandCount, band + neighbours + 1)
    let sum = 0
    let spread = 0
    for (let other = from; other < to; other++) sum += difference[other]!
    const mean = sum / (to - from)
    for (let other = from; other < to; other++) spread += Math.abs(difference[other]! - mean)
    const scale = spread / (to - from)
    if (scale === 0) continue
    const value = (difference[band]! - mean) / scale
    evidence[at + band]! += Math.max(-largestDifference, Math.min(largestDifference, value))
  }
}

/** Cell of the evidence that holds a cell of the mark, where the sound begins `turn` chips into the mark. */
function turned(cell: number, turn: number): number {
  return (cell + (chipsPerPeriod - turn) * bandCount) % cellCount
}

function syncScore(evidence: Float64Array, turn: number): number {
  const { cells, signs } = cellLayout().sync
  let sum = 0
  let power = 0
  for (let index = 0; index < cells.length; index++) {
    const value = evidence[turned(cells[index]!, turn)]!
    sum += value * signs[index]!
    power += value * value
  }
  return power === 0 ? 0 : sum / Math.sqrt(power)
}

function readSymbols(evidence: Float64Array, turn: number): number[] {
  return cellLayout().symbols.map(({ cells, signs }) => {
    const values = Float64Array.from(cells, (cell) => evidence[turned(cell, turn)]!)
    const sums = signs.map((row) => values.reduce((sum, value, index) => sum + value * row[index]!, 0))
    return sums.indexOf(Math.max(...sums))
  })
}

/** That sound without a mark reaches a score in one of the places, and that a checksum fits by chance on top. */
function chanceOf(score: number, places: number): number {
  const tail = Math.exp((-score * score) / 2) / (score * Math.sqrt(2 * Math.PI))
  return Math.min(1, places * tail) * Math.min(1, candidates / 65_536)
}
