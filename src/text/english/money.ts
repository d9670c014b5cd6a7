import { letterNames, type ReadingRule } from '../reading-rule'
import { MAGNITUDES, NUMBER, type Numerals } from './numerals'

interface Currency {
  one: string
  many: string
  minorOne: string
  minorMany: string
}

const currency = (one: string, many: string, minorOne: string, minorMany: string): Currency => ({
  one,
  many,
  minorOne,
  minorMany,
})
const dollar = currency('dollar', 'dollars', 'cent', 'cents')
const pound = currency('pound', 'pounds', 'penny', 'pence')
const rupee = currency('rupee', 'rupees', 'paisa', 'paise')
const euro = currency('euro', 'euros', 'cent', 'cents')
const yen = currency('yen', 'yen', 'sen', 'sen')
const named = (name: string, { one, many, minorOne, minorMany }: Currency) =>
  currency(`${name} ${one}`, `${name} ${many}`, minorOne, minorMany)

const bySign: Readonly<Record<string, Currency>> = {
  $: dollar, '£': pound, '€': euro, '₹': rupee, '¥': yen, '₩': currency('won', 'won', 'jeon', 'jeon'),
  '₽': currency('ruble', 'rubles', 'kopek', 'kopeks'), '₺': currency('lira', 'lira', 'kurus', 'kurus'),
  '₿': currency('bitcoin', 'bitcoins', 'satoshi', 'satoshis'),
  'Rs.': rupee, Rs: rupee, US$: named(letterNames('US'), dollar), A$: named('Australian', dollar), AU$: named('Australian', dollar),
  C$: named('Canadian', dollar), CA$: named('Canadian', dollar), NZ$: named('New Zealand', dollar), HK$: named('Hong Kong', dollar),
  S$: named('Singapore', dollar), R$: currency('real', 'reais', 'centavo', 'centavos'),
} // prettier-ignore

const byCode: Readonly<Record<string, Currency>> = {
  USD: named(letterNames('US'), dollar), GBP: named('British', pound), EUR: euro, INR: named('Indian', rupee),
  JPY: named('Japanese', yen), AUD: named('Australian', dollar), CAD: named('Canadian', dollar),
  NZD: named('New Zealand', dollar), SGD: named('Singapore', dollar), HKD: named('Hong Kong', dollar),
  CHF: currency('Swiss franc', 'Swiss francs', 'centime', 'centimes'), CNY: currency('Chinese yuan', 'Chinese yuan', 'fen', 'fen'),
  KRW: currency('Korean won', 'Korean won', 'jeon', 'jeon'), SEK: currency('Swedish krona', 'Swedish kronor', 'ore', 'ore'),
  MXN: currency('Mexican peso', 'Mexican pesos', 'centavo', 'centavos'), BRL: currency('Brazilian real', 'Brazilian reais', 'centavo', 'centavos'),
  AED: currency('dirham', 'dirhams', 'fils', 'fils'), ZAR: currency('rand', 'rand', 'cent', 'cents'),
} // prettier-ignore

const SIGN = String.raw`(US\$|AU?\$|CA?\$|NZ\$|HK\$|S\$|R\$|Rs\.?\s?|[$£€₹¥₩₽₺₿])`
const CODE = `(${Object.keys(byCode).join('|')})`
const MAGNITUDE = String.raw`(?:\s?(hundred|thousand|million|billion|trillion|lakhs?|crores?)|\s?(mn|bn|tn|cr|[kKmMbBtT]))?(?![\p{L}])`
const PER = String.raw`(?:\s?\/\s?(hour|hr|h|day|week|wk|month|mo|year|yr|person|kg|lb|gallon|unit|sq ft))?`
const perWords: Readonly<Record<string, string>> = {
  hr: 'hour',
  h: 'hour',
  wk: 'week',
  mo: 'month',
  yr: 'year',
  kg: 'kilogram',
  lb: 'pound',
  'sq ft': 'square foot',
}

/** Amounts of money in signs and codes. */
export function moneyRules(numerals: Numerals): ReadingRule[] {
  const amount = (figures: string, magnitude: string | undefined, unit: Currency) =>
    sayAmount(numerals, figures, magnitude, unit)
  const per = (word: string | undefined) => (word ? ` per ${perWords[word] ?? word}` : '')
  return [
    {
      // $5–10, $5-$10
      pattern: new RegExp(String.raw`${SIGN}(${NUMBER})\s?[–-]\s?(?:\1)?(${NUMBER})${MAGNITUDE}${PER}`, 'yu'),
      read: ([, sign, from, to, word, letter, unit]) =>
        `${numerals.number(from!)} to ${amount(to!, word ?? letter, bySign[sign!.trim()]!)}${per(unit)}`,
    },
    {
      pattern: new RegExp(String.raw`([-−–])?${SIGN}\s?([-−])?(${NUMBER})${MAGNITUDE}${PER}`, 'yu'),
      read: ([, minus, sign, inner, figures, word, letter, unit]) =>
        `${minus || inner ? 'minus ' : ''}${amount(figures!, word ?? letter, bySign[sign!.trim()]!)}${per(unit)}`,
    },
    {
      pattern: new RegExp(String.raw`${CODE}\s?(${NUMBER})${MAGNITUDE}`, 'yu'),
      read: ([, code, figures, word, letter]) => amount(figures!, word ?? letter, byCode[code!]!),
    },
    {
      pattern: new RegExp(String.raw`(${NUMBER})${MAGNITUDE}\s?(?:${CODE}|([€£₹¥]))(?![\p{L}\d])`, 'yu'),
      read: ([, figures, word, letter, code, sign]) =>
        amount(figures!, word ?? letter, code ? byCode[code]! : bySign[sign!]!),
    },
    {
      pattern: new RegExp(String.raw`(${NUMBER})\s?¢`, 'yu'),
      read: ([, figures]) => `${numerals.number(figures!)} ${figures === '1' ? 'cent' : 'cents'}`,
    },
    {
      pattern: /(\d{1,2})p(?![\p{L}\d])/uy,
      read: ([, figures]) =>
        numerals.data.tag === 'en-GB'
          ? `${numerals.cardinal(figures!)} ${figures === '1' ? 'penny' : 'pence'}`
          : null,
    },
  ]
}

/** An amount in words: figures as written, the currency by sign or code; null for an unknown currency. */
export function readMoney(numerals: Numerals, figures: string, code: string): string | null {
  const unit = bySign[code] ?? byCode[code.toUpperCase()]
  return unit ? sayAmount(numerals, figures, undefined, unit) : null
}

function sayAmount(
  numerals: Numerals,
  figures: string,
  magnitude: string | undefined,
  unit: Currency,
): string {
  if (magnitude) return `${numerals.number(figures)} ${MAGNITUDES[magnitude.toLowerCase()]} ${unit.many}`
  const minor = /^([\d,]*)\.(\d\d)$/.exec(figures)
  if (!minor) return `${numerals.number(figures)} ${figures === '1' ? unit.one : unit.many}`
  const [, whole, cents] = minor
  const minorPart = `${numerals.cardinal(String(Number(cents)))} ${Number(cents) === 1 ? unit.minorOne : unit.minorMany}`
  if (!whole || Number(whole) === 0) return minorPart
  const majorPart = `${numerals.cardinal(whole)} ${whole === '1' ? unit.one : unit.many}`
  return Number(cents) === 0 ? majorPart : `${majorPart} and ${minorPart}`
}
