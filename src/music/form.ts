import type { Section } from './piece'

export const intensities = ['flat', 'build', 'arc', 'drop'] as const
export type Intensity = (typeof intensities)[number]

/** How what is no loop begins: by leading up to the matter, or with its strongest part, for what is short. */
export const openings = ['intro', 'hook'] as const
export type Opening = (typeof openings)[number]

type Plan = Pick<Section, 'kind' | 'varied'>

const intro: Plan = { kind: 'intro', varied: false }
const outro: Plan = { kind: 'outro', varied: false }
const a: Plan = { kind: 'A', varied: false }
const a2: Plan = { kind: 'A', varied: true }
const b: Plan = { kind: 'B', varied: false }
const b2: Plan = { kind: 'B', varied: true }
const pause: Plan = { kind: 'break', varied: false }

/** What a piece of so many phrases is made of: A B A′ as soon as there is room, framed when there is more. */
const plans: Record<number, readonly Plan[]> = {
  1: [a],
  2: [a, a2],
  3: [a, b, a2],
  4: [intro, a, b, a2],
  5: [intro, a, a2, b, a2],
  6: [intro, a, a2, b, a2, outro],
}
/** Longer pieces go round in this after their introduction. */
const round = [a, a2, b, b2, a2, pause] as const

/** Sections of whole phrases; bars left over lengthen the last of them. Energy follows the curve. */
export function planForm(
  bars: number,
  intensity: Intensity,
  loop: boolean,
  opening: Opening = 'intro',
): Section[] {
  const phrase = bars >= 64 ? 8 : bars >= 4 ? 4 : Math.max(1, bars)
  const count = Math.max(1, Math.floor(bars / phrase))
  const own = loop ? loopPlan(count) : (plans[count] ?? longPlan(count))
  const plan = opening === 'hook' ? hookPlan(count) : own
  const sections = plan.map((part, index) => ({
    ...part,
    startBar: index * phrase,
    bars: index === plan.length - 1 ? bars - index * phrase : phrase,
  }))
  return sections.map((section) => ({
    ...section,
    name: nameOf(section),
    energy: energyOf(section, (section.startBar + section.bars / 2) / bars, intensity, sections.length),
  }))
}

/** A loop has neither beginning nor end. */
function loopPlan(count: number): readonly Plan[] {
  return Array.from({ length: count }, (_, index) => [a, a2, b, a2][index % 4]!)
}

/** The strongest material first, and back to it at the end. */
function hookPlan(count: number): readonly Plan[] {
  return Array.from({ length: count }, (_, index) => [b, a, b2, a2][index % 4]!)
}

function longPlan(count: number): readonly Plan[] {
  const middle = Array.from({ length: count - 2 }, (_, index) => round[index % round.length]!)
  return [intro, ...middle, outro]
}

function nameOf({ kind, varied }: Plan): string {
  return kind === 'A' || kind === 'B' ? kind + (varied ? '′' : '') : kind
}

/** @param at Middle of the section, 0–1. */
function energyOf(section: Plan, at: number, intensity: Intensity, sections: number): number {
  const lift = section.kind === 'B' ? 0.12 : section.varied ? 0.06 : 0
  const curve = {
    flat: 0.68,
    build: 0.3 + 0.7 * at,
    arc: 0.35 + 0.65 * Math.sin(Math.PI * at),
    // Rises to a breath of silence, then everything at once.
    drop: at < 0.36 ? 0.35 + 0.9 * at : at < 0.5 ? 0.3 : 1,
  }[intensity]
  const framed = sections > 3 && intensity === 'flat'
  if (section.kind === 'intro') return framed ? 0.4 : Math.min(curve, 0.45)
  if (section.kind === 'outro') return framed ? 0.45 : curve * 0.8
  if (section.kind === 'break') return Math.min(curve, 0.42)
  return Math.min(1, curve + lift)
}
