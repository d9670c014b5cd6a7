/** One hop of a recording as the network takes it. */
export interface ToneFrame {
  /** Magnitudes. */
  spectrum: Float32Array
  /** Normally distributed. */
  noise: Float32Array
}

export interface ToneWindowOptions {
  /** Frames that a window adds to the result. */
  windowFrames: number
  /** Further frames that it hears on either side. */
  contextFrames: number
  hopSamples: number
  /** As many hops of sound as frames. */
  network(frames: readonly ToneFrame[]): Promise<Float32Array>
}

/** Windows are faded into each other over so many frames; there a window hears the less of what comes next. */
const fadeFrames = 8

/**
 * Runs a convolutional network over a recording of any length in windows. Where the context, less the fade, is as wide as
 * the network sees, the result is that of the whole recording at once. Memory is a window.
 */
export async function* convertByWindows(
  frames: AsyncIterable<readonly ToneFrame[]>,
  options: ToneWindowOptions,
): AsyncGenerator<Float32Array> {
  const { windowFrames, contextFrames, hopSamples } = options
  let held: ToneFrame[] = []
  let first = 0
  let start = 0
  let tail = new Float32Array()

  const nextWindow = async (): Promise<Float32Array> => {
    const end = Math.min(start + windowFrames, first + held.length)
    const from = Math.max(0, start - contextFrames)
    const sound = await options.network(held.slice(from - first, end + contextFrames - first))
    const at = (frame: number) => (frame - from) * hopSamples
    const piece = sound.slice(at(start), at(end))
    const faded = Math.min(tail.length, piece.length)
    for (let n = 0; n < faded; n++) piece[n]! += (1 - (n + 0.5) / faded) * (tail[n]! - piece[n]!)
    tail = sound.slice(at(end), at(end + fadeFrames))
    start = end
    const forgotten = Math.max(0, start - contextFrames - first)
    held = held.slice(forgotten)
    first += forgotten
    return piece
  }

  for await (const more of frames) {
    held = [...held, ...more]
    while (first + held.length >= start + windowFrames + contextFrames) yield await nextWindow()
  }
  while (start < first + held.length) yield await nextWindow()
}
