import { frameCount, type PcmBlock } from '../../../../audio/pcm'
import { createResampler } from '../../../../audio/resample'
import { createFader } from '../../../../audio/synthesis/mixer-fades'
import { createLoudnessMeter } from '../../../../audio/synthesis/mixer-loudness'
import { createReverb } from '../../../../audio/synthesis/reverb'
import { sampleRateHz } from '../../write-music'

const blockFrames = 4096
/** Of a small hall, under the instrument. */
const hall = { decaySeconds: 1.7, size: 0.5, dampingHz: 5200, preDelaySeconds: 0.018 }
const hallShare = 0.32
/** After so long nothing of a hall is heard any more. */
const playInSeconds = 4

/** Joins what an instrument plays and brings it to the clip's rate and length. */
export async function collectSolo(
  parts: AsyncIterable<Float32Array>,
  { rateHz, frames }: { rateHz: number; frames: number },
  progress: (fraction: number) => void,
): Promise<Float32Array> {
  const resampler = createResampler(rateHz, sampleRateHz, 1)
  const solo = new Float32Array(frames)
  let at = 0
  const add = ({ channels }: PcmBlock) => {
    const samples = channels[0]!.subarray(0, frames - at)
    solo.set(samples, at)
    at += samples.length
  }
  for await (const samples of parts) {
    add(resampler.push({ channels: [samples] }))
    progress(at / frames)
  }
  add(resampler.finish())
  return solo
}

export interface Staging {
  /** Mono, of the clip's rate and length. */
  solo: Float32Array
  /** Stereo, as long; null for the instrument alone. */
  band: readonly PcmBlock[] | null
  /** How much louder the instrument is than the band. */
  aheadLu: number
  /** Whether the hall rings on from the end into the beginning. */
  loop: boolean
  fadeOutFrames: number
}

/** The instrument in a hall, before its band. */
export function* staged({ solo, band, aheadLu, loop, fadeOutFrames }: Staging): Generator<PcmBlock> {
  const frames = solo.length
  const hallOf = createReverb(hall, sampleRateHz)
  const fade = createFader({ inFrames: 0, outFrames: fadeOutFrames, frames })
  const gain = band ? 10 ** ((loudnessOf(band) + aheadLu - loudnessOfSolo(solo)) / 20) : 1
  const inHall = (from: number, to: number): PcmBlock => {
    const dry = solo.slice(from, to).map((sample) => gain * sample)
    const sent = dry.map((sample) => hallShare * sample)
    const wet = hallOf.process({ channels: [sent, sent.slice()] })
    return { channels: wet.channels.map((samples) => samples.map((sample, n) => sample + dry[n]!)) }
  }
  if (loop) {
    const playIn = Math.min(frames, playInSeconds * sampleRateHz)
    for (let at = frames - playIn; at < frames; at += blockFrames)
      inHall(at, Math.min(frames, at + blockFrames))
  }
  let at = 0
  for (const around of band ?? silence(frames)) {
    const count = frameCount(around)
    const block = inHall(at, at + count)
    block.channels.forEach((samples, channel) => {
      for (let n = 0; n < count; n++) samples[n]! += around.channels[channel]![n]!
    })
    fade(block)
    yield block
    at += count
  }
}

function* silence(frames: number): Generator<PcmBlock> {
  for (let at = 0; at < frames; at += blockFrames) {
    const count = Math.min(blockFrames, frames - at)
    yield { channels: [new Float32Array(count), new Float32Array(count)] }
  }
}

function loudnessOf(blocks: readonly PcmBlock[]): number {
  const meter = createLoudnessMeter(sampleRateHz, 2)
  for (const block of blocks) meter.add(block)
  return meter.integrated()
}

function loudnessOfSolo(solo: Float32Array): number {
  return loudnessOf([{ channels: [solo, solo] }])
}
