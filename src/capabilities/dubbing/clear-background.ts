import { createFrameReader } from '../../audio/frame-reader'
import { createStftPlan, type StftPlan } from '../../audio/stft'
import type { HandlerContext } from '../capability'

const windowSeconds = 0.064
/** A voice leaves every frequency for a moment within this much time before and after; a background does not. */
const reachSeconds = 0.4
/** What a steady noise has on average over the least that it has meanwhile. */
const meanOverLeast = 3
/** Of the voice's power, what is taken to lie in the background as well. */
const leak = 0.3

/**
 * Takes what is left of the voice out of a separated background, and puts back what the separation took from a steady
 * one. Where much voice was found, what else was found there is lowered (a Wiener gain with a share of the voice as
 * noise), but nowhere below the least power that the recording has at that frequency around that time (minimum
 * statistics: Martin, "Noise Power Spectral Density Estimation Based on Optimal Smoothing and Minimum Statistics", 2001),
 * which follows a background that swells and needs no pauses.
 *
 * @param paths Of the recording, of its background, and of the FLAC file to write, which has the recording's frames.
 */
export async function clearBackground(
  paths: { recording: string; background: string; output: string },
  maxSeconds: number,
  { ffmpeg, signal }: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): Promise<void> {
  const sources: { stop(): Promise<void> }[] = []
  const open = async (path: string) => {
    const decoded = await ffmpeg.decode(path, { maxSeconds, signal })
    sources.push(decoded)
    return decoded
  }
  const sink = ffmpeg.encode({ outputs: [{ path: paths.output, format: 'flac' }], signal })
  try {
    const [recording, background] = [await open(paths.recording), await open(paths.background)]
    const { sampleRateHz, channels } = recording
    sink.begin(sampleRateHz, channels)
    const heard = createFrameReader(recording.blocks, channels)
    const behind = createFrameReader(background.blocks, channels)
    const clearings = Array.from({ length: channels }, () => createClearing(sampleRateHz))
    const { hopFrames, lagHops } = clearings[0]!
    let total = 0
    let written = 0
    for (let hop = 0, tail = 0; tail < lagHops; hop++) {
      const [sound, rest] = [await heard.read(hopFrames), await behind.read(hopFrames)]
      const frames = sound.channels[0]?.length ?? 0
      total += frames
      if (frames === 0) tail++
      const cleared = clearings.map((clearing, channel) => {
        const [own, others] = [sound, rest].map((block) => filled(block.channels[channel], hopFrames))
        return clearing.push(own!, others!, frames === 0)
      })
      if (hop < lagHops || written === total) continue
      const spare = Math.min(hopFrames, total - written)
      written += spare
      await sink.write({ channels: cleared.map((samples) => samples.slice(0, spare)) })
    }
    await sink.finish()
  } catch (error) {
    await sink.abort()
    throw error
  } finally {
    await Promise.all(sources.map((source) => source.stop()))
  }
}

function filled(samples: Float32Array | undefined, frames: number): Float32Array {
  if (samples?.length === frames) return samples
  const all = new Float32Array(frames)
  all.set(samples ?? [])
  return all
}

interface Frame {
  /** Spectra of the recording and of its background. */
  heard: Float64Array
  rest: Float64Array
  /** Of the recording, over three neighbouring frequencies; null beyond its end. */
  power: Float64Array | null
}

/** One channel, hop by hop; what is given lies `lagHops` hops before what was taken, and is nothing before that. */
export function createClearing(sampleRateHz: number) {
  const plan = createStftPlan(nearestWindow(windowSeconds * sampleRateHz))
  const { hopSamples, spectrumLength } = plan
  const reach = Math.round((reachSeconds * sampleRateHz) / hopSamples)
  const [heardBy, restBy] = [plan.createAnalysis(), plan.createAnalysis()]
  const synthesis = plan.createSynthesis()
  const frames: Frame[] = []
  let taken = 0
  return {
    hopFrames: hopSamples,
    lagHops: reach + 1,
    /** @param ended The hop lies beyond the sound's end. */
    push(recording: Float32Array, background: Float32Array, ended: boolean): Float32Array {
      const heard = new Float64Array(spectrumLength)
      const rest = new Float64Array(spectrumLength)
      heardBy.push(recording, 0, heard)
      restBy.push(background, 0, rest)
      frames.push({ heard, rest, power: ended ? null : smoothPower(heard, plan) })
      if (frames.length > 2 * reach + 1) frames.shift()
      const out = new Float32Array(hopSamples)
      if (taken++ < reach) return out
      const middle = frames[frames.length - 1 - reach]!
      clear(middle, leastOf(frames, plan))
      synthesis.push(middle.rest, out, 0)
      return out
    },
  }
}

/** A power of two or three times one: what the transform takes. */
function nearestWindow(samples: number): number {
  const power = 2 ** Math.floor(Math.log2(samples))
  const choices = [power, 1.5 * power, 2 * power]
  return choices.reduce((best, each) => (Math.abs(each - samples) < Math.abs(best - samples) ? each : best))
}

function powerAt(spectrum: Float64Array, bin: number): number {
  return spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
}

function smoothPower(spectrum: Float64Array, { spectrumLength }: StftPlan): Float64Array {
  const last = spectrumLength / 2 - 1
  const power = new Float64Array(last + 1)
  for (let bin = 0; bin <= last; bin++) {
    const [below, above] = [Math.max(0, bin - 1), Math.min(last, bin + 1)]
    power[bin] = (powerAt(spectrum, below) + powerAt(spectrum, bin) + powerAt(spectrum, above)) / 3
  }
  return power
}

function leastOf(frames: readonly Frame[], { spectrumLength }: StftPlan): Float64Array {
  const least = new Float64Array(spectrumLength / 2).fill(Infinity)
  for (const { power } of frames) {
    if (!power) continue
    for (let bin = 0; bin < least.length; bin++) least[bin] = Math.min(least[bin]!, power[bin]!)
  }
  return least
}

/** Writes the cleared background in place of the background. */
function clear({ heard, rest }: Frame, least: Float64Array): void {
  for (let bin = 0; bin < least.length; bin++) {
    const [re, im] = [2 * bin, 2 * bin + 1]
    const restPower = powerAt(rest, bin)
    const voicePower = (heard[re]! - rest[re]!) ** 2 + (heard[im]! - rest[im]!) ** 2
    const gain = restPower / (restPower + leak * voicePower + Number.MIN_VALUE)
    const heardPower = powerAt(heard, bin)
    const floor = Math.min(heardPower, meanOverLeast * least[bin]!)
    const source = restPower * gain ** 2 >= floor ? rest : heard
    const factor = source === rest ? gain : Math.sqrt(floor / heardPower)
    rest[re] = factor * source[re]!
    rest[im] = factor * source[im]!
  }
}
