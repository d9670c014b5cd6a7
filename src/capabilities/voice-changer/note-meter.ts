/** Tells singing from speech: its pitch rests on notes, and these are of several heights. */
export interface NoteMeter {
  /** Pitch of the next frame in Hz; 0 where there is none. */
  add(pitchHz: number): void
  /** What was found so far. */
  finish(): Notes
}

export interface Notes {
  /** How much of the voice rests on notes, 0–1. */
  share: number
  /** Standard deviation of the height of the notes, in semitones. */
  spread: number
}

const sungShare = 0.3
const sungSpread = 1.5

/** Speakers glide; who speaks in a monotone rests, but always at the same height. */
export function isSong({ share, spread }: Notes): boolean {
  return share > sungShare && spread > sungSpread
}

/** About a period of vibrato, which is no movement. */
const vibratoSeconds = 0.18
const shortestNoteSeconds = 0.25
/** How far the middle of a note may wander, in semitones. */
const wander = 0.5

/** @param framesPerSecond Of the pitches that are given. */
export function createNoteMeter(framesPerSecond: number): NoteMeter {
  const reach = Math.round((vibratoSeconds * framesPerSecond) / 2)
  const shortest = Math.round(shortestNoteSeconds * framesPerSecond)
  let run: number[] = []
  let voiced = 0
  let resting = 0
  let sum = 0
  let squares = 0

  const endRun = () => {
    voiced += run.length
    for (const { frames, height } of notesOf(run, reach, shortest)) {
      resting += frames
      sum += frames * height
      squares += frames * height ** 2
    }
    run = []
  }
  return {
    add(pitchHz) {
      if (pitchHz > 0) run.push(12 * Math.log2(pitchHz))
      // An endless note is taken in parts.
      if (pitchHz === 0 || run.length >= 10 * framesPerSecond) endRun()
    },
    finish() {
      endRun()
      if (resting === 0) return { share: 0, spread: 0 }
      const mean = sum / resting
      return { share: resting / voiced, spread: Math.sqrt(Math.max(0, squares / resting - mean ** 2)) }
    },
  }
}

/** Stretches of a voiced run, long enough, over which the mean pitch stays where it is. */
function notesOf(run: readonly number[], reach: number, shortest: number) {
  const middle = movingMean(run, reach)
  const notes: { frames: number; height: number }[] = []
  let start = 0
  while (start + shortest <= middle.length) {
    let [low, high] = [middle[start]!, middle[start]!]
    let end = start + 1
    for (; end < middle.length; end++) {
      low = Math.min(low, middle[end]!)
      high = Math.max(high, middle[end]!)
      if (high - low > wander) break
    }
    if (end - start >= shortest) {
      notes.push({ frames: end - start, height: (low + high) / 2 })
      start = end
    } else start += Math.max(1, reach >> 1)
  }
  return notes
}

function movingMean(values: readonly number[], reach: number): number[] {
  const sums = [0]
  for (const value of values) sums.push(sums.at(-1)! + value)
  return values.map((_, at) => {
    const from = Math.max(0, at - reach)
    const to = Math.min(values.length, at + reach + 1)
    return (sums[to]! - sums[from]!) / (to - from)
  })
}
