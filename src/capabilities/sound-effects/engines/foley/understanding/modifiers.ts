import type { Space } from '../scene'
import { phraseKey } from './words'

/** What a word changes; differences on the scales of 0–1, `rate` a factor. */
export interface Modifier {
  size?: number
  intensity?: number
  distance?: number
  rate?: number
}

const table: readonly (readonly [Modifier, string])[] = [
  [{ size: 0.3 }, 'big large great deep low bass thick broad adult tall grand'],
  [{ size: 0.45 }, 'huge giant massive enormous gigantic colossal monstrous'],
  [{ size: -0.3 }, 'small little mini thin high pitched young compact light weight petite'],
  [{ size: -0.45 }, 'tiny miniature minuscule baby toy'],
  [
    { intensity: 0.3 },
    'heavy loud strong hard intense powerful forceful busy dense pouring angry aggressive wild crowded rough energetic',
  ],
  [
    { intensity: 0.45 },
    'violent raging torrential furious thunderous deafening ferocious extreme fierce roaring massive enthusiastic',
  ],
  [{ intensity: -0.25 }, 'light soft gentle quiet calm mild weak subtle peaceful low key mellow sparse'],
  [{ intensity: -0.4 }, 'faint barely slight delicate whispering hushed'],
  [{ distance: 0.65 }, 'distant far faraway afar remote background away'],
  [{ distance: -1 }, 'near nearby close closeup'],
  [
    { rate: 1.6 },
    'fast quick rapid hurried frantic hasty brisk speeding racing nervous urgent swift running',
  ],
  [{ rate: 0.6 }, 'slow lazy leisurely sluggish relaxed tired heavy footed lumbering'],
]

const single = new Map<string, Modifier>()
for (const [modifier, words] of table) {
  for (const word of words.split(' ')) {
    const key = phraseKey(word)
    if (!single.has(key)) single.set(key, modifier)
  }
}
for (const [word, modifier] of [
  ['in the distance', { distance: 0.65 }],
  ['far away', { distance: 0.75 }],
  ['far off', { distance: 0.75 }],
  ['close up', { distance: -1 }],
  ['high pitched', { size: -0.35 }],
  ['low pitched', { size: 0.35 }],
  ['on the horizon', { distance: 0.9 }],
  ['in the background', { distance: 0.4 }],
] as const) {
  single.set(phraseKey(word), modifier)
}

/** By the key of a phrase of up to three words. */
export function modifierOf(key: string): Modifier | undefined {
  return single.get(key)
}

const places: Record<Space, string> = {
  room: 'room|bedroom|living room|office room|indoors|classroom|small room|kitchen|elevator',
  bathroom: 'bathroom|shower room|toilet cubicle|tiled room|restroom|washroom|swimming pool',
  hall: 'hall|concert hall|gymnasium|gym|theatre|theater|warehouse|hangar|reverb|reverberant|echoing|echoey|echo|big room|large room|empty room|auditorium|lobby|factory hall|with reverb|parking garage|garage|basement',
  cave: 'cave|cavern|grotto|dungeon|mine shaft|canyon|well|crypt|catacomb|sewer',
  cathedral: 'cathedral|inside a church|in a church|basilica|abbey|in the church|chapel|in a temple',
  tunnel: 'tunnel|underpass|pipe|corridor|hallway|stairwell|subway tunnel|staircase|metro tunnel',
  outdoors: 'outdoors|outside|valley|mountain|mountains|open air|courtyard',
  muffled:
    'muffled|next door|behind a wall|through a wall|through the wall|behind a door|through a door|through the door|from another room|neighbour|neighbours|neighbor|neighbors|behind the door|dull',
  underwater: 'underwater|under water|submerged|below the surface|beneath the water',
  telephone:
    'over the phone|through a phone|on the phone|through a telephone|over the radio|through a radio|on the radio|through a walkie talkie|lofi|lo fi|megaphone|through a speaker|old radio',
}

const spaceWords = new Map<string, Space>()
for (const [space, words] of Object.entries(places) as [Space, string][]) {
  for (const word of words.split('|')) spaceWords.set(phraseKey(word), space)
}

export function spaceOf(key: string): Space | undefined {
  return spaceWords.get(key)
}

export const longestModifierWords = 4
