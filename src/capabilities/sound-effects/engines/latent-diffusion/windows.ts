/** Part of a row of frames that a network sees at once; in a circle it may reach over the end. */
export interface Window {
  start: number
  frames: number
  /** Frames over which it fades in and out. */
  ramp: number
}

export interface WindowOptions {
  frames: number
  least: number
  overlap: number
  multiple: number
}

/** How many frames to make of so many that are wanted: what one window takes, or exactly those. */
export function framesToMake(wanted: number, circle: boolean, options: WindowOptions): number {
  return circle || wanted > options.frames ? wanted : windowFrames(wanted, options)
}

/**
 * Windows that cover a row of frames, or a circle of them: there every frame, the first one too, lies well within a window,
 * so that nothing tells where the circle was cut.
 */
export function windowsOf(frames: number, circle: boolean, options: WindowOptions): Window[] {
  const width = windowFrames(Math.min(frames, options.frames), options)
  const ramp = Math.min(options.overlap, Math.floor(width / 2))
  if (circle) {
    const windows = Math.max(2, Math.ceil(frames / (width - ramp)))
    return Array.from({ length: windows }, (_, index) => ({
      ...{ start: Math.round((index * frames) / windows), frames: width },
      ramp: windows === 2 ? Math.floor(width / 2) : ramp,
    }))
  }
  if (frames <= width) return [{ start: 0, frames, ramp }]
  const windows = Math.ceil((frames - ramp) / (width - ramp))
  return Array.from({ length: windows }, (_, index) => ({
    ...{ start: Math.round((index * (frames - width)) / (windows - 1)), frames: width },
    ramp,
  }))
}

function windowFrames(wanted: number, { least, multiple }: WindowOptions): number {
  return Math.ceil(Math.max(wanted, least) / multiple) * multiple
}

/** A row of frames: `data[(channel · frames + frame) · bands + band]`. */
export interface Row {
  data: Float32Array
  channels: number
  frames: number
  bands: number
}

/** What a window shows of a row. */
export function cut({ data, channels, frames, bands }: Row, window: Window): Float32Array {
  const part = new Float32Array(channels * window.frames * bands)
  for (let channel = 0; channel < channels; channel++) {
    for (let frame = 0; frame < window.frames; frame++) {
      const from = (channel * frames + ((window.start + frame) % frames)) * bands
      part.set(data.subarray(from, from + bands), (channel * window.frames + frame) * bands)
    }
  }
  return part
}

/**
 * Puts a row together from its windows: where they overlap, their weighted mean counts (as in Bar-Tal et al.,
 * "MultiDiffusion", 2023).
 *
 * @param row Overwritten. Its frames may be `finer` times as many as those that the windows count.
 * @param make What a network makes of a window: channels × frames × bands.
 */
export async function blend(
  row: Row,
  windows: readonly Window[],
  finer: number,
  make: (window: Window) => Promise<Float32Array>,
): Promise<void> {
  const weights = new Float32Array(row.frames)
  row.data.fill(0)
  for (const window of windows) {
    const part = await make(window)
    const frames = window.frames * finer
    for (let frame = 0; frame < frames; frame++) {
      const at = (window.start * finer + frame) % row.frames
      const weight = weightOf(frame, frames, window.ramp * finer)
      weights[at]! += weight
      add(row, at, part, frame, frames, weight)
    }
  }
  for (let index = 0; index < row.data.length; index++) {
    row.data[index]! /= weights[Math.floor(index / row.bands) % row.frames]!
  }
}

function add(row: Row, at: number, part: Float32Array, frame: number, frames: number, weight: number): void {
  for (let channel = 0; channel < row.channels; channel++) {
    const to = (channel * row.frames + at) * row.bands
    const from = (channel * frames + frame) * row.bands
    for (let band = 0; band < row.bands; band++) row.data[to + band]! += weight * part[from + band]!
  }
}

function weightOf(frame: number, frames: number, ramp: number): number {
  return Math.min(1, (Math.min(frame, frames - 1 - frame) + 0.5) / Math.max(0.5, ramp))
}
