import { createRandom } from '../../../audio/synthesis/noise'
import { frequencyOf } from '../../../music/keys'

/** A tune as somebody hums it: what a microphone hears, and what is true of it. */
export interface Hum {
  samples: Float32Array
  sampleRateHz: number
  /** Hz at a time; 0 where nobody hums. */
  pitchAt(seconds: number): number
}

/** Start, end (seconds) and MIDI number. */
const notes = [
  [0.4, 0.9, 57],
  [0.9, 1.4, 60],
  [1.4, 2.2, 64],
  [2.3, 2.8, 62],
  [2.8, 3.3, 60],
  [3.3, 4.4, 57],
] as const

const seconds = 4.8
const glideSeconds = 0.08

/** Notes with glides between them and vibrato, four harmonics, a little hiss: nobody's voice, and known to the sample. */
export function hummed(sampleRateHz = 44_100, semitonesSharp = 0): Hum {
  const random = createRandom(7)
  const frames = Math.round(seconds * sampleRateHz)
  const samples = new Float32Array(frames)
  const pitchAt = (at: number) => hummedHz(at) * 2 ** (semitonesSharp / 12)
  let phase = 0
  for (let frame = 0; frame < frames; frame++) {
    const at = frame / sampleRateHz
    const hz = pitchAt(at)
    phase += (2 * Math.PI * hz) / sampleRateHz
    samples[frame] = 0.0005 * random.gaussian()
    if (hz === 0) continue
    const [start, end] = noteAt(at)!
    const level = 0.2 * Math.min(1, (at - start) / 0.04, (end - at) / 0.05)
    for (const [index, share] of [1, 0.4, 0.2, 0.1].entries()) {
      samples[frame]! += level * share * Math.sin((index + 1) * phase)
    }
  }
  return { samples, sampleRateHz, pitchAt }
}

const noteAt = (at: number) => notes.find(([start, end]) => at >= start && at < end)

function hummedHz(at: number): number {
  const index = notes.findIndex(([start, end]) => at >= start && at < end)
  const note = notes[index]
  if (!note) return 0
  const [start, , pitch] = note
  const before = notes[index - 1]
  const from = before && start - before[1] < 0.01 ? before[2] : pitch
  const bent = from + (pitch - from) * Math.min(1, (at - start) / glideSeconds)
  const depth = 0.3 * Math.min(1, Math.max(0, (at - start - 0.2) / 0.2))
  return frequencyOf(bent + depth * Math.sin(2 * Math.PI * 5.5 * at))
}
