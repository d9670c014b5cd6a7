import { AppError } from '../../../../platform/errors'
import { delayedCodes, type CodeFrame } from './codes'
import type { MusicgenConfig } from './config'
import type { Conditioning, MusicgenNetwork } from './network'

export interface CodeRequest {
  conditioning: Conditioning
  frames: number
  /** Frames of one run of the network: what it was trained on. */
  windowFrames: number
  /** How many of them a further run adds: the others are given it, the last ones that there are. */
  strideFrames: number
  /** Chooses a code by its logits. */
  pick(logits: Float32Array): number
  signal: AbortSignal
}

type Shape = Pick<MusicgenConfig, 'codebooks' | 'padding'>

/**
 * Frames of codes for as long as asked. Beyond the window the network goes on from the end of what it has given, as
 * audiocraft's `extend_stride` does, so that neither its cache nor its positions grow.
 */
export async function* generateCodes(
  network: MusicgenNetwork,
  shape: Shape,
  request: CodeRequest,
): AsyncGenerator<CodeFrame> {
  const { frames, windowFrames, strideFrames } = request
  const kept = windowFrames - strideFrames
  let recent: CodeFrame[] = []
  for (let done = 0; done < frames;) {
    const given = recent
    const window = Math.min(windowFrames, given.length + frames - done)
    recent = [...given]
    for await (const frame of continueCodes(network, shape, request, given, window)) {
      recent.push(frame)
      done += 1
      yield frame
    }
    recent = recent.slice(-kept)
  }
}

/** One run of the network: the frames after the given ones, up to `frames` with them. */
export async function* continueCodes(
  network: MusicgenNetwork,
  { codebooks, padding }: Shape,
  { conditioning, pick, signal }: Pick<CodeRequest, 'conditioning' | 'pick' | 'signal'>,
  given: readonly CodeFrame[],
  frames: number,
): AsyncGenerator<CodeFrame> {
  const delayed = delayedCodes(given, { frames, codebooks, padding })
  const rows = delayed.first()
  const firstStep = rows[0]!.length
  let step = await network.start(conditioning, rows)
  for (let at = firstStep; at < delayed.steps; at++) {
    if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
    const codes = step.logits.map((logits, codebook) => delayed.fixed(at, codebook) ?? pick(logits))
    codes.forEach((code, codebook) => rows[codebook]!.push(code))
    const frame = delayed.completedAt(at)
    if (frame !== null && frame >= given.length) {
      yield rows.map((row, codebook) => row[frame + 1 + codebook]!)
    }
    if (at < delayed.steps - 1) step = await network.next(step, codes)
  }
}
