/** One frame, as the autocorrelation shows it. */
export interface PitchFrame {
  /** Hz, and how periodic the sound is at it (0–1). */
  candidates: readonly { hz: number; strength: number }[]
  /** Peak of the frame relative to that of the recording so far, 0–1. */
  loudness: number
}

/** Chooses one candidate a frame. Frames come out in order, some behind. */
export interface PitchPath {
  /** Hz of the frames that are decided with this one; 0 = unvoiced. */
  push(frame: PitchFrame): number[]
  finish(): number[]
}

/** Periodicity from which a frame is rather voiced. */
const voicingThreshold = 0.2
/** Loudness below which a frame is rather silence. */
const silenceThreshold = 0.03
/** Of a low pitch against one an octave higher, which is as periodic with it. */
const octaveCost = 0.06
/** Costs of a change within 10 ms. */
const octaveJumpCost = 0.6
const voicingChangeCost = 0.14
const costScale = 2
/** How far a pitch may be from the voice's own before that costs, in octaves, and what each octave more costs. */
const ownRange = 0.55
const strayCost = 0.15
/** How much of a frame goes into the voice's own pitch: half of it is forgotten in 4 s of voice. */
const ownPitchRate = 0.001
/** Frames whose beginning is decided once so many have come after it. */
const lag = 100

interface State {
  hz: number
  logHz: number
  /** Total gain of the best path to here. */
  gain: number
  /** Index of the state before. */
  from: number
}

/**
 * The path of the highest total strength, with the costs of Boersma (1993) for octaves, jumps and changes of voicing;
 * and one more for straying from the voice's own pitch, which keeps creaky ends and strong second harmonics from
 * ending an octave away.
 */
export function createPitchPath(maxHz: number): PitchPath {
  let history: State[][] = []
  /** Logarithm to the base 2 of the voice's pitch, as known so far; null before any voice. */
  let ownLogHz: number | null = null
  let heard = 0

  const strengthOf = (hz: number, strength: number): number => {
    const low = strength - octaveCost * Math.log2(maxHz / hz)
    if (ownLogHz === null) return low
    const stray = Math.max(0, Math.abs(Math.log2(hz) - ownLogHz) - ownRange)
    return low - Math.min(1, heard / 100) * strayCost * stray
  }

  const statesOf = ({ candidates, loudness }: PitchFrame): State[] => {
    const silence = Math.max(0, 2 - (loudness * (1 + voicingThreshold)) / silenceThreshold)
    const unvoiced = { hz: 0, logHz: 0, gain: voicingThreshold + silence, from: 0 }
    return [
      unvoiced,
      ...candidates.map(({ hz, strength }) => ({
        ...{ hz, logHz: Math.log2(hz), gain: strengthOf(hz, strength), from: 0 },
      })),
    ]
  }

  const learn = (hz: number) => {
    if (hz === 0) return
    heard += 1
    const rate = Math.max(ownPitchRate, 1 / heard)
    ownLogHz = (ownLogHz ?? 0) + rate * (Math.log2(hz) - (ownLogHz ?? 0))
  }

  /** Follows the best path back and gives the first `count` frames of it. */
  const decide = (count: number): number[] => {
    const path: number[] = new Array<number>(history.length)
    let index = bestOf(history.at(-1)!)
    for (let t = history.length - 1; t >= 0; t--) {
      const state = history[t]![index]!
      path[t] = state.hz
      index = state.from
    }
    history = history.slice(count)
    return path.slice(0, count)
  }

  return {
    push(frame) {
      const states = statesOf(frame)
      const before = history.at(-1)
      if (before) connect(before, states)
      history.push(states)
      if (history.length < 2 * lag) return []
      const out = decide(lag)
      out.forEach(learn)
      return out
    },
    finish: () => (history.length > 0 ? decide(history.length) : []),
  }
}

function bestOf(states: readonly State[]): number {
  let best = 0
  for (let index = 1; index < states.length; index++) {
    if (states[index]!.gain > states[best]!.gain) best = index
  }
  return best
}

/** Adds to each state the best way to it. */
function connect(before: readonly State[], states: readonly State[]): void {
  const top = before.reduce((gain, state) => Math.max(gain, state.gain), -Infinity)
  for (const state of states) {
    let best = -Infinity
    for (const [index, { hz, logHz, gain }] of before.entries()) {
      const cost =
        hz === 0 && state.hz === 0
          ? 0
          : hz === 0 || state.hz === 0
            ? voicingChangeCost
            : octaveJumpCost * Math.abs(logHz - state.logHz)
      const value = gain - costScale * cost
      if (value > best) {
        best = value
        state.from = index
      }
    }
    // Less the best so far: totals of ten hours stay small numbers.
    state.gain += best - top
  }
}
