import type { PcmBlock } from '../../../audio/pcm'
import { createRealFft } from '../../../audio/fft-real'
import { floats } from '../../../inference/float-tensor'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import { runAligned, silentBlock } from '../block-stream'
import type { DenoiserEngine } from '../denoiser'
import { createDeepFilterFeatures, erbWidths, vorbisWindow } from './deepfilter-features'

/**
 * DeepFilterNet 3 (Schröter, Rosenkranz, Escalante-B. & Maier, "DeepFilterNet: Perceptually Motivated Real-Time Speech
 * Enhancement", 2023) at 48 kHz, by its published graphs: an encoder, a decoder of gains for bands, and a decoder of
 * filters over five frames for the lowest bins.
 *
 * The graphs take any number of frames but no state: a call hears ten seconds, and the ten before them again, so that
 * its recurrent layers know the sound when its results begin to count. They remember longer than that: after a join,
 * results differ from those of a single call for the whole sound, by a level that is some 35 dB below theirs.
 */

const rateHz = 48_000
const windowSamples = 960
const hopSamples = 480
const bands = 32
const fewestBandBins = 2
const filteredBins = 96
const filterOrder = 5
/** Frames that a result lies behind what the networks hear. */
const lookahead = 2

export interface DeepFilterCalls {
  /** Frames of a call whose results are used. */
  blockSpectra: number
  /** Those before that it hears for its memory. */
  warmUpSpectra: number
}

export function createDeepFilterNetEngine(calls: DeepFilterCalls): DenoiserEngine {
  return {
    id: 'deepfilternet3',
    async load({ manifest, path }: ModelFiles, runtime: Runtime) {
      const open = (file: string) => runtime.createSession(path(file))
      const encoder = await open('enc.onnx')
      const gainDecoder = await open('erb_dec.onnx')
      const filterDecoder = await open('df_dec.onnx')
      const graphs = { encoder, gainDecoder, filterDecoder }
      return {
        bytes: 8 * manifest.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0),
        run: (input, job) => Promise.resolve(denoise(graphs, calls, input.channels, input.blocks, job)),
        async release() {
          for (const session of Object.values(graphs)) await session.release()
        },
      }
    },
  }
}

export const deepFilterNetEngine = createDeepFilterNetEngine({ blockSpectra: 1000, warmUpSpectra: 1000 })

interface Graphs {
  encoder: Session
  gainDecoder: Session
  filterDecoder: Session
}

function denoise(
  graphs: Graphs,
  { blockSpectra, warmUpSpectra }: DeepFilterCalls,
  channels: number,
  blocks: AsyncIterable<PcmBlock>,
  job: JobContext,
): AsyncGenerator<PcmBlock> {
  const blockFrames = blockSpectra * hopSamples
  const voices = Array.from({ length: channels }, () => createVoice(graphs, warmUpSpectra))
  const stage = {
    blockFrames,
    delayFrames: windowSamples - hopSamples + lookahead * hopSamples,
    async process(block: PcmBlock): Promise<PcmBlock> {
      const out = silentBlock(channels, blockFrames)
      for (const [index, voice] of voices.entries()) {
        job.signal.throwIfAborted()
        await voice(block.channels[index]!, out.channels[index]!)
      }
      return out
    },
  }
  return runAligned(blocks, channels, stage, () => job.signal.throwIfAborted())
}

/** Features of the frames that a call hears, oldest first. */
interface Heard {
  levels: Float32Array[]
  real: Float32Array[]
  imaginary: Float32Array[]
}

function createVoice(graphs: Graphs, warmUpSpectra: number) {
  const widths = erbWidths(rateHz, windowSamples, bands, fewestBandBins)
  const transform = createTransform()
  const features = createDeepFilterFeatures(widths, filteredBins)
  const heard: Heard = { levels: [], real: [], imaginary: [] }
  /** The last frames' spectra, oldest first; silence before the first. */
  const recent: Float64Array[] = Array.from(
    { length: filterOrder },
    () => new Float64Array(windowSamples + 2),
  )

  return async (samples: Float32Array, out: Float32Array): Promise<void> => {
    for (const rows of Object.values(heard) as Float32Array[][]) rows.splice(0, rows.length - warmUpSpectra)
    const spectra: Float64Array[] = []
    for (let at = 0; at < samples.length; at += hopSamples) {
      const spectrum = transform.analyse(samples.subarray(at, at + hopSamples))
      const rows = [
        new Float32Array(bands),
        new Float32Array(filteredBins),
        new Float32Array(filteredBins),
      ] as const
      features.add(spectrum, ...rows)
      heard.levels.push(rows[0])
      heard.real.push(rows[1])
      heard.imaginary.push(rows[2])
      spectra.push(spectrum)
    }
    const { gains, filters } = await decode(graphs, heard)
    const first = heard.levels.length - spectra.length
    for (const [index, spectrum] of spectra.entries()) {
      recent.shift()
      recent.push(spectrum)
      const row = first + index
      const result = applyGains(recent[filterOrder - 1 - lookahead]!, gains.subarray(row * bands), widths)
      applyFilters(recent, filters.subarray(row * filteredBins * filterOrder * 2), result)
      transform.synthesise(result, out, index * hopSamples)
    }
  }
}

async function decode({ encoder, gainDecoder, filterDecoder }: Graphs, heard: Heard) {
  const frames = heard.levels.length
  const encoded = await encoder.run({
    feat_erb: { data: joined(heard.levels), dims: [1, 1, frames, bands] },
    feat_spec: { data: joined([...heard.real, ...heard.imaginary]), dims: [1, 2, frames, filteredBins] },
  })
  const pick = (...names: string[]): Record<string, Tensor> =>
    Object.fromEntries(names.map((name) => [name, floats(encoded, name)]))
  const gains = await gainDecoder.run(pick('emb', 'e3', 'e2', 'e1', 'e0'), ['m'])
  const filters = await filterDecoder.run(pick('emb', 'c0'), ['coefs'])
  return { gains: floats(gains, 'm').data, filters: floats(filters, 'coefs').data }
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]!.length
  const data = new Float32Array(rows.length * width)
  for (const [index, row] of rows.entries()) data.set(row, index * width)
  return data
}

function applyGains(spectrum: Float64Array, gains: Float32Array, widths: readonly number[]): Float64Array {
  const result = spectrum.slice()
  let at = 0
  for (const [band, width] of widths.entries()) {
    for (const end = at + 2 * width; at < end; at++) result[at]! *= gains[band]!
  }
  return result
}

/** Every low bin is the sum of its last five values, each times a complex coefficient: [bin][frame][real, imaginary]. */
function applyFilters(recent: readonly Float64Array[], filters: Float32Array, result: Float64Array): void {
  for (let bin = 0; bin < filteredBins; bin++) {
    let [real, imaginary] = [0, 0]
    for (const [frame, spectrum] of recent.entries()) {
      const at = 2 * (bin * filterOrder + frame)
      const [re, im] = [spectrum[2 * bin]!, spectrum[2 * bin + 1]!]
      real += re * filters[at]! - im * filters[at + 1]!
      imaginary += re * filters[at + 1]! + im * filters[at]!
    }
    result[2 * bin] = real
    result[2 * bin + 1] = imaginary
  }
}

/** libDF's transform: spectra are scaled by the window's length. */
function createTransform() {
  const fft = createRealFft(windowSamples)
  const window = vorbisWindow(windowSamples)
  const held = new Float64Array(windowSamples)
  const scratch = new Float64Array(windowSamples)
  const overlap = new Float64Array(hopSamples)
  return {
    analyse(samples: Float32Array): Float64Array {
      held.copyWithin(0, hopSamples)
      held.set(samples, hopSamples)
      for (let n = 0; n < windowSamples; n++) scratch[n] = (held[n]! * window[n]!) / windowSamples
      const spectrum = new Float64Array(fft.spectrumLength)
      fft.forward(scratch, spectrum)
      return spectrum
    },
    synthesise(spectrum: Float64Array, out: Float32Array, offset: number): void {
      fft.inverse(spectrum, scratch)
      for (let n = 0; n < windowSamples; n++) scratch[n]! *= window[n]! * windowSamples
      for (let n = 0; n < hopSamples; n++) {
        out[offset + n] = overlap[n]! + scratch[n]!
        overlap[n] = scratch[hopSamples + n]!
      }
    },
  }
}
