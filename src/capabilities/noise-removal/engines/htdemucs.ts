import { readFile } from 'node:fs/promises'
import { z } from 'zod'

import type { PcmBlock } from '../../../audio/pcm'
import { floats } from '../../../inference/float-tensor'
import type { JobContext } from '../../../inference/engine'
import type { Session } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import { stemNames, type SeparatorEngine, type SeparatorInput } from '../separator'
import { withFastFourier } from './fourier-graph'
import { averaged, branch } from './separation-shifts'
import { separateByWindows, type WindowOptions } from './separation-windows'

/**
 * Hybrid Transformer Demucs (Rouard, Massa & Défossez, "Hybrid Transformers for Music Source Separation", 2023) in the
 * layout of its published ONNX exports: `mix` [1,2,segment] to `stems` [1,stems,2,segment], Fourier transforms within
 * the graph, which are made fast. Windows, weights, shifts and level are those of Demucs' own `apply_model` and `Separator`.
 *
 * A single channel is heard as two equal ones, whose stems are averaged; more than two are heard in pairs.
 */

const optionsSchema = z.object({
  stems: z.array(z.string()).min(1),
  segmentFrames: z.int().positive(),
  overlap: z.number().min(0).max(0.9).default(0.25),
  transitionPower: z.number().min(1).default(1),
})

type Options = z.infer<typeof optionsSchema>

/** Keeps a recording of silence from being divided by nothing. */
const tinyDeviation = 1e-8

export const htdemucsEngine: SeparatorEngine = {
  id: 'htdemucs',
  async load({ manifest, path }, runtime) {
    const options = optionsSchema.parse({ ...manifest.options, stems: stemNames(manifest) })
    const graph = path(manifest.files[0]?.path ?? '')
    const session = await runtime.createSession(withFastFourier(await readFile(graph)) ?? graph, {
      providers: manifest.providers,
      plansMemory: false,
    })
    return {
      bytes: manifest.requirements.memoryMb * 1024 * 1024,
      run: (input, job) => Promise.resolve(separate(session, options, input, job)),
      release: () => session.release(),
    }
  },
}

async function* separate(
  session: Session,
  options: Options,
  { channels, blocks, level, shifts }: SeparatorInput,
  job: JobContext,
): AsyncGenerator<PcmBlock[]> {
  const deviation = level.deviation + tinyDeviation
  const windows: Omit<WindowOptions, 'leadingFrames'> = {
    ...{ channels, stems: options.stems.length, segmentFrames: options.segmentFrames },
    ...{ overlap: options.overlap, transitionPower: options.transitionPower },
    async network(segment) {
      job.signal.throwIfAborted()
      return separateSegment(session, options, segment)
    },
  }
  const normalised = branch(scaled(blocks, 1 / deviation, -level.mean / deviation), shifts.length)
  const passes = shifts.map((leadingFrames, index) =>
    separateByWindows(normalised[index]!, { ...windows, leadingFrames }),
  )
  for await (const stems of averaged(passes)) {
    yield stems.map((stem) => scale(stem, deviation, level.mean))
  }
}

async function* scaled(blocks: AsyncIterable<PcmBlock>, gain: number, offset: number) {
  for await (const block of blocks) yield scale(block, gain, offset)
}

function scale(block: PcmBlock, gain: number, offset: number): PcmBlock {
  const channels = block.channels.map((samples) => {
    const scaled = new Float32Array(samples.length)
    for (let frame = 0; frame < samples.length; frame++) scaled[frame] = samples[frame]! * gain + offset
    return scaled
  })
  return { channels }
}

/** Channels one after the other: [stem][channel][frame]. */
async function separateSegment(
  session: Session,
  { stems, segmentFrames }: Options,
  segment: Float32Array[],
): Promise<Float32Array> {
  const channels = segment.length
  const all = new Float32Array(stems.length * channels * segmentFrames)
  for (let left = 0; left < channels; left += 2) {
    const right = left + 1 < channels ? left + 1 : left
    const data = new Float32Array(2 * segmentFrames)
    data.set(segment[left]!)
    data.set(segment[right]!, segmentFrames)
    const outputs = await session.run({ mix: { data, dims: [1, 2, segmentFrames] } }, ['stems'])
    const pair = floats(outputs, 'stems').data
    if (pair.length !== 2 * stems.length * segmentFrames) {
      throw new AppError('model_corrupt', { message: 'The network’s stems are not those of its manifest.' })
    }
    for (let stem = 0; stem < stems.length; stem++) {
      const first = pair.subarray(2 * stem * segmentFrames, (2 * stem + 1) * segmentFrames)
      const second = pair.subarray((2 * stem + 1) * segmentFrames, (2 * stem + 2) * segmentFrames)
      const at = (stem * channels + left) * segmentFrames
      if (right === left)
        all.set(
          first.map((sample, frame) => 0.5 * (sample + second[frame]!)),
          at,
        )
      else {
        all.set(first, at)
        all.set(second, at + segmentFrames)
      }
    }
  }
  return all
}
