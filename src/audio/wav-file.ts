import { open, type FileHandle } from 'node:fs/promises'

import { inputGuard } from './ffmpeg-process'
import { deinterleave, type PcmBlock } from './pcm'

/** An uncompressed WAV file that is read without a decoder. */
export interface WavFile {
  sampleRateHz: number
  channels: number
  /** Frames that are there, whatever the header claims. */
  frames: number
  /** Can be iterated once; closes the file at its end. */
  blocks: AsyncGenerator<PcmBlock>
  close(): Promise<void>
}

interface Layout {
  sampleRateHz: number
  channels: number
  bytesPerSample: number
  /** From bytes that begin their buffer. */
  toFloat(bytes: Uint8Array, samples: Float32Array): void
  dataOffset: number
  dataBytes: number
}

const headBytes = 64 * 1024
const blockFrames = 16_384
const pcmTag = 1
const floatTag = 3
const extensibleTag = 0xfffe
/** Sync words of compressed sound in the guise of samples (DTS; IEC 61937), which a decoder has to find out about. */
const disguises = ['7ffe8001', 'fe7f0180', '1fffe800', 'ff1f00e8', '72f81f4e', 'f8724e1f'].map((hex) =>
  Buffer.from(hex, 'hex'),
)

/**
 * Opens a WAV file of plain samples. The samples are the same as ffmpeg's, without its process to start.
 *
 * @returns null where anything about the file is out of the ordinary: that is left to the decoder.
 */
export async function openWavFile(path: string): Promise<WavFile | null> {
  const file = await open(path, 'r')
  let layout: Layout | null = null
  try {
    layout = await layoutOf(file)
  } finally {
    if (!layout) await file.close()
  }
  return layout && { ...shapeOf(layout), blocks: readBlocks(file, layout), close: () => file.close() }
}

/**
 * Arguments by which ffmpeg takes the samples of a 16-bit WAV file of one or two channels as they are. Left to itself it
 * first looks through 128 KB of them for other formats, which takes longer than to decode a short recording.
 *
 * @returns null for all other files.
 */
export async function plainWavArguments(path: string): Promise<string[] | null> {
  const file = await open(path, 'r')
  const layout = await layoutOf(file).finally(() => file.close())
  if (layout?.bytesPerSample !== 2 || layout.channels > 2) return null
  const { frames, sampleRateHz, channels } = shapeOf(layout)
  // Rounded up to what ffmpeg counts in, which is always less than half a frame.
  const seconds = Math.ceil((frames / sampleRateHz) * 1e6) / 1e6
  return [
    ...inputGuard('s16le'),
    ...['-ar', String(sampleRateHz), '-ac', String(channels)],
    ...['-skip_initial_bytes', String(layout.dataOffset), '-t', seconds.toFixed(6)],
  ]
}

async function layoutOf(file: FileHandle): Promise<Layout | null> {
  const head = Buffer.alloc(headBytes)
  const [{ size }, { bytesRead }] = await Promise.all([file.stat(), file.read(head, 0, headBytes, 0)])
  return readLayout(head.subarray(0, bytesRead), size)
}

function shapeOf({ sampleRateHz, channels, bytesPerSample, dataBytes }: Layout) {
  return { sampleRateHz, channels, frames: Math.floor(dataBytes / (channels * bytesPerSample)) }
}

function readLayout(head: Buffer, fileBytes: number): Layout | null {
  if (head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE') return null
  let format: Pick<Layout, 'sampleRateHz' | 'channels' | 'bytesPerSample' | 'toFloat'> | null = null
  for (let at = 12; at + 8 <= head.length;) {
    const id = head.toString('latin1', at, at + 4)
    const claimedBytes = head.readUInt32LE(at + 4)
    const content = at + 8
    if (id === 'data') {
      // Zero stands for “not known yet” in files whose recorder was cut off.
      if (!format || claimedBytes === 0) return null
      if (disguises.some((word) => head.indexOf(word, content) >= 0)) return null
      return { ...format, dataOffset: content, dataBytes: Math.min(claimedBytes, fileBytes - content) }
    }
    if (id === 'fmt ') format = readFormat(head.subarray(content, content + claimedBytes))
    at = content + claimedBytes + (claimedBytes & 1)
  }
  return null
}

function readFormat(chunk: Buffer) {
  if (chunk.length < 16) return null
  const tag = chunk.readUInt16LE(0)
  const kind = tag === extensibleTag && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag
  const channels = chunk.readUInt16LE(2)
  const sampleRateHz = chunk.readUInt32LE(4)
  const bits = chunk.readUInt16LE(14)
  const toFloat = converters[`${kind}/${bits}`]
  const bytesPerSample = bits / 8
  if (!toFloat || channels === 0 || chunk.readUInt16LE(12) !== channels * bytesPerSample) return null
  return { sampleRateHz, channels, bytesPerSample, toFloat }
}

/** By format tag and bits a sample. Typed arrays are little-endian on all machines that this runs on, as WAV is. */
const converters: Record<string, Layout['toFloat'] | undefined> = {
  [`${pcmTag}/16`]: ({ buffer }, samples) =>
    scaled(new Int16Array(buffer, 0, samples.length), samples, 2 ** 15),
  [`${pcmTag}/24`]: (bytes, samples) => {
    for (let index = 0, at = 0; index < samples.length; index++, at += 3) {
      const upper = (bytes[at]! << 8) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 24)
      samples[index] = upper / 2 ** 31
    }
  },
  [`${pcmTag}/32`]: ({ buffer }, samples) =>
    scaled(new Int32Array(buffer, 0, samples.length), samples, 2 ** 31),
  [`${floatTag}/32`]: ({ buffer }, samples) => samples.set(new Float32Array(buffer, 0, samples.length)),
}

function scaled(integers: Int16Array | Int32Array, samples: Float32Array, fullScale: number): void {
  for (let index = 0; index < samples.length; index++) samples[index] = integers[index]! / fullScale
}

async function* readBlocks(file: FileHandle, layout: Layout): AsyncGenerator<PcmBlock> {
  const { channels, bytesPerSample, dataOffset, dataBytes, toFloat } = layout
  const frameBytes = channels * bytesPerSample
  const bytes = new Uint8Array(blockFrames * frameBytes)
  const samples = new Float32Array(blockFrames * channels)
  try {
    for (let done = 0; done < dataBytes;) {
      const wanted = Math.min(bytes.length, dataBytes - done)
      const { bytesRead } = await file.read(bytes, 0, wanted, dataOffset + done)
      const frames = Math.floor(bytesRead / frameBytes)
      if (frames === 0) return
      const filled = samples.subarray(0, frames * channels)
      toFloat(bytes, filled)
      yield deinterleave(filled, channels, frames)
      done += frames * frameBytes
    }
  } finally {
    await file.close()
  }
}
