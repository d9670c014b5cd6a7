import { effects } from '../effects'
import { phraseKey, stemOf, tokensOf } from './words'

/** What a phrase names: effects, each in a variant or none. */
export type Meaning = readonly {
  effect: string
  variant: string | null
  intensity?: number
  distance?: number
}[]

const one = (effect: string, variant: string | null = null) => ({ effect, variant })

/** Places and weathers that are made of several sounds; used where a clause names nothing else. */
const sceneTable: readonly (readonly [string, Meaning])[] = [
  [
    'storm|thunderstorm|tempest|stormy night|stormy|stormy weather|lightning storm',
    [{ ...one('rain'), intensity: 0.2 }, one('thunder'), { ...one('wind'), distance: 0.2 }],
  ],
  [
    'forest|woods|woodland|park|nature',
    [one('birds'), { ...one('wind', 'trees'), intensity: -0.3, distance: 0.2 }],
  ],
  [
    'jungle|rainforest|tropical forest',
    [one('crickets', 'cicada'), one('birds'), { ...one('frog'), distance: 0.3 }],
  ],
  ['beach|seaside|seashore ambience', [one('waves'), { ...one('birds', 'gull'), distance: 0.4 }]],
  [
    'harbour|harbor|port|docks|marina',
    [one('waves'), one('birds', 'gull'), { ...one('horn', 'ship'), distance: 0.6 }],
  ],
  ['swamp|marsh|bog|pond', [one('frog'), one('crickets')]],
  [
    'night|countryside|night time|nighttime|summer evening',
    [one('crickets'), { ...one('owl'), distance: 0.4 }],
  ],
  ['morning|sunrise|dawn|spring|garden|meadow', [one('birds')]],
  [
    'farm|farmyard|barn|barnyard',
    [one('farm-animal'), one('farm-animal', 'rooster'), { ...one('birds'), distance: 0.3 }],
  ],
  [
    'office|open plan office|workplace',
    [
      one('keyboard'),
      { ...one('telephone', 'electronic'), distance: 0.5 },
      { ...one('crowd'), distance: 0.6 },
    ],
  ],
  ['door|front door|gate', [one('door-open')]],
  ['water', [one('stream')]],
  ['glass', [one('glass-break')]],
  ['church', [one('church-bell')]],
  ['heart', [one('heartbeat')]],
  ['people|voices|human voices', [one('crowd')]],
  ['noise|hiss noise', [one('static')]],
  ['car|vehicle', [one('car-engine')]],
  ['kitchen|cooking', [one('fire', 'frying'), one('glass-clink')]],
  [
    'construction|construction site|building site|roadworks',
    [one('hammer'), one('drill', 'jackhammer'), { ...one('saw'), distance: 0.3 }],
  ],
  ['workshop|carpenter|carpentry', [one('hammer'), one('saw')]],
  ['battle|war|battlefield|warzone|firefight|combat', [one('gunshot'), one('explosion')]],
  ['medieval battle|knight fight|viking battle', [one('sword'), { ...one('cheering'), distance: 0.4 }]],
  ['haunted house|horror|spooky|halloween|haunted|creepy', [one('wind', 'howling'), one('door-creak')]],
  ['train station|railway station|platform', [{ ...one('train'), distance: 0.3 }, one('crowd')]],
  ['airport|departure hall', [one('crowd'), { ...one('aeroplane'), distance: 0.7 }, one('doorbell')]],
  ['hospital|intensive care|operating room', [one('beep'), { ...one('breathing'), distance: 0.2 }]],
  ['space battle|star wars|starship battle', [one('laser'), one('explosion')]],
  ['christmas|santa|sleigh', [one('keys'), { ...one('wind'), intensity: -0.3 }]],
  ['new year|new years eve|fireworks show', [one('explosion', 'fireworks'), one('cheering')]],
  ['street|town|downtown|urban|city street', [one('traffic'), { ...one('crowd'), distance: 0.5 }]],
  ['casino|slot machine', [one('arcade-coin'), one('coin-drop'), { ...one('crowd'), distance: 0.4 }]],
]

const byKey = new Map<string, Meaning>()
const relatedByKey = new Map<string, Meaning>()
const sceneByKey = new Map<string, Meaning>()

/** Variants that a phrase of an effect asks for by itself, as “typewriter” does. */
function variantIn(
  variants: Readonly<Record<string, readonly string[]>> | undefined,
  phrase: string,
): string | null {
  return variantAmong(
    variants,
    tokensOf(phrase).map(({ stem }) => stem),
  )
}

function variantAmong(
  variants: Readonly<Record<string, readonly string[]>> | undefined,
  stems: readonly string[],
): string | null {
  for (const [variant, words] of Object.entries(variants ?? {})) {
    if (words.some((word) => containsRun(stems, phraseKey(word).split(' ')))) return variant
  }
  return null
}

function containsRun(stems: readonly string[], run: readonly string[]): boolean {
  return stems.some((_, start) => run.every((stem, index) => stems[start + index] === stem))
}

for (const effect of effects) {
  for (const name of effect.names) {
    const key = phraseKey(name)
    if (!byKey.has(key)) byKey.set(key, [one(effect.id, variantIn(effect.variants, name))])
  }
  for (const name of effect.related ?? []) {
    const key = phraseKey(name)
    if (!relatedByKey.has(key)) relatedByKey.set(key, [one(effect.id, variantIn(effect.variants, name))])
  }
}
for (const [phrases, meaning] of sceneTable) {
  for (const phrase of phrases.split('|')) sceneByKey.set(phraseKey(phrase), meaning)
}

/** Longest phrase of the vocabulary, in words. */
export const longestPhraseWords = 5

export const namedBy = (key: string): Meaning | undefined => byKey.get(key)
export const sceneNamedBy = (key: string): Meaning | undefined => sceneByKey.get(key)
export const relatedTo = (key: string): Meaning | undefined => relatedByKey.get(key)

/** The variant of an effect that stems ask for. */
export function variantOf(effectId: string, stems: readonly string[]): string | null {
  return variantAmong(effects.find(({ id }) => id === effectId)?.variants, stems)
}

const nearestCandidates = [...byKey.entries()]
  .filter(([key]) => !key.includes(' ') && key.length >= 4)
  .map(([key, meaning]) => ({ pairs: pairsOf(key), meaning }))

/** Pairs of letters, ends marked. */
function pairsOf(word: string): Set<string> {
  const marked = `^${word}$`
  return new Set(Array.from({ length: marked.length - 1 }, (_, index) => marked.slice(index, index + 2)))
}

const enough = 0.6

/** What a misspelt or strange word looks most like, by the Dice coefficient of its pairs of letters; null for nothing. */
export function nearestTo(word: string): Meaning | null {
  const stem = stemOf(word)
  if (stem.length < 4) return null
  const pairs = pairsOf(stem)
  let best: { score: number; meaning: Meaning } | null = null
  for (const candidate of nearestCandidates) {
    let common = 0
    for (const pair of pairs) if (candidate.pairs.has(pair)) common++
    const score = (2 * common) / (pairs.size + candidate.pairs.size)
    if (score >= enough && score > (best?.score ?? 0)) best = { score, meaning: candidate.meaning }
  }
  return best?.meaning ?? null
}
