import { tokensOf, type Token } from './words'

/** A part of a description that speaks of one thing, or of a few that sound together. */
export interface Clause {
  tokens: Token[]
  /** Clauses of one step sound together. */
  step: number
  /** What is not to be heard. */
  negated: boolean
}

const together = new Set([
  'with',
  'and',
  'plus',
  'while',
  'as',
  'during',
  'alongside',
  'amid',
  'but',
  'when',
  'accompanied',
  'including',
  'featuring',
  'mixed',
])
const sequence = new Set(['then', 'afterwards', 'afterward', 'finally', 'followed', 'before', 'next'])
const negations = new Set(['no', 'without', 'not', 'except', 'minus', 'excluding', 'dont', 'never', 'avoid'])

/** Splits at what joins: “with”, “and”, “then”, “after”, “without” … */
export function clausesOf(text: string): Clause[] {
  const clauses: Clause[] = []
  let step = 0
  let negated = false
  let current: Token[] = []
  /** “A after B”: A waits until B's step is known. */
  let waiting: Clause[] = []
  const close = () => {
    if (current.length > 0) clauses.push({ tokens: current, step, negated })
    current = []
  }
  const tokens = tokensOf(text)
  tokens.forEach((token, index) => {
    const { text: word } = token
    if (negations.has(word)) {
      close()
      negated = true
    } else if (word === 'after' && current.length > 0) {
      close()
      waiting = clauses.filter((clause) => clause.step === step)
      for (const clause of waiting) clause.step++
    } else if (sequence.has(word) && !(word === 'next' && tokens[index + 1]?.text === 'door')) {
      close()
      negated = false
      if (clauses.length > 0) step = Math.max(...clauses.map((clause) => clause.step)) + 1
    } else if (word === ',' || word === ';' || together.has(word)) {
      close()
      // “without wind and birds” leaves out both; a new “with” or a full stop ends that.
      if (word !== 'and') negated = false
    } else {
      current.push(token)
    }
  })
  close()
  return clauses
}
