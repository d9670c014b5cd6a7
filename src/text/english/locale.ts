import type { LocaleData } from '../locales/locale'
import type { NumberRules } from '../locales/number-rules'

/** What the Englishes differ in when they are read aloud. */
export interface EnglishData extends LocaleData {
  dateOrder: 'mdy' | 'dmy'
  /** “March the fifth”, “two thousand and five”. */
  and: boolean
  /** Lakh and crore where the digits are not grouped in threes. */
  indian: boolean
  /** How 0 is called in telephone numbers. */
  telephoneZero: 'zero' | 'oh'
}

const units = `0: zero; one; two; three; four; five; six; seven; eight; nine; ten; eleven; twelve; thirteen; fourteen; fifteen;
  sixteen; seventeen; eighteen; nineteen; 20: twenty[ >>]; 30: thirty[ >>]; 40: forty[ >>]; 50: fifty[ >>]; 60: sixty[ >>];
  70: seventy[ >>]; 80: eighty[ >>]; 90: ninety[ >>];`
const ordinalUnits = `0: zeroth; first; second; third; fourth; fifth; sixth; seventh; eighth; ninth; tenth; eleventh; twelfth;
  thirteenth; fourteenth; fifteenth; sixteenth; seventeenth; eighteenth; nineteenth; twentieth; twenty >>; 30: thirtieth;
  thirty >>; 40: fortieth; forty >>; 50: fiftieth; fifty >>; 60: sixtieth; sixty >>; 70: seventieth; seventy >>;
  80: eightieth; eighty >>; 90: ninetieth; ninety >>;`

function numbersOf(and: boolean): NumberRules {
  const rest = and ? '[>rest>]' : '[ >>]'
  return {
    cardinal: `${units} 100: << hundred[${and ? ' and' : ''} >>]; 1000: << thousand${rest}; 1000000: << million${rest};
      1000000000: << billion${rest}; 1000000000000: << trillion${rest}`,
    rest: `0: ' and =cardinal=; 100: ' =cardinal=`,
    indian: `${units} 100: << hundred[${and ? ' and' : ''} >>]; 1000: << thousand[ >>]; 100000: << lakh[ >>];
      10000000: << crore[ >>]`,
    ordinal: `${ordinalUnits} 100: <cardinal< hundred>nth>; 1000: <cardinal< thousand>nth>; 1000000: <cardinal< million>nth>;
      1000000000: <cardinal< billion>nth>`,
    nth: `0: th; ' ${and ? 'and ' : ''}=ordinal=; 100: ' =ordinal=`,
    year: `0: =cardinal=; 1000/100: <cardinal<>years>; 2000: =cardinal=; 2010/100: <cardinal<>years>; 3000: =cardinal=`,
    years: `0: ' hundred; ' oh =cardinal=; 10: ' =cardinal=`,
  }
}

const abbreviations = {
  mr: 'mister', mrs: 'missus', ms: 'miz', dr: 'doctor', prof: 'professor', st: 'saint', jr: 'junior', sr: 'senior',
  vs: 'versus', 'e.g': 'for example', 'i.e': 'that is', etc: 'et cetera', approx: 'approximately', vol: 'volume',
  pp: 'pages', fig: 'figure', inc: 'incorporated', ltd: 'limited', corp: 'corporation', dept: 'department',
  est: 'established', ave: 'avenue', blvd: 'boulevard', rd: 'road', mt: 'mount', gen: 'general', col: 'colonel',
  sgt: 'sergeant', capt: 'captain', lt: 'lieutenant', gov: 'governor', sen: 'senator', rep: 'representative',
  rev: 'reverend', hon: 'honorable', cf: 'compare', ca: 'circa', pvt: 'private', govt: 'government', ph: 'phone',
  tel: 'telephone', ext: 'extension', apt: 'apartment', co: 'company', al: 'al', cpl: 'corporal', cmdr: 'commander',
  messrs: 'messieurs', esq: 'esquire', ed: 'edition', eds: 'editors', misc: 'miscellaneous', temp: 'temperature',
  jan: 'January', feb: 'February', mar: 'March', apr: 'April', jun: 'June', jul: 'July', aug: 'August',
  sep: 'September', sept: 'September', oct: 'October', nov: 'November', dec: 'December', mon: 'Monday', tue: 'Tuesday',
  tues: 'Tuesday', wed: 'Wednesday', thu: 'Thursday', thur: 'Thursday', thurs: 'Thursday', fri: 'Friday',
} // prettier-ignore

const signs = {
  '&': 'and', '+': 'plus', '=': 'equals', '×': 'times', '÷': 'divided by', '±': 'plus or minus', '−': 'minus', '<': 'less than',
  '>': 'greater than', '≤': 'less than or equal to', '≥': 'greater than or equal to', '≠': 'not equal to',
  '≈': 'approximately', '√': 'the square root of', '∞': 'infinity', 'π': 'pi', '%': 'percent', '‰': 'per mille',
  '@': 'at', '©': 'copyright', '®': 'registered', '™': 'trademark', '§': 'section', '°': 'degrees', '¶': 'paragraph',
  '€': 'euros', '£': 'pounds', '$': 'dollars', '₹': 'rupees', '¥': 'yen', '²': 'squared', '³': 'cubed',
  '½': 'one half', '¼': 'one quarter', '¾': 'three quarters', '⅓': 'one third', '⅔': 'two thirds',
} // prettier-ignore

function englishData(
  tag: string,
  own: Pick<EnglishData, 'dateOrder' | 'and' | 'indian' | 'telephoneZero'>,
): EnglishData {
  return {
    tag,
    numbers: numbersOf(own.and),
    decimal: { sign: '.', word: 'point' },
    grouping: ',',
    minus: 'minus',
    percent: 'percent',
    abbreviations,
    signs,
    ...own,
  }
}

export const englishLocales: readonly EnglishData[] = [
  englishData('en-US', { dateOrder: 'mdy', and: false, indian: false, telephoneZero: 'zero' }),
  englishData('en-GB', { dateOrder: 'dmy', and: true, indian: false, telephoneZero: 'oh' }),
  englishData('en-AU', { dateOrder: 'dmy', and: true, indian: false, telephoneZero: 'oh' }),
  englishData('en-IN', { dateOrder: 'dmy', and: true, indian: true, telephoneZero: 'zero' }),
]
