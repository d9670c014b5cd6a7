import { letterNames, wordAfter, wordBefore, type Place, type ReadingRule } from '../reading-rule'
import { looksLikeYear } from './dates'
import { MAGNITUDES, NUMBER, type Numerals } from './numerals'

/** Singular and plural by sign. */
const units: Readonly<Record<string, readonly [string, string]>> = {
  km: ['kilometer', 'kilometers'], m: ['meter', 'meters'], cm: ['centimeter', 'centimeters'], mm: ['millimeter', 'millimeters'],
  nm: ['nanometer', 'nanometers'], 'µm': ['micrometer', 'micrometers'], 'μm': ['micrometer', 'micrometers'],
  mi: ['mile', 'miles'], ft: ['foot', 'feet'], yd: ['yard', 'yards'], in: ['inch', 'inches'],
  'km/h': ['kilometer per hour', 'kilometers per hour'], kmh: ['kilometer per hour', 'kilometers per hour'],
  kph: ['kilometer per hour', 'kilometers per hour'], mph: ['mile per hour', 'miles per hour'],
  'm/s': ['meter per second', 'meters per second'], 'm/s²': ['meter per second squared', 'meters per second squared'],
  'km²': ['square kilometer', 'square kilometers'], 'm²': ['square meter', 'square meters'], 'cm²': ['square centimeter', 'square centimeters'],
  'm³': ['cubic meter', 'cubic meters'], 'cm³': ['cubic centimeter', 'cubic centimeters'], 'sq ft': ['square foot', 'square feet'],
  'sq. ft': ['square foot', 'square feet'], ha: ['hectare', 'hectares'], kg: ['kilogram', 'kilograms'], g: ['gram', 'grams'],
  mg: ['milligram', 'milligrams'], 'µg': ['microgram', 'micrograms'], 'μg': ['microgram', 'micrograms'], t: ['ton', 'tons'],
  lb: ['pound', 'pounds'], lbs: ['pound', 'pounds'], oz: ['ounce', 'ounces'], L: ['liter', 'liters'], l: ['liter', 'liters'],
  ml: ['milliliter', 'milliliters'], mL: ['milliliter', 'milliliters'], gal: ['gallon', 'gallons'], tsp: ['teaspoon', 'teaspoons'],
  tbsp: ['tablespoon', 'tablespoons'], '°C': ['degree Celsius', 'degrees Celsius'], '°F': ['degree Fahrenheit', 'degrees Fahrenheit'],
  '℃': ['degree Celsius', 'degrees Celsius'], '℉': ['degree Fahrenheit', 'degrees Fahrenheit'], '°': ['degree', 'degrees'],
  KB: ['kilobyte', 'kilobytes'], kB: ['kilobyte', 'kilobytes'], MB: ['megabyte', 'megabytes'],
  GB: ['gigabyte', 'gigabytes'], TB: ['terabyte', 'terabytes'], PB: ['petabyte', 'petabytes'], GiB: ['gibibyte', 'gibibytes'],
  Kbps: ['kilobit per second', 'kilobits per second'], kbps: ['kilobit per second', 'kilobits per second'],
  'kbit/s': ['kilobit per second', 'kilobits per second'], Mbps: ['megabit per second', 'megabits per second'],
  Gbps: ['gigabit per second', 'gigabits per second'], 'MB/s': ['megabyte per second', 'megabytes per second'],
  Hz: ['hertz', 'hertz'], kHz: ['kilohertz', 'kilohertz'], MHz: ['megahertz', 'megahertz'], GHz: ['gigahertz', 'gigahertz'],
  W: ['watt', 'watts'], kW: ['kilowatt', 'kilowatts'], MW: ['megawatt', 'megawatts'], GW: ['gigawatt', 'gigawatts'],
  kWh: ['kilowatt hour', 'kilowatt hours'], MWh: ['megawatt hour', 'megawatt hours'], V: ['volt', 'volts'], mV: ['millivolt', 'millivolts'],
  kV: ['kilovolt', 'kilovolts'], A: ['amp', 'amps'], mA: ['milliamp', 'milliamps'], mAh: ['milliamp hour', 'milliamp hours'],
  'Ω': ['ohm', 'ohms'], 'kΩ': ['kiloohm', 'kiloohms'], J: ['joule', 'joules'], kJ: ['kilojoule', 'kilojoules'], cal: ['calorie', 'calories'],
  kcal: ['kilocalorie', 'kilocalories'], Pa: ['pascal', 'pascals'], kPa: ['kilopascal', 'kilopascals'], psi: [letterNames('PSI'), letterNames('PSI')],
  dB: ['decibel', 'decibels'], ms: ['millisecond', 'milliseconds'], s: ['second', 'seconds'], sec: ['second', 'seconds'],
  secs: ['second', 'seconds'], min: ['minute', 'minutes'], mins: ['minute', 'minutes'], h: ['hour', 'hours'], hr: ['hour', 'hours'],
  hrs: ['hour', 'hours'], yrs: ['year', 'years'], px: ['pixel', 'pixels'], rpm: [letterNames('RPM'), letterNames('RPM')],
  fps: ['frame per second', 'frames per second'], dpi: [letterNames('DPI'), letterNames('DPI')], bpm: ['beat per minute', 'beats per minute'],
  '%': ['percent', 'percent'], '‰': ['per mille', 'per mille'],
} // prettier-ignore

/** Letters that are units only where they touch the figure or stand as such without doubt. */
const touching = new Set(['in', 'm', 's', 'h', 'g', 't', 'l', 'L', 'A', 'J', 'W', 'V', '°', 'cal'])
const UNIT = `(${Object.keys(units)
  .sort((a, b) => b.length - a.length)
  .map((unit) => unit.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
  .join('|')})`
const WORD_END = String.raw`(?![\p{L}\p{N}])`
const vulgar: Readonly<Record<string, readonly [string, string]>> = {
  '½': ['1', '2'], '⅓': ['1', '3'], '⅔': ['2', '3'], '¼': ['1', '4'], '¾': ['3', '4'], '⅕': ['1', '5'], '⅖': ['2', '5'],
  '⅗': ['3', '5'], '⅘': ['4', '5'], '⅙': ['1', '6'], '⅚': ['5', '6'], '⅛': ['1', '8'], '⅜': ['3', '8'], '⅝': ['5', '8'], '⅞': ['7', '8'],
} // prettier-ignore

/** A count with its unit; null for an unknown unit. */
export function readQuantity(numerals: Numerals, figures: string, unit: string): string | null {
  const names = units[unit]
  return names ? `${numerals.number(figures)} ${figures === '1' ? names[0] : names[1]}` : null
}

/** Numbers with and without units, ranges, fractions, sums. */
export function quantityRules(numerals: Numerals): ReadingRule[] {
  const { number, cardinal, ordinal, fraction } = numerals
  const freeStanding = (place: Place) => !/[\p{L}\p{N}]$/u.test(place.text.slice(0, place.start))
  return [
    {
      // 3:1
      pattern: /(\d{1,3}):(\d{1,3})(?![\d:])/y,
      read: ([, one, other]) => `${cardinal(one!)} to ${cardinal(other!)}`,
    },
    { pattern: /50[-–/]50\b/y, read: () => 'fifty fifty' },
    {
      pattern: new RegExp(
        String.raw`(${NUMBER})m(?=\s(?:people|users|customers|viewers|subscribers|jobs|households|homes|tonnes|tons|votes|years)\b)`,
        'y',
      ),
      read: ([, figures]) => `${number(figures!)} million`,
    },
    {
      // 5'11", 6′2″
      pattern: /(\d{1,2})\s?['’′]\s?(\d{1,2}(?:\.\d)?)\s?(?:["”″]|'')/y,
      read: ([, feet, inches]) =>
        `${cardinal(feet!)} ${feet === '1' ? 'foot' : 'feet'} ${number(inches!)} ${inches === '1' ? 'inch' : 'inches'}`,
    },
    {
      pattern: /(\d+(?:\.\d+)?)\s?["″](?=[\s,.;)]|$)/y,
      read: ([, figures], place) =>
        /^[^"“”]*["“][^"”]*$/.test(place.text.slice(0, place.start))
          ? null
          : `${number(figures!)} ${figures === '1' ? 'inch' : 'inches'}`,
    },
    {
      // 4x4, 1920×1080
      pattern: new RegExp(
        String.raw`(${NUMBER})\s?[x×]\s?(${NUMBER})(?:\s?[x×]\s?(${NUMBER}))?(?:\s?${UNIT})?${WORD_END}`,
        'yu',
      ),
      read: ([all, ...parts]) => {
        const unit = parts.pop()
        if (/\d\s×|×\s/.test(all)) return null
        const sides = parts.filter((part: string | undefined) => part !== undefined)
        const said = sides
          .map((part) => (/^\d{4}$/.test(part) && sides.length === 2 ? numerals.pairs(part) : number(part)))
          .join(' by ')
        return unit ? `${said} ${units[unit]![1]}` : said
      },
    },
    {
      // 10–15 km, 10-15%
      pattern: new RegExp(String.raw`(${NUMBER})\s?[–-]\s?(${NUMBER})(?:\s?${UNIT})?${WORD_END}(?!-)`, 'yu'),
      read: ([all, from, to, unit], place) => {
        if (!freeStanding(place) || (unit === undefined && /\s-|-\s/.test(all))) return null
        return `${number(from!)} to ${number(to!)}${unit ? ` ${units[unit]![1]}` : ''}`
      },
    },
    {
      // -40°C, 5 km, 5-km
      pattern: new RegExp(
        String.raw`([-−])?(${NUMBER})(?:\s?(million|billion|trillion))?([\s-]?)${UNIT}${WORD_END}(\.(?=\s\p{Ll}))?`,
        'yu',
      ),
      read: ([, minus, figures, magnitude, gap, unit], place) => {
        if (minus && !freeStanding(place)) return null
        if (touching.has(unit!) && gap !== '' && !surelyUnit(unit!, place)) return null
        if (unit === 's' && /^\d{2}(?:\d0)?$/.test(figures!) && figures!.endsWith('0') && gap === '')
          return null
        const one = gap === '-' || (figures === '1' && !magnitude) || isAttribute(place)
        const value = number(figures!) + (magnitude ? ` ${magnitude}` : '')
        return `${minus ? 'minus ' : ''}${value} ${units[unit!]![one ? 0 : 1]}`
      },
    },
    {
      // 3 1/2, 3½
      pattern: /(\d+)(?:\s|-)?(?:(\d)\/(\d{1,2})(?![\d/])|([½⅓⅔¼¾⅕-⅞]))/uy,
      read: ([all, whole, above, below, sign]) => {
        if (above !== undefined && !/[\s-]/.test(all)) return null
        const parts = sign ? vulgar[sign] : ([above!, below!] as const)
        const said = parts && fraction(...parts)
        return said ? `${cardinal(whole!)} and ${said.replace(/^one half$/, 'a half')}` : null
      },
    },
    { pattern: /24\/7/y, read: () => 'twenty four seven' },
    { pattern: /9\/11(?!\/)/y, read: () => 'nine eleven' },
    {
      pattern: /(\d{1,3})\/(\d{1,3})(?![\d/])/y,
      read: ([, above, below]) => fraction(above!, below!) ?? `${cardinal(above!)} over ${cardinal(below!)}`,
    },
    {
      pattern: /[½⅓⅔¼¾⅕-⅞]/uy,
      read: ([sign]) => (vulgar[sign] ? fraction(...vulgar[sign]) : null),
    },
    { pattern: /([\d,]*\d)(?:st|nd|rd|th)\b/iy, read: ([, figures]) => ordinal(figures!) },
    {
      // 6.02 × 10^23, 10²
      pattern: new RegExp(String.raw`(${NUMBER})(?:\^([-−]?\d+)|([⁻]?[⁰¹²³⁴-⁹]+))`, 'yu'),
      read: ([, base, caret, raised]) => {
        const exponent =
          caret ??
          raised!.replace('⁻', '-').replace(/[⁰¹²³⁴-⁹]/g, (sign) => String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(sign)))
        if (exponent === '2') return `${number(base!)} squared`
        if (exponent === '3') return `${number(base!)} cubed`
        return `${number(base!)} to the power of ${signed(numerals, exponent)}`
      },
    },
    {
      pattern: new RegExp(String.raw`(${NUMBER})[eE]([-+−]?\d{1,3})${WORD_END}`, 'yu'),
      read: ([, base, exponent]) =>
        `${number(base!)} times ten to the power of ${signed(numerals, exponent!.replace('+', ''))}`,
    },
    {
      pattern: new RegExp(String.raw`~\s?(${NUMBER})`, 'yu'),
      read: ([, figures]) => `about ${number(figures!)}`,
    },
    { pattern: /#\s?(\d+)/y, read: ([, figures]) => `number ${cardinal(figures!)}` },
    {
      // minus only where nothing stands before it
      pattern: new RegExp(String.raw`[-−](${NUMBER})`, 'yu'),
      read: ([, figures], place) =>
        /(?:^|[\s(=[])$/.test(place.text.slice(0, place.start)) ? `minus ${number(figures!)}` : null,
    },
    {
      pattern: new RegExp(String.raw`(${NUMBER})\s?(k|bn|mn|tn|cr)${WORD_END}`, 'yu'),
      read: ([all, figures, magnitude]) =>
        /\s/.test(all) && magnitude === 'k' ? null : `${number(figures!)} ${MAGNITUDES[magnitude!]}`,
    },
    {
      pattern: /(\d+(?:\.\d+)?)[MB](?![\p{L}\d])/uy,
      read: ([all, figures]) => `${number(figures!)} ${all.endsWith('M') ? 'million' : 'billion'}`,
    },
  ]
}

/** Plain numbers: what no other rule took. */
export function numberRules(numerals: Numerals): ReadingRule[] {
  const { number, digits } = numerals
  return [
    {
      pattern: new RegExp(NUMBER, 'y'),
      read: ([figures], place) => {
        if (/^\d{4}$/.test(figures) && looksLikeYear(figures, place)) return numerals.year(figures)
        if (
          /^\d{3,4}$/.test(figures) &&
          /^(?:room|flight|highway|route|boeing|airbus|apartment|suite|apt|interstate)\.?$/i.test(
            wordBefore(place),
          )
        )
          return numerals.pairs(figures)
        if (
          /^(?:pin|code|zip|serial|extension|ext|pincode|otp)\.?$/i.test(wordBefore(place)) &&
          /^\d{3,8}$/.test(figures)
        )
          return digits(figures)
        return number(figures)
      },
    },
  ]
}

function signed(numerals: Numerals, figures: string): string {
  return /^[-−]/.test(figures) ? `minus ${numerals.number(figures.slice(1))}` : numerals.number(figures)
}

/** “a 90° angle”: between an article and a noun the unit has no plural. */
function isAttribute(place: Place): boolean {
  const after = wordAfter(place)
  return (
    /^an?$/i.test(wordBefore(place)) &&
    /^\p{Ll}/u.test(after) &&
    !/^(?:of|and|or|in|at|on|to|per|each|for|from|over)$/.test(after)
  )
}

/** “5 m” and “20 g” with a space: where no word follows that the letter could belong to. */
function surelyUnit(unit: string, { text, end }: Place): boolean {
  if (unit === '°') return true
  const rest = text.slice(end, end + 12)
  if (unit === 'in' || unit === 'A') return unit === 'in' && /^(?:[,;)]|$)/.test(rest)
  return true
}
