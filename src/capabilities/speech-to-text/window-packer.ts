import { createRegionDetector, type RegionOptions, type SpeechRegion } from './speech-regions'

/** Where to cut a stream; in samples. */
export interface WindowCut {
  start: number
  end: number
  cut: 'pause' | 'forced'
  /** How much of the beginning the previous window holds too. */
  overlap: number
  /** The speech in the window, without padding. */
  regions: SpeechRegion[]
}

export interface PackerOptions extends RegionOptions {
  longest: number
  pad: number
  /** Regions that are no further apart share a window where they fit. */
  join: number
  /** What both neighbours of a forced cut hold. */
  overlap: number
  /** Sum of squares of a stretch of the stream: says which of two places is quieter. */
  energy(from: number, to: number): number
}

/** A forced cut is looked for in the last part of the window. */
const CUT_SEARCH_FRACTION = 1 / 3
/** Probabilities that differ by less are alike: the quieter place is the better cut. */
const ALIKE = 0.05

/** Packs the regions of a stream into windows, frame by frame. */
export function createWindowPacker(options: PackerOptions) {
  const { hopSamples: hop, longest, pad, overlap } = options
  const detector = createRegionDetector(options)
  const timeline: SpeechRegion[] = []
  /** Probability of each frame from `firstFrame` on. */
  let probabilities: number[] = []
  let firstFrame = 0
  /** Beginning of the window under way; null where there is no speech to keep. */
  let start: number | null = null
  let startOverlap = 0
  let regions: SpeechRegion[] = []
  /** End of the last window: the next one does not reach back beyond it. */
  let floor = 0

  function emit(from: number, end: number, cut: WindowCut['cut'], speech: SpeechRegion[]): WindowCut {
    const clipped = speech.map((region) => ({
      start: Math.max(region.start, from),
      end: Math.min(region.end, end),
    }))
    const window = { start: from, end, cut, overlap: startOverlap, regions: clipped }
    floor = end
    start = null
    startOverlap = 0
    regions = []
    return window
  }

  function keep(closed: SpeechRegion | null): void {
    if (!closed) return
    timeline.push(closed)
    regions.push(closed)
  }

  function decide(): WindowCut | null {
    const { openStart, openEnd, position } = detector
    const first = regions[0]?.start ?? openStart
    if (first === null) {
      start = null
      return null
    }
    start ??= Math.max(floor, first - pad)
    const last = regions.at(-1)
    if (openStart === null) {
      return last && position - last.end >= options.join
        ? emit(start, last.end + pad, 'pause', regions)
        : null
    }
    if (openEnd + pad - start <= longest) return null
    if (!last) return cutSpeech(start, openStart)
    const middle = Math.floor((last.end + openStart) / 2)
    return emit(start, Math.min(last.end + pad, middle), 'pause', regions)
  }

  /** Ends the window within speech; the next one begins `overlap` earlier. */
  function cutSpeech(from: number, openStart: number): WindowCut {
    const half = Math.ceil(overlap / 2)
    const latest = from + longest - pad - half
    const end = quietestPlace(latest - longest * CUT_SEARCH_FRACTION, latest) + half
    const window = emit(from, end, 'forced', [{ start: openStart, end }])
    start = end - overlap
    startOverlap = overlap
    return window
  }

  /** The middle of the frame that is least like speech, and of those the quietest. */
  function quietestPlace(from: number, to: number): number {
    const first = Math.ceil(from / hop)
    const candidates = probabilities.slice(first - firstFrame, Math.floor(to / hop) - firstFrame)
    const least = Math.min(...candidates)
    let best = { middle: Math.floor((from + to) / 2), energy: Infinity }
    for (const [index, probability] of candidates.entries()) {
      if (probability > least + ALIKE) continue
      const middle = (first + index) * hop + Math.floor(hop / 2)
      const energy = options.energy(middle - hop, middle + hop)
      if (energy < best.energy) best = { middle, energy }
    }
    return best.middle
  }

  return {
    timeline: timeline as readonly SpeechRegion[],
    /** Samples whose frames were seen. */
    get position(): number {
      return detector.position
    },
    /** The oldest sample that a window may still need. */
    get oldest(): number {
      return Math.max(0, (start ?? (detector.openStart ?? detector.position) - pad) - hop)
    },
    /** Takes the next frame; gives the window that it completes. */
    push(probability: number): WindowCut | null {
      probabilities.push(probability)
      keep(detector.push(probability))
      return decide()
    },
    /** Forgets the frames before the oldest sample. */
    trim(): void {
      const frames = Math.floor(this.oldest / hop) - firstFrame
      if (frames <= 0) return
      probabilities = probabilities.slice(frames)
      firstFrame += frames
    },
    /** Ends the stream, which was `length` samples long. */
    finish(length: number): WindowCut | null {
      keep(detector.finish(length))
      const [first, last] = [regions[0], regions.at(-1)]
      if (!first || !last) return null
      return emit(
        start ?? Math.max(floor, first.start - pad),
        Math.min(length, last.end + pad),
        'pause',
        regions,
      )
    },
  }
}

export type WindowPacker = ReturnType<typeof createWindowPacker>
