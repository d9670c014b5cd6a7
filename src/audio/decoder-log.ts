/** What a file claims about itself, as the decoder says before it begins. Nothing here is proven by decoding. */
export interface MediaClaims {
  durationSeconds: number | null
  sound: boolean
  /** A film, or a cover: older versions of ffmpeg do not tell here, `probeMedia` does. */
  pictures: boolean
}

/** Reads what ffmpeg tells about its input at log level `info`. */
export interface DecoderLog {
  push(text: string): void
  /** Complete once `opened` has resolved. */
  claims: MediaClaims
  /** Resolves when ffmpeg has understood the file and begins to decode; never where it does not come to that. */
  opened: Promise<void>
}

/** Tags may be of any length; the lines that count are told by their beginning and are short. */
const maxLineCharacters = 4096

export function createDecoderLog(): DecoderLog {
  const claims: MediaClaims = { durationSeconds: null, sound: false, pictures: false }
  let line = ''
  let done = false
  let resolveOpened: () => void
  const opened = new Promise<void>((resolve) => (resolveOpened = resolve))

  const read = () => {
    const stream = /^ {2,4}Stream #0:\d+.*?: (Audio|Video): /.exec(line)
    const duration = /^ {2}Duration: (\d+):(\d+):(\d+\.\d+)/.exec(line)
    if (duration) {
      const [hours, minutes, seconds] = duration.slice(1).map(Number) as [number, number, number]
      claims.durationSeconds = hours * 3600 + minutes * 60 + seconds || null
    }
    if (stream?.[1] === 'Audio') claims.sound = true
    if (stream?.[1] === 'Video') claims.pictures = true
    done = line.startsWith('Stream mapping:')
    if (done) resolveOpened()
  }

  return {
    claims,
    opened,
    push(text) {
      for (const [index, part] of text.split('\n').entries()) {
        if (done) return
        if (index > 0) {
          read()
          line = ''
        }
        line += part.slice(0, maxLineCharacters - line.length)
      }
    },
  }
}
