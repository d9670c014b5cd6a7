import { LONGEST_PAUSE_SECONDS } from '../passage'
import type { Prosody } from '../utterance'

/** An attribute's value that SSML does not know; the message says what it may be. */
export class AttributeError extends Error {}

const rates: Readonly<Record<string, number>> = {
  'x-slow': 0.5,
  slow: 0.75,
  medium: 1,
  fast: 1.25,
  'x-fast': 1.75,
  default: 1,
}
const pitches: Readonly<Record<string, number>> = {
  'x-low': -6,
  low: -3,
  medium: 0,
  high: 3,
  'x-high': 6,
  default: 0,
}
const volumes: Readonly<Record<string, number>> = {
  silent: -96,
  'x-soft': -12,
  soft: -6,
  medium: 0,
  loud: 4,
  'x-loud': 8,
  default: 0,
}
const strengths: Readonly<Record<string, number>> = {
  none: 0,
  'x-weak': 0.1,
  weak: 0.25,
  medium: 0.5,
  strong: 0.9,
  'x-strong': 1.4,
}
const emphases: Readonly<Record<string, Prosody['emphasis']>> = {
  strong: 'strong',
  moderate: 'moderate',
  none: 'none',
  reduced: 'reduced',
}

/** A value, or the end of its range that it is beyond. */
export const within = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** SSML 1.1, section 3.2.4: a label, a percentage of the present rate, or a change of it. Factor, 0.25–4. */
export function readRate(value: string): number {
  const label = rates[value]
  if (label !== undefined) return label
  const match = /^([-+])?(\d+(?:\.\d+)?)(%)?$/.exec(value)
  if (!match) throw new AttributeError(`rate="${value}" is neither a percentage nor one of ${names(rates)}`)
  const amount = Number(match[2]) / (match[3] ? 100 : 1)
  const factor = match[1] ? 1 + (match[1] === '-' ? -amount : amount) : amount
  return within(factor, 0.25, 4)
}

/** A label, `+2st`, `-10%`, `+20Hz`, or `180Hz` of the voice's own pitch. Semitones, ±24. */
export function readPitch(value: string, voicePitchHz: number): number {
  const label = pitches[value]
  if (label !== undefined) return label
  const match = /^([-+])?(\d+(?:\.\d+)?)(st|%|Hz)$/i.exec(value)
  if (!match || (!match[1] && match[3] !== '%' && match[3]?.toLowerCase() !== 'hz')) {
    throw new AttributeError(`pitch="${value}" is none of +2st, -10%, +20Hz, 180Hz, ${names(pitches)}`)
  }
  const sign = match[1] === '-' ? -1 : 1
  const amount = Number(match[2])
  const unit = match[3]!.toLowerCase()
  if (unit === 'st') return within(sign * amount, -24, 24)
  const hertz =
    unit === '%'
      ? (match[1] ? 1 + (sign * amount) / 100 : amount / 100) * voicePitchHz
      : match[1]
        ? voicePitchHz + sign * amount
        : amount
  return within(12 * Math.log2(Math.max(hertz, 1) / voicePitchHz), -24, 24)
}

/** A label, `+6dB`, or the 0–100 of SSML 1.0. Decibels, −96…+20. */
export function readVolume(value: string): number {
  const label = volumes[value]
  if (label !== undefined) return label
  const match = /^([-+]?\d+(?:\.\d+)?)dB$/i.exec(value)
  if (match) return within(Number(match[1]), -96, 20)
  const level = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : -1
  if (level < 0 || level > 100)
    throw new AttributeError(`volume="${value}" is neither +6dB nor one of ${names(volumes)}`)
  return level === 0 ? -96 : within(20 * Math.log10(level / 100), -96, 0)
}

export function readEmphasis(level: string | undefined): Prosody['emphasis'] {
  const found = emphases[level ?? 'moderate']
  if (!found) throw new AttributeError(`level="${level}" is none of ${names(emphases)}`)
  return found
}

/** Seconds of a break. SSML 1.1, section 3.2.3: `time` wins over `strength`. */
export function readBreak({ time, strength }: Readonly<Record<string, string | undefined>>): number {
  if (time !== undefined) {
    const match = /^\+?(\d+(?:\.\d+)?|\.\d+)(ms|s)$/.exec(time)
    if (!match) throw new AttributeError(`time="${time}" is not a time such as 500ms or 1.5s`)
    return Math.min(Number(match[1]) / (match[2] === 'ms' ? 1000 : 1), LONGEST_PAUSE_SECONDS)
  }
  const seconds = strengths[strength ?? 'medium']
  if (seconds === undefined) throw new AttributeError(`strength="${strength}" is none of ${names(strengths)}`)
  return seconds
}

function names(table: Readonly<Record<string, unknown>>): string {
  return Object.keys(table).join(', ')
}
