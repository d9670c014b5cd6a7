export const modes = ['major', 'minor', 'dorian', 'phrygian', 'lydian', 'mixolydian'] as const
export type Mode = (typeof modes)[number]

export interface Key {
  /** Pitch class, 0 = C. */
  tonic: number
  mode: Mode
}

const steps: Record<Mode, readonly number[]> = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  phrygian: [0, 1, 3, 5, 7, 8, 10],
  lydian: [0, 2, 4, 6, 7, 9, 11],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
}

const letters: Record<string, number> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }
const majorNames = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'] as const
const minorNames = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'G#', 'A', 'Bb', 'B'] as const

/** Semitones above the tonic of the seven degrees. */
export function scaleSteps(mode: Mode): readonly number[] {
  return steps[mode]
}

/** Whether the chord on the tonic is a minor one. */
export function isMinor(mode: Mode): boolean {
  return steps[mode][2] === 3
}

/** 0–11, also of a negative number. */
export function pitchClass(pitch: number): number {
  return ((pitch % 12) + 12) % 12
}

/**
 * A key as people write it: “C minor”, “f# maj”, “Am”, “B♭ major”, “D dorian”, “E”. Null where it is none.
 */
export function parseKey(text: string): Key | null {
  const match = /^([A-Ga-g])\s*(#|♯|b|♭|-?sharp|-?flat)?[\s-]*(.*)$/u.exec(text.trim())
  if (!match) return null
  const [, letter, accidental, modeName] = match
  const mode = parseMode(modeName ?? '')
  if (!mode) return null
  const shift = !accidental ? 0 : /#|♯|sharp/u.test(accidental) ? 1 : -1
  return { tonic: pitchClass(letters[letter!.toUpperCase()]! + shift), mode }
}

function parseMode(name: string): Mode | null {
  // “M” alone is major, “m” minor.
  if (name === 'M') return 'major'
  const lower = name.trim().toLowerCase()
  if (lower === '' || lower === 'maj' || lower === 'ionian') return 'major'
  if (lower === 'm' || lower === 'min' || lower === 'aeolian') return 'minor'
  return modes.find((mode) => mode === lower) ?? null
}

export function formatKey({ tonic, mode }: Key): string {
  return `${(isMinor(mode) ? minorNames : majorNames)[tonic]!} ${mode}`
}

export function formatPitchClass(tonic: number, key: Key): string {
  return (isMinor(key.mode) ? minorNames : majorNames)[pitchClass(tonic)]!
}

/** Equal temperament, A4 = 440 Hz. @param pitch MIDI number. */
export function frequencyOf(pitch: number): number {
  return 440 * 2 ** ((pitch - 69) / 12)
}
