/**
 * Number words by rules that are data: a small reading of the rule-based number formats of Unicode CLDR
 * (https://unicode.org/reports/tr35/tr35-numbers.html#Rule-Based_Number_Formatting).
 *
 * A rule set is `base: text; …` in ascending order; a rule without a base follows the one before it. In the text `<<`
 * stands for the quotient by the largest power of ten in the base and `>>` for the remainder, `<name<` and `>name>` for
 * the same in another set, `=name=` for the number itself in another set; what is in brackets is left out where the
 * remainder is 0. A base `100/1000` states its power of ten. Spaces at the ends of a rule are kept behind a leading `'`.
 */
export type NumberRules = Readonly<Record<string, string>>

export interface NumberSpeller {
  /** Words of a whole number from 0 to 10^15; null where the sets cannot say it. */
  say(value: number, rules?: string): string | null
}

interface Rule {
  base: number
  power: number
  text: string
}

const piece = /<([\w-]*)<|>([\w-]*)>|=([\w-]+)=|\[([^\]]*)\]|([^<>=[\]]+)/g
const LARGEST = 1e15

export function createNumberSpeller(sets: NumberRules): NumberSpeller {
  const parsed = new Map(Object.entries(sets).map(([name, text]) => [name, parseRules(text)]))

  function spell(value: number, name: string): string {
    const rules = parsed.get(name)
    if (!rules) throw new RangeError(`No number rules “${name}”.`)
    const rule = ruleFor(rules, value)
    return expand(rule.text, value, rule.power, name)
  }

  function expand(text: string, value: number, power: number, name: string): string {
    let said = ''
    for (const [, quotient, remainder, same, optional, plain] of text.matchAll(piece)) {
      if (quotient !== undefined) said += spell(Math.floor(value / power), quotient || name)
      else if (remainder !== undefined) said += spell(value % power, remainder || name)
      else if (same !== undefined) said += spell(value, same)
      else if (optional !== undefined) said += value % power ? expand(optional, value, power, name) : ''
      else said += plain ?? ''
    }
    return said
  }

  return {
    say(value, rules = 'cardinal') {
      if (!Number.isSafeInteger(value) || value < 0 || value >= LARGEST || !parsed.has(rules)) return null
      return spell(value, rules).trim()
    },
  }
}

function parseRules(text: string): Rule[] {
  let next = 0
  return text
    .split(';')
    .filter((rule) => rule.trim() !== '')
    .map((rule) => {
      const [, base, power, words] = /^\s*(?:(\d+)(?:\/(\d+))?:)?\s*(.*)$/s.exec(rule)!
      const at = base === undefined ? next : Number(base)
      next = at + 1
      return {
        base: at,
        power: power ? Number(power) : at < 1 ? 1 : 10 ** Math.floor(Math.log10(at) + 1e-9),
        text: words!.startsWith("'") ? words!.slice(1) : words!.trimEnd(),
      }
    })
}

/** The rule with the largest base that is not above the value; CLDR's rollback for round values included. */
function ruleFor(rules: readonly Rule[], value: number): Rule {
  let low = 0
  let high = rules.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (rules[middle]!.base <= value) low = middle
    else high = middle - 1
  }
  const rule = rules[low]!
  const round = value % rule.power === 0 && rule.base % rule.power !== 0
  return round && />|\[/.test(rule.text) && low > 0 ? rules[low - 1]! : rule
}
