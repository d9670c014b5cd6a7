import { stemmer } from 'stemmer'

/** A word of a description, or a mark that ends a clause. */
export interface Token {
  /** Lower case, without accents; `,` and `;` for marks. */
  text: string
  stem: string
}

/** Words whose plural is another word than Porter's stemmer makes of it. */
const irregular: Record<string, string> = {
  mice: 'mouse',
  leaves: 'leaf',
  wolves: 'wolf',
  knives: 'knife',
  geese: 'goose',
  oxen: 'ox',
  people: 'people',
  rang: 'ring',
  rung: 'ring',
  blew: 'blow',
  ran: 'run',
  broke: 'break',
  broken: 'break',
  shot: 'shot',
  shut: 'shut',
  tyre: 'tire',
  tyres: 'tire',
  colour: 'color',
  aeroplanes: 'aeroplan',
  gently: 'gentl',
  thundering: 'thunder',
}

export function stemOf(word: string): string {
  const plain = word.length > 4 && word.endsWith('ly') ? word.slice(0, -2) : word
  return irregular[word] ?? stemmer(plain)
}

export function tokensOf(text: string): Token[] {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/['’`]/g, '')
    .replaceAll(/->|→/g, ' then ')
    .replaceAll(/[&+]/g, ' and ')
  const pieces = plain.match(/[\p{L}\p{N}]+|[,;.:!?\n]/gu) ?? []
  return pieces.map((piece) => {
    if (/^[,:]$/.test(piece)) return { text: ',', stem: ',' }
    if (/^[;.!?\n]$/.test(piece)) return { text: ';', stem: ';' }
    return { text: piece, stem: stemOf(piece) }
  })
}

/** Key of a phrase: the stems of its words. */
export function phraseKey(phrase: string): string {
  return tokensOf(phrase)
    .map(({ stem }) => stem)
    .join(' ')
}

const numbers = [
  ...[
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
  ],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen', 'twenty'],
]

const amounts: Record<string, number> = {
  ...{
    once: 1,
    single: 1,
    twice: 2,
    double: 2,
    pair: 2,
    couple: 2,
    thrice: 3,
    triple: 3,
    few: 3,
    dozen: 12,
    hundred: 100,
  },
}

/** What follows a number that counts no sounds. */
const units = new Set([
  'second',
  'seconds',
  'sec',
  'secs',
  's',
  'minute',
  'minutes',
  'min',
  'hz',
  'khz',
  'percent',
  'meter',
  'meters',
  'metres',
  'metre',
  'm',
  'km',
  'oclock',
  'year',
  'years',
  'old',
  'bit',
  'am',
  'pm',
  'db',
  'times',
])

/** How many a word says; null where it is no number. */
export function amountOf(text: string): number | null {
  const spelled = numbers.indexOf(text)
  if (spelled >= 0) return spelled
  if (/^\d{1,3}$/.test(text)) return Number(text)
  return amounts[text] ?? null
}

export function isUnit(text: string): boolean {
  return units.has(text)
}

/** Words that carry no sound. */
export const stopWords = new Set(
  'a an the of to is are be been being was were it its this that these those there here some any very really extremely so quite rather sound sounds noise effect effects fx sfx audio clip recording sample ambience ambient background atmosphere make makes made give me i want need please generate create play playing like style someone somebody something person who which he she they his her their our my your you we for by with from into onto in on at up down out off upon around across along against over under behind through near inside outside between among within and or but then while as during when after before just only also too still even again repeatedly continuous continuously continuing constant constantly ongoing long short brief one going gone goes go coming comes come gets get getting realistic natural high low quality hd stereo loop looping looped seamless seamlessly loopable old new day time moment scene middle front back side top bottom left right first last next kind type sort full whole all every each several many multiple various different lot lots bunch few couple times time second seconds minute minutes sec nice good great typical classic usual normal'.split(
    ' ',
  ),
)
