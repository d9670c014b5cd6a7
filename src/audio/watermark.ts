import { joinBlocks } from './frame-reader'
import { frameCount, type PcmBlock } from './pcm'
import { createResampler, type Resampler } from './resample'
import { createStftPlan } from './stft'
import {
  bandCount,
  binsPerBand,
  chipsPerPeriod,
  firstBin,
  framesPerChip,
  hopSamples,
  markPattern,
  markRateHz,
  windowSamples,
} from './watermark-code'

/** Puts a watermark into a stream of blocks; as many frames come out as go in, in the same places. */
export interface Watermarker {
  /** Takes a block, gives what is decided: about 50 ms are held back. */
  push(block: PcmBlock): PcmBlock
  /** What was held back. */
  finish(): PcmBlock
}

/** How much a cell is made louder or softer, from sound that holds still to sound that fluctuates by itself. */
const weakestDb = 0.25
const strongestDb = 0.85
/** Of the strength for every decibel by which neighbouring frames differ on average. */
const strengthPerDb = 0.17
/** Share of a new frame in that average. */
const fluctuationShare = 0.3
/** An onset is not the habit of a sound. */
const largestStepDb = 8
const floorPower = 1e-14
const napersPerDb = Math.LN10 / 20

const plan = createStftPlan(windowSamples)

/**
 * The mark is made at 16 kHz, as the difference to the sound, and that difference is added: what is above the mark's
 * band, silence, and the first and last sample stay as they are. Every channel is marked alike.
 *
 * @param payload 32 bits, unsigned: who made the sound.
 * @param startSeconds Where the sound lies in a longer one that is marked part by part: the mark of the parts goes on.
 */
export function createWatermarker(
  sampleRateHz: number,
  channels: number,
  payload: number,
  startSeconds = 0,
): Watermarker {
  const pattern = markPattern(payload)
  const down = resamplerOf(sampleRateHz, markRateHz, channels)
  const up = resamplerOf(markRateHz, sampleRateHz, channels)
  const firstFrame = Math.round((startSeconds * markRateHz) / hopSamples)
  const markers = Array.from({ length: channels }, () => createChannelMarker(pattern, firstFrame))
  let sound: PcmBlock = silence(channels, 0)
  let narrow: PcmBlock = silence(channels, 0)
  let difference: PcmBlock = silence(channels, 0)
  /** The first hop of what the synthesis gives lies before the sound. */
  let early = true

  const mark = (block: PcmBlock): PcmBlock => {
    narrow = joinBlocks([narrow, block], channels)
    const hops = Math.floor(frameCount(narrow) / hopSamples)
    const marked = {
      channels: narrow.channels.map((samples, channel) => markers[channel]!.push(samples, hops)),
    }
    narrow = slice(narrow, hops * hopSamples)
    if (!early || hops === 0) return marked
    early = false
    return slice(marked, hopSamples)
  }

  /** Adds what there is of the difference. */
  const add = (count: number): PcmBlock => {
    const out = slice(sound, 0, count)
    out.channels.forEach((samples, channel) => {
      const change = difference.channels[channel]!
      for (let frame = 0; frame < count; frame++) samples[frame]! += change[frame]!
    })
    sound = slice(sound, count)
    difference = slice(difference, count)
    return out
  }

  return {
    push(block) {
      sound = joinBlocks([sound, block], channels)
      difference = joinBlocks([difference, up.push(mark(down.push(block)))], channels)
      return add(Math.min(frameCount(sound), frameCount(difference)))
    },
    finish() {
      const rest = frameCount(sound)
      const last = mark(down.finish())
      const fading = { channels: markers.map((marker) => marker.finish()) }
      const changes = [up.push(last), up.push(early ? silence(channels, 0) : fading), up.finish()]
      difference = joinBlocks([difference, ...changes, silence(channels, rest)], channels)
      return add(rest)
    },
  }
}

/** Gives the difference of hops to what they were, a hop late. */
function createChannelMarker(pattern: Int8Array, firstFrame: number) {
  const analysis = plan.createAnalysis()
  const synthesis = plan.createSynthesis()
  const spectrum = new Float64Array(plan.spectrumLength)
  const levels = new Float64Array(bandCount)
  const fluctuation = new Float64Array(bandCount).fill(strongestDb / strengthPerDb / 2)
  let frame = firstFrame
  return {
    push(samples: Float32Array, hops: number): Float32Array {
      const out = new Float32Array(hops * hopSamples)
      for (let hop = 0; hop < hops; hop++) {
        analysis.push(samples, hop * hopSamples, spectrum)
        leaveDifference(spectrum, signsAt(pattern, frame), { levels, fluctuation })
        // The first window begins before the sound.
        if (frame === firstFrame) spectrum.fill(0)
        synthesis.push(spectrum, out, hop * hopSamples)
        frame += 1
      }
      return out
    },
    /** The second half of the last window. */
    finish(): Float32Array {
      const out = new Float32Array(hopSamples)
      synthesis.push(spectrum.fill(0), out, 0)
      return out
    },
  }
}

interface SignsOfFrame {
  pattern: Int8Array
  start: number
  sign: number
}

function signsAt(pattern: Int8Array, frame: number): SignsOfFrame {
  const chip = Math.floor(frame / framesPerChip) % chipsPerPeriod
  const sign = frame % framesPerChip < framesPerChip / 2 ? 1 : -1
  return { pattern, start: chip * bandCount, sign }
}

/** A spectrum becomes what the mark adds to it. */
function leaveDifference(
  spectrum: Float64Array,
  { pattern, start, sign }: SignsOfFrame,
  { levels, fluctuation }: { levels: Float64Array; fluctuation: Float64Array },
): void {
  spectrum.fill(0, 0, 2 * firstBin)
  for (let band = 0; band < bandCount; band++) {
    const from = 2 * (firstBin + band * binsPerBand)
    const to = from + 2 * binsPerBand
    let power = floorPower
    for (let at = from; at < to; at++) power += spectrum[at]! * spectrum[at]!
    const level = 10 * Math.log10(power)
    fluctuation[band]! +=
      fluctuationShare * (Math.min(largestStepDb, Math.abs(level - levels[band]!)) - fluctuation[band]!)
    levels[band] = level
    const strengthDb = Math.min(strongestDb, weakestDb + strengthPerDb * fluctuation[band]!)
    const change = Math.expm1(napersPerDb * strengthDb * sign * pattern[start + band]!)
    for (let at = from; at < to; at++) spectrum[at]! *= change
  }
  spectrum.fill(0, 2 * (firstBin + bandCount * binsPerBand))
}

function resamplerOf(from: number, to: number, channels: number): Resampler {
  if (from !== to) return createResampler(from, to, channels)
  return { push: (block) => block, finish: () => silence(channels, 0) }
}

function silence(channels: number, frames: number): PcmBlock {
  return { channels: Array.from({ length: channels }, () => new Float32Array(frames)) }
}

function slice(block: PcmBlock, start: number, end?: number): PcmBlock {
  return { channels: block.channels.map((samples) => samples.slice(start, end)) }
}
