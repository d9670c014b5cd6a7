import { open, type FileHandle } from 'node:fs/promises'

import { AppError } from '../platform/errors'

/** What a file's first bytes say it is. `demuxer` is the only ffmpeg demuxer that may open it. */
export interface MediaType {
  demuxer: string
  /** Short name shown to people: `wav`, `mp3`, `mp4` … */
  container: string
}

const headBytes = 64 * 1024

const ascii = (head: Buffer, offset: number, length: number) =>
  head.subarray(offset, offset + length).toString('latin1')

interface Signature extends MediaType {
  matches(head: Buffer): boolean
}

const asfGuid = Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex')

const signatures: Signature[] = [
  { container: 'wav', demuxer: 'wav', matches: (h) => isRiff(h) && ascii(h, 8, 4) === 'WAVE' },
  { container: 'w64', demuxer: 'w64', matches: (h) => ascii(h, 0, 4) === 'riff' && h[4] === 0x2e },
  {
    container: 'aiff',
    demuxer: 'aiff',
    matches: (h) => ascii(h, 0, 4) === 'FORM' && /^AIF[FC]$/.test(ascii(h, 8, 4)),
  },
  { container: 'au', demuxer: 'au', matches: (h) => ascii(h, 0, 4) === '.snd' },
  { container: 'caf', demuxer: 'caf', matches: (h) => ascii(h, 0, 4) === 'caff' },
  { container: 'flac', demuxer: 'flac', matches: (h) => ascii(h, 0, 4) === 'fLaC' },
  { container: 'ogg', demuxer: 'ogg', matches: (h) => ascii(h, 0, 4) === 'OggS' },
  {
    container: 'matroska',
    demuxer: 'matroska',
    matches: (h) => h.length >= 4 && h.readUInt32BE(0) === 0x1a45dfa3,
  },
  {
    container: 'mp4',
    demuxer: 'mov',
    matches: (h) => /^(ftyp|moov|wide|mdat|free|skip)$/.test(ascii(h, 4, 4)),
  },
  { container: 'asf', demuxer: 'asf', matches: (h) => h.subarray(0, 16).equals(asfGuid) },
  { container: 'amr', demuxer: 'amr', matches: (h) => ascii(h, 0, 5) === '#!AMR' },
  { container: 'wavpack', demuxer: 'wv', matches: (h) => ascii(h, 0, 4) === 'wvpk' },
  { container: 'aac', demuxer: 'aac', matches: (h) => h[0] === 0xff && (h[1]! & 0xf6) === 0xf0 },
  { container: 'mp3', demuxer: 'mp3', matches: (h) => isMp3Header(h, 0) || hasMp3FramePair(h) },
]

const refusals: { what: string; matches(head: Buffer): boolean }[] = [
  { what: 'a video (AVI)', matches: (h) => isRiff(h) && ascii(h, 8, 4) === 'AVI ' },
  { what: 'a video (FLV)', matches: (h) => ascii(h, 0, 3) === 'FLV' },
  { what: 'a video (MPEG)', matches: (h) => h.length >= 4 && [0x1ba, 0x1b3].includes(h.readUInt32BE(0)) },
  {
    what: 'a video (MPEG transport stream)',
    matches: (h) => h[0] === 0x47 && h[188] === 0x47 && h[376] === 0x47,
  },
  { what: 'a picture', matches: (h) => ascii(h, 1, 3) === 'PNG' || ascii(h, 0, 4) === 'GIF8' },
  { what: 'a picture', matches: (h) => h[0] === 0xff && h[1] === 0xd8 },
  { what: 'a picture', matches: (h) => isRiff(h) && ascii(h, 8, 4) === 'WEBP' },
  { what: 'a PDF document', matches: (h) => ascii(h, 0, 5) === '%PDF-' },
  {
    what: 'an archive',
    matches: (h) => ascii(h, 0, 4) === 'PK\u0003\u0004' || (h[0] === 0x1f && h[1] === 0x8b),
  },
  { what: 'a MIDI file, which holds notes and not sound', matches: (h) => ascii(h, 0, 4) === 'MThd' },
  { what: 'a playlist', matches: (h) => /^(\ufeff|\xef\xbb\xbf)?\s*#EXTM3U/.test(ascii(h, 0, 256)) },
  { what: 'a list of other files', matches: (h) => /^\s*ffconcat/.test(ascii(h, 0, 256)) },
  { what: 'a drawing (SVG)', matches: (h) => /<svg[\s>]/i.test(ascii(h, 0, 4096)) },
  { what: 'text', matches: isText },
]

const acceptedKinds = 'WAV, MP3, FLAC, Ogg, Opus, M4A, AAC, WebM, AIFF or WMA'

/**
 * Looks at the first bytes of a file and nothing else: neither its name nor any other file. Only containers that
 * cannot name other files or addresses are let through.
 *
 * @throws AppError `invalid_media` (empty, unreadable) or `unsupported_media` (text, playlist, picture, video …).
 */
export async function sniffMediaType(path: string): Promise<MediaType> {
  const file = await openForReading(path)
  try {
    const { size } = await file.stat()
    if (size === 0) {
      throw new AppError('invalid_media', {
        message: 'The file is empty. Choose a file that holds a recording.',
      })
    }
    const head = await readAt(file, 0)
    const tagBytes = id3Bytes(head)
    const sound = tagBytes === 0 ? head : await readAt(file, tagBytes)
    return classify(sound, tagBytes > 0)
  } finally {
    await file.close()
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r')
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch (cause) {
    throw new AppError('invalid_media', { message: 'The file could not be opened.', cause })
  }
  throw new AppError('invalid_media', { message: 'The input is not a file.' })
}

async function readAt(file: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, position)
  return buffer.subarray(0, bytesRead)
}

function classify(head: Buffer, tagged: boolean): MediaType {
  const known = signatures.find((signature) => signature.matches(head))
  if (known) return { container: known.container, demuxer: known.demuxer }
  const refused = refusals.find((refusal) => refusal.matches(head))
  if (refused?.what.startsWith('a video')) throw videoRefused(refused.what)
  if (refused) {
    throw new AppError('unsupported_media', {
      message: `The file holds ${refused.what}, whatever its name says. Choose a recording: ${acceptedKinds}.`,
    })
  }
  // An ID3 tag is only ever put before MPEG audio: a tag followed by damage is still the mp3 demuxer's to judge.
  if (tagged && head.length > 0) return { container: 'mp3', demuxer: 'mp3' }
  throw new AppError('unsupported_media', {
    message: `The file is not a kind of audio that can be read. Choose ${acceptedKinds}.`,
  })
}

/** The refusal of a film, which says how to get at its sound. */
export function videoRefused(what = 'a video'): AppError {
  return new AppError('unsupported_media', {
    message:
      `The file is ${what}; only audio is taken. Extract its sound first, ` +
      'for example with: ffmpeg -i video.mp4 -vn sound.wav',
  })
}

function isRiff(head: Buffer): boolean {
  return ['RIFF', 'RF64'].includes(ascii(head, 0, 4))
}

/** Length of a leading ID3v2 tag, 0 where there is none (id3.org, ID3v2.4 structure, section 3.1). */
function id3Bytes(head: Buffer): number {
  if (head.length < 10 || ascii(head, 0, 3) !== 'ID3') return 0
  const size = (head[6]! << 21) | (head[7]! << 14) | (head[8]! << 7) | head[9]!
  const footer = head[5]! & 0x10 ? 10 : 0
  return 10 + size + footer
}

const mp3BitRatesKbps = {
  mpeg1: [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  mpeg2: [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
}

/** Whether an MPEG audio frame header with sane fields stands at `offset` (ISO 11172-3, 2.4.1.3). */
function isMp3Header(head: Buffer, offset: number): boolean {
  if (offset + 4 > head.length || head[offset] !== 0xff || (head[offset + 1]! & 0xe0) !== 0xe0) return false
  const version = (head[offset + 1]! >> 3) & 3
  const layer = (head[offset + 1]! >> 1) & 3
  const bitRate = head[offset + 2]! >> 4
  const rate = (head[offset + 2]! >> 2) & 3
  return version !== 1 && layer !== 0 && bitRate !== 15 && rate !== 3
}

/** Some recorders put junk before the first frame: two frames in a row are taken as proof. */
function hasMp3FramePair(head: Buffer): boolean {
  for (let offset = head.indexOf(0xff); offset >= 0; offset = head.indexOf(0xff, offset + 1)) {
    const bytes = isMp3Header(head, offset) ? mp3FrameBytes(head, offset) : 0
    if (bytes > 0 && isMp3Header(head, offset + bytes)) return true
  }
  return false
}

function mp3FrameBytes(head: Buffer, offset: number): number {
  const mpeg1 = ((head[offset + 1]! >> 3) & 3) === 3
  const layer = 4 - ((head[offset + 1]! >> 1) & 3)
  const kbps = (mpeg1 ? mp3BitRatesKbps.mpeg1 : mp3BitRatesKbps.mpeg2)[layer - 1]![head[offset + 2]! >> 4]!
  const divisor = { 3: 1, 2: 2, 0: 4 }[(head[offset + 1]! >> 3) & 3] ?? 1
  const rateHz = [44100, 48000, 32000][(head[offset + 2]! >> 2) & 3]! / divisor
  const padding = (head[offset + 2]! >> 1) & 1
  if (kbps === 0) return 0
  if (layer === 1) return (Math.floor((12_000 * kbps) / rateHz) + padding) * 4
  const frameSamples = layer === 3 && !mpeg1 ? 72_000 : 144_000
  return Math.floor((frameSamples * kbps) / rateHz) + padding
}

function isText(head: Buffer): boolean {
  const sample = head.subarray(0, 4096)
  if (sample.length === 0) return false
  return sample.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
}
