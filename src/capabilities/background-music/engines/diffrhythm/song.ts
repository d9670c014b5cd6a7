import { createFlowMatching } from '../../../../inference/samplers/flow-matching'
import { AppError } from '../../../../platform/errors'
import type { DiffrhythmOptions } from './config'
import type { DiffrhythmNetwork } from './network'

export interface SongRequest {
  style: Float32Array
  /** A phoneme, or 0, of a frame of the whole song. */
  textAt(frame: number): number
  frames: number
  /** Standard normal numbers. */
  gaussian(): number
  signal: AbortSignal
  /** 0–1. */
  progress(fraction: number): void
}

type Shape = Pick<
  DiffrhythmOptions,
  'max_frames' | 'channels' | 'known_frames' | 'time_points' | 'method' | 'sway'
>

/**
 * Latent frames for as long as asked. A song that is longer than one run of the network is gone on with as its authors
 * mend a part of one: the last frames are given, and the others are made to fit.
 */
export async function* generateLatents(
  network: Pick<DiffrhythmNetwork, 'velocity'>,
  shape: Shape,
  request: SongRequest,
): AsyncGenerator<Float32Array> {
  const { max_frames: window, known_frames: overlap } = shape
  const stride = window - overlap
  const runs = 1 + Math.max(0, Math.ceil((request.frames - window) / stride))
  let known: Float32Array[] = []
  for (let run = 0; run < runs; run++) {
    const offset = run * stride
    const progress = (fraction: number) => request.progress((run + fraction) / runs)
    const latents = await generateWindow(network, shape, { ...request, progress, offset, known })
    yield* latents.slice(known.length, request.frames - offset)
    known = latents.slice(-overlap)
  }
}

export interface WindowRequest extends Omit<SongRequest, 'frames'> {
  /** Its first frame, in the song. */
  offset: number
  /** Its first frames. */
  known: readonly Float32Array[]
}

/** One run of the network from noise to latents, the known ones as they are. */
export async function generateWindow(
  network: Pick<DiffrhythmNetwork, 'velocity'>,
  { max_frames: frames, channels, time_points, method, sway }: Shape,
  { style, textAt, gaussian, signal, progress, offset, known }: WindowRequest,
): Promise<Float32Array[]> {
  const conditions = {
    style,
    text: Array.from({ length: frames }, (_, frame) => textAt(offset + frame)),
    known: new Float32Array(frames * channels),
  }
  known.forEach((latent, frame) => conditions.known.set(latent, frame * channels))
  const sample = Float32Array.from({ length: frames * channels }, gaussian)
  const sampler = createFlowMatching({ intervals: time_points - 1, method, sway })
  for (const [index, time] of sampler.timesteps.entries()) {
    if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
    sampler.step(index, sample, await network.velocity(sample, time, conditions))
    progress((index + 1) / sampler.timesteps.length)
  }
  return Array.from(
    { length: frames },
    (_, frame) => known[frame] ?? sample.slice(frame * channels, (frame + 1) * channels),
  )
}
