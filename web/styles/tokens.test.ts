import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name, { light, dark }] as const,
  ),
)

/** Text on its ground, as the style sheets use them. */
const texts: [string, string][] = [
  ...['paper', 'surface', 'sunken'].flatMap((ground): [string, string][] =>
    ['ink', 'ink-soft', 'ink-faint'].map((ink) => [ink, ground]),
  ),
  ['accent', 'paper'],
  ['accent', 'surface'],
  ['accent', 'accent-soft'],
  ['ink', 'accent-soft'],
  ['ink-soft', 'accent-soft'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['before', 'before-soft'],
  ['before', 'paper'],
  ['danger', 'surface'],
  ['danger', 'danger-soft'],
  ['ink', 'danger-soft'],
  ['warning', 'warning-soft'],
  ['ink', 'warning-soft'],
]

/** Lines of controls and focus rings. */
const outlines: [string, string][] = [
  ['line-strong', 'surface'],
  ['line-strong', 'paper'],
  ['accent', 'surface'],
  ['before', 'sunken'],
  ['accent', 'sunken'],
]

describe.each(['light', 'dark'] as const)('WCAG 2.2 AA, %s', (theme) => {
  it.each(texts)('text %s on %s', (front, back) => {
    expect(contrast(color(front, theme), color(back, theme))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(outlines)('outline %s on %s', (front, back) => {
    expect(contrast(color(front, theme), color(back, theme))).toBeGreaterThanOrEqual(3)
  })
})

function color(name: string, theme: 'light' | 'dark'): string {
  const value = tokens.get(name)?.[theme]
  if (!value) throw new Error(`No token --${name}`)
  return value
}

/** WCAG's contrast ratio of two colours, from 1 to 21. */
function contrast(first: string, second: string): number {
  const [bright, dim] = [luminance(first), luminance(second)].sort((a, b) => b - a) as [number, number]
  return (bright + 0.05) / (dim + 0.05)
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const share = Number.parseInt(hex.slice(start, start + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
