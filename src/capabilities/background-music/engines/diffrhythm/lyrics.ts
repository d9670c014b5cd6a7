/** A line that is sung from a moment on. */
export interface LyricLine {
  seconds: number
  words: string
}

/** `[01:23.45]words`, as LRC files have it. */
const timedLine = /^\s*\[(\d{1,3}):(\d{1,2}(?:\.\d+)?)\](.*)$/

/** Parts the lines with times from the description of the music. */
export function parseLyrics(text: string): { description: string; lines: LyricLine[] } {
  const lines: LyricLine[] = []
  const others: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, minutes, seconds, words] = timedLine.exec(line) ?? []
    if (words === undefined) others.push(line)
    else if (words.trim() !== '') {
      lines.push({ seconds: 60 * Number(minutes) + Number(seconds), words: words.trim() })
    }
  }
  return { description: others.join('\n').trim(), lines: lines.sort((a, b) => a.seconds - b.seconds) }
}

/**
 * Phonemes frame by frame, one a frame from the moment of each line: the network finds the way from there itself. A line
 * that comes too early waits for the one before it.
 * @returns The phoneme of a frame; 0 where none is.
 */
export function placeLyrics(
  lines: readonly { seconds: number; tokens: readonly number[] }[],
  framesPerSecond: number,
): (frame: number) => number {
  const placed: number[] = []
  for (const { seconds, tokens } of lines) {
    const start = Math.max(placed.length, Math.floor(seconds * framesPerSecond))
    while (placed.length < start) placed.push(0)
    placed.push(...tokens)
  }
  return (frame) => placed[frame] ?? 0
}
