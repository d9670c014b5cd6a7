import { effectFamilies } from '../effect'
import { effectOf, effects } from '../effects'
import type { Layer, Scene, Space } from '../scene'
import { clausesOf, type Clause } from './clauses'
import { longestModifierWords, modifierOf, spaceOf, type Modifier } from './modifiers'
import {
  longestPhraseWords,
  namedBy,
  nearestTo,
  relatedTo,
  sceneNamedBy,
  variantOf,
  type Meaning,
} from './vocabulary'
import { amountOf, isUnit, stopWords, type Token } from './words'

export interface BaseSettings {
  size: number
  intensity: number
  distance: number
}

export interface Understanding {
  scene: Scene
  /** What each layer was taken from. */
  phrases: string[]
  /** Ids of effects that were asked not to be there. */
  excluded: string[]
  /** Words that changed nothing. */
  ignored: string[]
  /** For the user: what was not known, and what was taken instead. */
  warnings: string[]
}

interface Found {
  meaning: Meaning
  start: number
  end: number
  phrase: string
}

interface Reading {
  found: Found[]
  modifier: Required<Modifier>
  count: number | null
  several: boolean
  space: Space | null
  unknown: Token[]
}

const prepositions = new Set([
  'on',
  'onto',
  'in',
  'into',
  'against',
  'through',
  'over',
  'under',
  'across',
  'at',
  'from',
  'to',
  'of',
  'along',
  'upon',
])
const longestCount = 200

/** Reads a description; layers are empty where it names nothing that is known or near. */
export function understand(text: string, base: BaseSettings): Understanding {
  const layers: Layer[] = []
  const phrases: string[] = []
  const excluded = new Set<string>()
  const ignored: string[] = []
  const warnings: string[] = []
  let space: Space | null = null
  for (const clause of clausesOf(text)) {
    const reading = readClause(clause)
    if (reading.found.length === 0) nameNearest(reading, clause, warnings)
    else ignored.push(...reading.unknown.map((token) => token.text))
    const meanings = reading.found.flatMap(({ meaning, phrase }) =>
      meaning.map((part) => ({ ...part, phrase })),
    )
    if (clause.negated) {
      for (const { effect } of meanings) excluded.add(effect)
      continue
    }
    space = reading.space ?? space
    if (meanings.length === 0) {
      // “…, in the distance, heavy” speaks of what came before it.
      for (const layer of layers) if (layer.step === clause.step) adjust(layer, reading.modifier)
      const before = layers.at(-1)
      if (reading.count !== null && before) before.count = reading.count
      continue
    }
    for (const { phrase, effect, variant, intensity = 0, distance = 0 } of meanings) {
      if (
        layers.some(
          (layer) => layer.effect === effect && layer.step === clause.step && layer.variant === variant,
        )
      )
        continue
      const layer: Layer = {
        ...{ effect, variant, count: reading.count, several: reading.several, step: clause.step },
        ...{
          size: base.size,
          intensity: base.intensity + intensity,
          distance: base.distance + distance,
          rate: 1,
        },
      }
      adjust(layer, reading.modifier)
      layers.push(layer)
      phrases.push(phrase)
    }
  }
  const kept = layers.map((layer) => !excluded.has(layer.effect))
  return {
    scene: { layers: inOrder(layers.filter((_, index) => kept[index])), space },
    phrases: phrases.filter((_, index) => kept[index]),
    ...{ excluded: [...excluded], ignored, warnings },
  }
}

function adjust(layer: Layer, { size, intensity, distance, rate }: Required<Modifier>): void {
  const clamp = (value: number) => Math.min(1, Math.max(0, value))
  layer.size = clamp(layer.size + size)
  layer.intensity = clamp(layer.intensity + intensity)
  layer.distance = clamp(layer.distance + distance)
  layer.rate = Math.min(3, Math.max(0.3, layer.rate * rate))
}

/** Steps without gaps, whatever was left out. */
function inOrder(layers: Layer[]): Layer[] {
  const steps = [...new Set(layers.map(({ step }) => step))].sort((a, b) => a - b)
  return layers.map((layer) => ({ ...layer, step: steps.indexOf(layer.step) }))
}

function readClause({ tokens }: Clause): Reading {
  const used = new Array<boolean>(tokens.length).fill(false)
  const found = bestMatches(tokens, namedBy, used)
  const reading: Reading = {
    ...{ found, count: null, several: false, space: null, unknown: [] },
    modifier: { size: 0, intensity: 0, distance: 0, rate: 1 },
  }
  bindVariants(reading, tokens)
  readSpaces(reading, tokens, used)
  if (reading.found.length === 0) reading.found.push(...bestMatches(tokens, sceneNamedBy, used))
  readAmounts(reading, tokens, used)
  readModifiers(reading, tokens, used)
  const last = reading.found.at(-1)
  const head = last ? tokens[last.end - 1]! : null
  // “explosions” are several, “an explosion” is one.
  if (head && /[^s]s$/.test(head.text) && last!.phrase !== 'keys') reading.several = true
  if (tokens.some(({ text }) => text === 'several' || text === 'many' || text === 'repeatedly'))
    reading.several = true
  const surface = (stem: string) =>
    reading.found.some(({ meaning }) => meaning.some(({ effect }) => variantOf(effect, [stem]) !== null))
  reading.unknown = tokens.filter(
    ({ text, stem }, index) =>
      !used[index] && !stopWords.has(text) && amountOf(text) === null && !surface(stem),
  )
  return reading
}

/** Phrases of the vocabulary from left to right, the longest first. */
function bestMatches(
  tokens: readonly Token[],
  meaningOf: (key: string) => Meaning | undefined,
  used: boolean[],
): Found[] {
  const found: Found[] = []
  for (let start = 0; start < tokens.length;) {
    let end = Math.min(tokens.length, start + longestPhraseWords)
    let meaning: Meaning | undefined
    for (; end > start; end--) {
      const part = tokens.slice(start, end)
      meaning = used.slice(start, end).includes(true)
        ? undefined
        : meaningOf(part.map(({ stem }) => stem).join(' '))
      if (meaning) break
    }
    if (!meaning) {
      start++
      continue
    }
    used.fill(true, start, end)
    found.push({
      meaning,
      start,
      end,
      phrase: tokens
        .slice(start, end)
        .map(({ text }) => text)
        .join(' '),
    })
    start = end
  }
  return found
}

/** “rain on a window”, “footsteps in water”: what comes after the preposition is the first one's surface, not a sound of its own. */
function bindVariants(reading: Reading, tokens: readonly Token[]): void {
  const stems = tokens.map(({ stem }) => stem)
  const kept: Found[] = []
  for (const found of reading.found) {
    const owner = kept.at(-1)
    const between = owner ? tokens.slice(owner.end, found.start) : []
    const surface = owner && between.some(({ text }) => prepositions.has(text))
    const variant =
      surface && owner.meaning.length === 1
        ? variantOf(owner.meaning[0]!.effect, stems.slice(found.start, found.end))
        : null
    const same = owner?.meaning[0]!.effect === found.meaning[0]!.effect
    if (same)
      owner.meaning = [
        { ...owner.meaning[0]!, variant: owner.meaning[0]!.variant ?? found.meaning[0]!.variant },
      ]
    else if (variant !== null) owner!.meaning = [{ ...owner!.meaning[0]!, variant }]
    else kept.push(found)
  }
  for (const found of kept) {
    found.meaning = found.meaning.map((part) => ({
      ...part,
      variant: part.variant ?? variantOf(part.effect, stems),
    }))
  }
  reading.found = kept
}

function readSpaces(reading: Reading, tokens: readonly Token[], used: boolean[]): void {
  for (let start = 0; start < tokens.length; start++) {
    for (let end = Math.min(tokens.length, start + longestModifierWords); end > start; end--) {
      const key = tokens
        .slice(start, end)
        .map(({ stem }) => stem)
        .join(' ')
      const space = spaceOf(key)
      // A church that rings is no church that one stands in.
      if (!space || (used[start] && end - start === 1)) continue
      reading.space = space
      used.fill(true, start, end)
      break
    }
  }
}

function readAmounts(reading: Reading, tokens: readonly Token[], used: boolean[]): void {
  tokens.forEach(({ text }, index) => {
    const amount = used[index] ? null : amountOf(text)
    const next = tokens[index + 1]?.text
    if (amount === null || amount === 0) return
    if (next !== undefined && isUnit(next) && next !== 'times') return
    if (
      text === 'one' &&
      next !== undefined &&
      next !== 'time' &&
      reading.found.every(({ start }) => start > index + 3)
    )
      return
    used[index] = true
    reading.count = Math.min(longestCount, (reading.count ?? 1) * amount)
  })
}

function readModifiers(reading: Reading, tokens: readonly Token[], used: boolean[]): void {
  for (let start = 0; start < tokens.length; start++) {
    for (let end = Math.min(tokens.length, start + 3); end > start; end--) {
      if (used.slice(start, end).includes(true)) continue
      const modifier = modifierOf(
        tokens
          .slice(start, end)
          .map(({ stem }) => stem)
          .join(' '),
      )
      if (!modifier) continue
      const stressed = ['very', 'extremely', 'really', 'super'].includes(tokens[start - 1]?.text ?? '')
        ? 1.5
        : 1
      reading.modifier.size += stressed * (modifier.size ?? 0)
      reading.modifier.intensity += stressed * (modifier.intensity ?? 0)
      reading.modifier.distance += stressed * (modifier.distance ?? 0)
      reading.modifier.rate *= (modifier.rate ?? 1) ** stressed
      used.fill(true, start, end)
      break
    }
  }
}

/** Where a clause names nothing: what is related to its words, or looks like them, said to the user. */
function nameNearest(reading: Reading, clause: Clause, warnings: string[]): void {
  const words = reading.unknown
  const asked = words.map(({ text }) => text).join(' ')
  const related = bestMatches(clause.tokens, relatedTo, new Array<boolean>(clause.tokens.length).fill(false))
  const nearest = related[0] ?? spelledNearest(words)
  if (nearest) {
    const stems = clause.tokens.map(({ stem }) => stem)
    nearest.meaning = nearest.meaning.map((part) => ({
      ...part,
      variant: part.variant ?? variantOf(part.effect, stems),
    }))
    reading.found.push(nearest)
    const titles = nearest.meaning.map(({ effect, variant }) => titleOf(effect, variant)).join(', ')
    const shown = shortened(asked === '' ? nearest.phrase : asked)
    if (!clause.negated)
      warnings.push(`“${shown}” is not among the effects that are known; the nearest was taken: ${titles}.`)
  } else if (words.length > 0 && !clause.negated) {
    warnings.push(
      `“${shortened(asked)}” was left out: no effect that is known comes near it. There are ${effects.length} effects of these families: ${effectFamilies.join(', ')}.`,
    )
  }
}

function spelledNearest(words: readonly Token[]): Found | null {
  for (const { text } of words) {
    const meaning = nearestTo(text)
    if (meaning) return { meaning, start: 0, end: 0, phrase: text }
  }
  return null
}

export function titleOf(effectId: string, variant: string | null): string {
  const { title } = effectOf(effectId)
  return variant === null ? title : `${title} (${variant})`
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
