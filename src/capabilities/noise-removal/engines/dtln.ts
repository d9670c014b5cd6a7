import { readFile } from 'node:fs/promises'
import { createRealFft } from '../../../audio/fft-real'
import type { PcmBlock } from '../../../audio/pcm'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import type { DenoiserEngine } from '../denoiser'
import { runAligned, silentBlock } from '../block-stream'
import { dtlnMaskGraph, dtlnSignalGraph, HIDDEN } from './dtln-graph'
import { floats } from '../../../inference/float-tensor'

/**
 * DTLN (Westhausen & Meyer, "Dual-Signal Transformation LSTM Network for Real-Time Noise Suppression", 2020) at 16 kHz:
 * a mask on the magnitudes of a 512-sample frame, then a mask in a learned basis of its samples, a frame every 128
 * samples. Works from the published `model_1.onnx` and `model_2.onnx`, whose weights are put into graphs that take a
 * second of frames at once.
 *
 * Channels run side by side as the batch, each with its own state: the second stage has no gains that could be shared.
 */

const FRAME = 512
const HOP = 128
const BINS = FRAME / 2 + 1
/** Frames a network call: one second. */
const FRAMES_PER_BLOCK = 125

export const dtlnEngine: DenoiserEngine = {
  id: 'dtln',
  async load(model: ModelFiles, runtime: Runtime) {
    const mask = await runtime.createSession(dtlnMaskGraph(await readFile(model.path('model_1.onnx'))))
    const signal = await runtime.createSession(dtlnSignalGraph(await readFile(model.path('model_2.onnx'))))
    return {
      bytes: 2 * model.manifest.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0),
      run: (input, job) => Promise.resolve(denoise(mask, signal, input.channels, input.blocks, job)),
      async release() {
        await mask.release()
        await signal.release()
      },
    }
  },
}

function denoise(
  mask: Session,
  signal: Session,
  channels: number,
  blocks: AsyncIterable<PcmBlock>,
  job: JobContext,
): AsyncGenerator<PcmBlock> {
  const blockFrames = FRAMES_PER_BLOCK * HOP
  const voices = Array.from({ length: channels }, (_, index) => createVoice(index, channels))
  const maskOf = createStage(mask, channels)
  const signalOf = createStage(signal, channels)
  const magnitudes = new Float32Array(FRAMES_PER_BLOCK * channels * BINS)
  const frames = new Float32Array(FRAMES_PER_BLOCK * channels * FRAME)
  const stage = {
    blockFrames,
    delayFrames: FRAME - HOP,
    async process(block: PcmBlock): Promise<PcmBlock> {
      for (const [index, voice] of voices.entries()) voice.analyse(block.channels[index]!, magnitudes)
      const gains = await maskOf(magnitudes, BINS)
      for (const voice of voices) voice.applyMask(gains, frames)
      job.signal.throwIfAborted()
      const cleaned = await signalOf(frames, FRAME)
      const out = silentBlock(channels, blockFrames)
      for (const [index, voice] of voices.entries()) voice.overlapAdd(cleaned, out.channels[index]!)
      return out
    },
  }
  return runAligned(blocks, channels, stage, () => job.signal.throwIfAborted())
}

/** A graph with the state of its two layers from block to block. */
function createStage(session: Session, channels: number) {
  const names = ['h0', 'c0', 'h1', 'c1']
  const states: Record<string, Tensor> = {}
  for (const name of names) {
    states[name] = { data: new Float32Array(channels * HIDDEN), dims: [1, channels, HIDDEN] }
  }
  return async (data: Float32Array, width: number): Promise<Float32Array> => {
    const outputs = await session.run({ x: { data, dims: [FRAMES_PER_BLOCK, channels, width] }, ...states })
    for (const name of names) states[name] = floats(outputs, `${name}_out`)
    return floats(outputs, 'y').data
  }
}

/** One channel's framing; `index` of `channels` is its place in the interleaved tensors [frame, channel, value]. */
function createVoice(index: number, channels: number) {
  const fft = createRealFft(FRAME)
  const recent = new Float64Array(FRAME)
  const scratch = new Float64Array(FRAME)
  const overlap = new Float64Array(FRAME)
  const spectra = Array.from({ length: FRAMES_PER_BLOCK }, () => new Float64Array(fft.spectrumLength))
  return {
    analyse(samples: Float32Array, magnitudes: Float32Array): void {
      for (const [frame, spectrum] of spectra.entries()) {
        recent.copyWithin(0, HOP)
        for (let n = 0; n < HOP; n++) recent[FRAME - HOP + n] = samples[frame * HOP + n]!
        fft.forward(recent, spectrum)
        const at = (frame * channels + index) * BINS
        for (let bin = 0; bin < BINS; bin++) {
          const re = spectrum[2 * bin]!
          const im = spectrum[2 * bin + 1]!
          magnitudes[at + bin] = Math.sqrt(re * re + im * im)
        }
      }
    },
    applyMask(gains: Float32Array, frames: Float32Array): void {
      for (const [frame, spectrum] of spectra.entries()) {
        const at = (frame * channels + index) * BINS
        for (let bin = 0; bin < BINS; bin++) {
          spectrum[2 * bin]! *= gains[at + bin]!
          spectrum[2 * bin + 1]! *= gains[at + bin]!
        }
        fft.inverse(spectrum, scratch)
        frames.set(scratch, (frame * channels + index) * FRAME)
      }
    },
    overlapAdd(frames: Float32Array, out: Float32Array): void {
      for (let frame = 0; frame < FRAMES_PER_BLOCK; frame++) {
        const at = (frame * channels + index) * FRAME
        for (let n = 0; n < FRAME; n++) overlap[n]! += frames[at + n]!
        for (let n = 0; n < HOP; n++) out[frame * HOP + n] = overlap[n]!
        overlap.copyWithin(0, HOP)
        overlap.fill(0, FRAME - HOP)
      }
    },
  }
}
