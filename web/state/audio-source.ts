/** What the browser itself can tell about a recording before it is sent. */
export interface AudioSource {
  file: File
  /** Object URL; revoke it with `releaseSource`. */
  url: string
  origin: 'file' | 'recording'
  /** Null where the browser cannot tell; the studio may still be able to read the file. */
  durationSeconds: number | null
  /** Peaks from 0 to 1; empty where there are none. */
  peaks: number[]
  /** False until length and peaks are as good as they get. */
  inspected: boolean
}

const peakCount = 600
const longestToDraw = { bytes: 80_000_000, seconds: 30 * 60 }
const metadataPatienceMs = 8000

export function openSource(
  file: File,
  origin: AudioSource['origin'],
  knownSeconds: number | null,
): AudioSource {
  return {
    file,
    url: URL.createObjectURL(file),
    origin,
    durationSeconds: knownSeconds,
    peaks: [],
    inspected: false,
  }
}

/** The same source with its length and picture; never rejects. */
export async function inspectSource(source: AudioSource): Promise<AudioSource> {
  const durationSeconds = source.durationSeconds ?? (await probeDuration(source.url))
  const drawable =
    durationSeconds !== null &&
    durationSeconds <= longestToDraw.seconds &&
    source.file.size <= longestToDraw.bytes
  const peaks = drawable ? await drawPeaks(source.file) : []
  return { ...source, durationSeconds, peaks, inspected: true }
}

export function releaseSource(url: string): void {
  URL.revokeObjectURL(url)
}

/** Asks a media element, which reads the header only. */
function probeDuration(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const audio = new Audio()
    const settle = (seconds: number | null) => {
      clearTimeout(timer)
      audio.removeAttribute('src')
      resolve(seconds !== null && Number.isFinite(seconds) && seconds > 0 ? seconds : null)
    }
    const timer = setTimeout(() => {
      settle(null)
    }, metadataPatienceMs)
    audio.preload = 'metadata'
    audio.onerror = () => {
      settle(null)
    }
    audio.ondurationchange = () => {
      if (Number.isFinite(audio.duration)) settle(audio.duration)
      // Streams that carry no length (such as recordings) tell it once somebody has looked for their end.
      else audio.currentTime = Number.MAX_SAFE_INTEGER
    }
    audio.src = url
  })
}

/** Decoded at telephone rate: enough to draw, and a sixth of the memory. */
async function drawPeaks(file: File): Promise<number[]> {
  try {
    const context = new OfflineAudioContext(1, 1, 8000)
    const buffer = await context.decodeAudioData(await file.arrayBuffer())
    return measurePeaks(buffer.getChannelData(0), peakCount)
  } catch {
    return []
  }
}

/** The largest magnitude in each of `count` equal parts. */
export function measurePeaks(samples: Float32Array, count: number): number[] {
  const parts = Math.min(count, samples.length)
  return Array.from({ length: parts }, (_, part) => {
    const end = Math.floor(((part + 1) * samples.length) / parts)
    let peak = 0
    for (let index = Math.floor((part * samples.length) / parts); index < end; index++) {
      peak = Math.max(peak, Math.abs(samples[index] ?? 0))
    }
    return Math.min(1, peak)
  })
}
