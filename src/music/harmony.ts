import { chordOf, modeFamily } from './chords'
import type { Key } from './keys'
import type { ChordSpan, Section } from './piece'
import type { Random } from './random'
import { modalProgressions, type Style } from './styles'

/** One bar of a progression, such as `ii7,V7`. */
type Bars = readonly string[]

/**
 * The chords of every section: one progression for all A sections, another for all B sections, a half cadence where
 * the music wants to go on to A.
 * @param beats Where the last bar ends, which may be a short one.
 */
export function harmonise(
  sections: readonly Section[],
  { key, style, beats, cadences }: { key: Key; style: Style; beats: number; cadences: boolean },
  random: Random,
): ChordSpan[] {
  const { A, B } = progressionsOf(key, style)
  const material = { A: random.pick(A).split(' '), B: random.pick(B).split(' ') }
  const spans = sections.flatMap((section, index) => {
    const bars: Bars = section.kind === 'B' ? material.B : material.A
    const goesOn = cadences && sections[index + 1]?.kind === 'A' && isModern(key)
    return Array.from({ length: section.bars }, (_, bar) => {
      const last = goesOn && section.bars >= 4 && bar === section.bars - 1
      const text = last ? dominantOf(bars) : bars[bar % bars.length]!
      return spansOf(text, (section.startBar + bar) * 4, key)
    }).flat()
  })
  return spans
    .filter((span) => span.beat < beats)
    .map((span) => ({ ...span, beats: Math.min(span.beats, beats - span.beat) }))
}

function isModern({ mode }: Key): boolean {
  return mode === 'major' || mode === 'minor'
}

function progressionsOf(key: Key, style: Style): { A: readonly string[]; B: readonly string[] } {
  if (key.mode === 'major' || key.mode === 'minor') return style.progressions[modeFamily(key)]
  return modalProgressions[key.mode]
}

/** The half cadence in the language of the progression: a seventh chord among seventh chords. */
function dominantOf(bars: Bars): string {
  const sevenths = bars.filter((bar) => /7|9/.test(bar)).length
  return sevenths * 2 > bars.length ? 'V7' : 'V'
}

function spansOf(text: string, startBeat: number, key: Key): ChordSpan[] {
  const parts = text.split(',')
  const beats = 4 / parts.length
  return parts.map((part, index) => ({ beat: startBeat + index * beats, beats, chord: chordOf(part, key) }))
}
