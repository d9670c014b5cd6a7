/** The part of a WAV header that streaming needs. */
export interface WavHeader {
  sampleRateHz: number
  channels: number
  /** Bytes before the first sample. */
  headerBytes: number
}

const floatTag = 3
const extensibleTag = 0xfffe

/**
 * Reads the header of a streamed 32-bit float WAV, as ffmpeg writes it to a pipe.
 *
 * @returns null while `bytes` does not yet hold the whole header.
 * @throws Error where the bytes are something else.
 */
export function readWavHeader(bytes: Buffer): WavHeader | null {
  if (bytes.length < 12) return null
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') throw new Error('no RIFF header')
  let offset = 12
  let format: { sampleRateHz: number; channels: number } | null = null
  while (offset + 8 <= bytes.length) {
    const id = bytes.toString('latin1', offset, offset + 4)
    const size = bytes.readUInt32LE(offset + 4)
    if (id === 'data') {
      if (!format) throw new Error('no format before the samples')
      return { ...format, headerBytes: offset + 8 }
    }
    if (id === 'fmt ') {
      if (offset + 8 + 16 > bytes.length) return null
      const tag = bytes.readUInt16LE(offset + 8)
      if (tag !== floatTag && tag !== extensibleTag) throw new Error(`unexpected sample format ${tag}`)
      format = { channels: bytes.readUInt16LE(offset + 10), sampleRateHz: bytes.readUInt32LE(offset + 12) }
    }
    offset += 8 + size + (size & 1)
  }
  return null
}

/** Header of a 32-bit float WAV of unknown length, for writing to a pipe. */
export function wavStreamHeader(sampleRateHz: number, channels: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(0xffffffff, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(floatTag, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRateHz, 24)
  header.writeUInt32LE(sampleRateHz * channels * 4, 28)
  header.writeUInt16LE(channels * 4, 32)
  header.writeUInt16LE(32, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(0xffffffff, 40)
  return header
}
