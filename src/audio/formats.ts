/** Formats that ffmpeg is asked to write. */
export const audioFormats = ['flac', 'wav', 'mp3', 'opus', 'm4a'] as const
export type AudioFormat = (typeof audioFormats)[number]
/** Formats for streams, besides: AAC in its bare frames, and samples of 16 bits without any header. */
export type StreamFormat = 'aac' | 'pcm'

export interface AudioFormatInfo {
  contentType: string
  extension: string
  lossless: boolean
  /** ffmpeg's muxer. */
  muxer: string
  codecArguments: string[]
  /** What makes the encoder quicker, where it can be. */
  quickArguments: string[]
  /** Null for lossless formats. */
  defaultBitRateKbps: number | null
}

/** What each output format is called on the wire, on disk and in ffmpeg. */
export const audioFormatTable: Record<AudioFormat | StreamFormat, AudioFormatInfo> = {
  flac: {
    contentType: 'audio/flac',
    extension: 'flac',
    lossless: true,
    muxer: 'flac',
    // 24 bits: the encoder takes them in the upper part of 32-bit samples.
    codecArguments: ['-c:a', 'flac', '-sample_fmt', 's32', '-bits_per_raw_sample', '24'],
    quickArguments: [],
    defaultBitRateKbps: null,
  },
  wav: {
    contentType: 'audio/wav',
    extension: 'wav',
    lossless: true,
    muxer: 'wav',
    // Files above 4 GB get the 64-bit header by themselves.
    codecArguments: ['-c:a', 'pcm_s24le', '-rf64', 'auto'],
    quickArguments: [],
    defaultBitRateKbps: null,
  },
  mp3: {
    contentType: 'audio/mpeg',
    extension: 'mp3',
    lossless: false,
    muxer: 'mp3',
    codecArguments: ['-c:a', 'libmp3lame'],
    quickArguments: ['-compression_level', '7'],
    defaultBitRateKbps: 192,
  },
  opus: {
    contentType: 'audio/ogg',
    extension: 'opus',
    lossless: false,
    muxer: 'opus',
    codecArguments: ['-c:a', 'libopus'],
    quickArguments: [],
    defaultBitRateKbps: 128,
  },
  m4a: {
    contentType: 'audio/mp4',
    extension: 'm4a',
    lossless: false,
    muxer: 'ipod',
    codecArguments: ['-c:a', 'aac'],
    quickArguments: [],
    defaultBitRateKbps: 192,
  },
  aac: {
    contentType: 'audio/aac',
    extension: 'aac',
    lossless: false,
    muxer: 'adts',
    codecArguments: ['-c:a', 'aac'],
    quickArguments: [],
    defaultBitRateKbps: 192,
  },
  pcm: {
    contentType: 'audio/pcm',
    extension: 'pcm',
    lossless: true,
    muxer: 's16le',
    codecArguments: ['-c:a', 'pcm_s16le'],
    quickArguments: [],
    defaultBitRateKbps: null,
  },
}

/** The format that a file name's extension asks for, or null. */
export function formatOfFileName(name: string): AudioFormat | null {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase()
  return audioFormats.find((format) => audioFormatTable[format].extension === extension) ?? null
}
