import { AppError } from '../../../../platform/errors'
import type { DiffusionNetworks } from './networks'
import type { DiffusionOptions } from './options'
import { blend, cut, type Row, type Window } from './windows'

/** Frames of the spectrum that the vocoder makes sound of at a time. */
const chunkFrames = 512
/** Beyond what a HiFi-GAN of four or five stages hears to either side: 22 frames. */
const contextFrames = 32
const fadeSeconds = 0.02
const seamSeconds = 0.1

/** The log-mel spectrum of latents: one channel. Needs 15 MB for ten minutes. */
export async function spectrumOf(
  latents: Row,
  windows: readonly Window[],
  networks: DiffusionNetworks,
  { latent, mel, scale_factor }: DiffusionOptions,
  signal: AbortSignal,
): Promise<Row> {
  const frames = latents.frames * latent.mel_frames
  const { bands } = mel
  const spectrum: Row = { data: new Float32Array(frames * bands), channels: 1, frames, bands }
  await blend(spectrum, windows, latent.mel_frames, (window) => {
    if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
    return networks.decode(cut(latents, window).map((value) => value / scale_factor))
  })
  return spectrum
}

export interface SoundOptions {
  networks: Pick<DiffusionNetworks, 'vocode'>
  hop: number
  sampleRateHz: number
  /** Of the result; at most what the spectrum holds. */
  samples: number
  /** The spectrum is a circle: the end runs into the beginning. */
  loop: boolean
}

/**
 * The sound of a spectrum, chunk by chunk, exactly as long as asked. A loop keeps its beginning, and its end is faded over
 * into what leads up to that; else the end is faded out.
 */
export async function* soundOf(spectrum: Row, options: SoundOptions): AsyncGenerator<Float32Array> {
  const { networks, hop, sampleRateHz, samples, loop } = options
  const whole = spectrum.frames * hop
  const seconds = loop ? seamSeconds : fadeSeconds
  const fade = loop && samples === whole ? 0 : Math.min(Math.round(seconds * sampleRateHz), samples >> 2)
  const lastFrame = Math.floor((samples - fade) / hop)
  const make = (from: number, to: number) => vocodePart(spectrum, networks, hop, loop, from, to)
  for (let frame = 0; frame < lastFrame; frame += chunkFrames) {
    yield await make(frame, Math.min(lastFrame, frame + chunkFrames))
  }
  if (lastFrame * hop === samples) return
  const rest = await make(lastFrame, loop ? spectrum.frames : Math.ceil(samples / hop))
  const end = samples - lastFrame * hop
  const shift = loop ? whole - samples : 0
  for (let at = end - fade; at < end; at++) {
    const angle = (Math.PI / 2) * ((at - end + fade + 0.5) / fade)
    const towards = loop ? Math.sin(angle) * rest[at + shift]! : 0
    rest[at] = Math.cos(angle) * rest[at]! + towards
  }
  yield rest.slice(0, end)
}

/** Samples of frames `from` to `to`, heard within what lies around them. */
async function vocodePart(
  spectrum: Row,
  networks: Pick<DiffusionNetworks, 'vocode'>,
  hop: number,
  circle: boolean,
  from: number,
  to: number,
): Promise<Float32Array> {
  const before = circle ? contextFrames : Math.min(from, contextFrames)
  const after = circle ? contextFrames : Math.min(spectrum.frames - to, contextFrames)
  const frames = before + to - from + after
  // Counted from a place in the circle that is not below zero.
  const start = from - before + (circle ? contextFrames * spectrum.frames : 0)
  const sound = await networks.vocode(cut(spectrum, { start, frames, ramp: 0 }))
  return sound.subarray(before * hop, (before + to - from) * hop)
}
