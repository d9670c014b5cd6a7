import { basename, dirname, resolve } from 'node:path'

import type { AudioSink, DecodedAudio, Ffmpeg } from '../audio/ffmpeg'
import { createPeakLimiter } from '../audio/limiter'
import { frameCount, type PcmBlock } from '../audio/pcm'
import { createQualityMeter, type SoundQuality } from '../audio/quality-meter'
import { createWatermarker } from '../audio/watermark'
import { createSpeechExcerpt, type SpeechExcerpt } from '../capabilities/speech-quality'

/** What was measured of a stream while it passed. */
export interface Observation {
  sound: SoundQuality
  /** Null where no speech is to be judged. */
  excerpt: SpeechExcerpt | null
}

export interface ObservedSound {
  /** For the handler, in place of the one that was given. */
  ffmpeg: Ffmpeg
  /** Of the input, once it was decoded to its end as it is; null until then. */
  input(): Observation | null
  /** Of the output. */
  output(): Observation | null
}

export interface ObservationOptions {
  /** Null where there is no recording. */
  inputPath: string | null
  outputDir: string
  /** Whether to keep the beginning for a judge of speech. */
  speech: boolean
  /** What the output and all sound beside it is marked with; null for no mark. */
  watermark: number | null
}

interface Observer {
  push(block: PcmBlock): void
  result(): Observation
}

/**
 * Looks at what a handler reads and writes, on the way: the input where it is decoded as it is, and the output. All
 * that a handler encodes into the task's folder itself is a result and is watermarked: the output, which is
 * `output.<extension>`, with its preview, stems beside it, and the parts of a preview in their order, which are
 * `part-<number>.<extension>` and carry one mark that goes on from part to part. What is encoded into folders below,
 * and what is converted from a recording, stays as it is.
 */
export function observeSound(ffmpeg: Ffmpeg, options: ObservationOptions): ObservedSound {
  /** The recording, and what was made of it without loss. */
  const inputs = new Set(options.inputPath === null ? [] : [options.inputPath])
  const folder = resolve(options.outputDir)
  /** Of the parts of a preview that were written. */
  let partSeconds = 0
  let input: Observer | null = null
  let output: Observer | null = null
  const observer = (rateHz: number, channels: number) => createObserver(rateHz, channels, options.speech)

  const watched = (decoded: DecodedAudio): DecodedAudio => ({
    ...decoded,
    blocks: passing(decoded.blocks, observer(decoded.sampleRateHz, decoded.channels), (complete) => {
      input = complete
    }),
  })

  return {
    ffmpeg: {
      ...ffmpeg,
      async decode(path, asked) {
        const decoded = await ffmpeg.decode(path, asked)
        const asItIs = asked.sampleRateHz === undefined && asked.channels === undefined
        return asItIs && input === null && inputs.has(path) ? watched(decoded) : decoded
      },
      async convert(path, target, asked) {
        await ffmpeg.convert(path, target, asked)
        if (inputs.has(path) && target.format === 'flac') inputs.add(target.path)
      },
      encode(asked) {
        const sink = ffmpeg.encode(asked)
        const path = asked.outputs[0]?.path
        if (path === undefined || resolve(dirname(path)) !== folder) return sink
        const name = basename(path)
        const isPart = name.startsWith('part-')
        return markedSink(sink, {
          watermark: options.watermark,
          startSeconds: isPart ? partSeconds : 0,
          observe: (rateHz, channels) =>
            name.startsWith('output.') ? (output = observer(rateHz, channels)) : null,
          onEnd: (seconds) => {
            if (isPart) partSeconds += seconds
          },
        })
      },
    },
    input: () => input?.result() ?? null,
    output: () => output?.result() ?? null,
  }
}

function createObserver(sampleRateHz: number, channels: number, speech: boolean): Observer {
  const meter = createQualityMeter(sampleRateHz, channels)
  const excerpt = speech ? createSpeechExcerpt(sampleRateHz) : null
  return {
    push(block) {
      meter.push(block)
      excerpt?.push(block)
    },
    result: () => ({ sound: meter.result(), excerpt }),
  }
}

async function* passing(
  blocks: AsyncIterable<PcmBlock>,
  observer: Observer,
  onEnd: (observer: Observer) => void,
): AsyncGenerator<PcmBlock> {
  for await (const block of blocks) {
    observer.push(block)
    yield block
  }
  onEnd(observer)
}

/** What the mark adds must not clip: the limiter passes all other samples bit for bit. */
function createMark(sampleRateHz: number, channels: number, payload: number, startSeconds: number) {
  const watermarker = createWatermarker(sampleRateHz, channels, payload, startSeconds)
  const limiter = createPeakLimiter(sampleRateHz, channels)
  return {
    push: (block: PcmBlock): PcmBlock => limiter.push(watermarker.push(block)),
    finish: (): PcmBlock[] => [limiter.push(watermarker.finish()), limiter.finish()],
  }
}

interface Marking {
  watermark: number | null
  /** Where in the mark the sound begins. */
  startSeconds: number
  /** Null where nobody asks how good it is. */
  observe(sampleRateHz: number, channels: number): Observer | null
  onEnd(seconds: number): void
}

function markedSink(sink: AudioSink, { watermark, startSeconds, observe, onEnd }: Marking): AudioSink {
  let observer: Observer | null = null
  let mark: ReturnType<typeof createMark> | undefined
  let rateHz = 1
  let frames = 0
  const send = async (block: PcmBlock) => {
    if (frameCount(block) === 0) return
    frames += frameCount(block)
    observer?.push(block)
    await sink.write(block)
  }
  return {
    ...sink,
    begin(sampleRateHz, channels) {
      rateHz = sampleRateHz
      observer = observe(sampleRateHz, channels)
      if (watermark !== null) mark = createMark(sampleRateHz, channels, watermark, startSeconds)
      sink.begin(sampleRateHz, channels)
    },
    write: (block) => send(mark ? mark.push(block) : block),
    async finish() {
      for (const block of mark?.finish() ?? []) await send(block)
      onEnd(frames / rateHz)
      return sink.finish()
    },
  }
}
