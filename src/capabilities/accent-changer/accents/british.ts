import { bathWords } from './bath-words'
import type { AccentRule } from './rule'

const wells =
  'J. C. Wells, Accents of English 2, Cambridge 1982, chapter 4.1 for the direction; factors are our approximation'
const measured =
  'S. Hawkins and J. Midgley, JIPA 35, 2005 (RP vowels) and J. Hillenbrand et al., JASA 97, 1995 (American ones) for the direction; factors are our approximation'

/** Southern British English, as on the radio. */
export const british: readonly AccentRule[] = [
  {
    ...{ id: 'nurse-without-r', phones: ['ER'], shift: { f1: 1.05, f2: 1.0, f3: 1.4 } },
    ...{ weight: 1, source: wells },
  },
  {
    ...{ id: 'bath', phones: ['AE'], words: bathWords, shift: { f1: 1.03, f2: 0.6, f3: 1 } },
    ...{ weight: 1, source: measured },
  },
  {
    ...{ id: 'goat', phones: ['OW'], shift: { f1: 1.1, f2: 1.4, f3: 1 } },
    ...{ weight: 0.9, source: wells },
  },
  {
    ...{ id: 'lot', phones: ['AA'], shift: { f1: 0.7, f2: 0.72, f3: 1 } },
    ...{ weight: 0.8, source: measured },
  },
  {
    ...{ id: 'thought', phones: ['AO'], shift: { f1: 0.68, f2: 0.72, f3: 1 } },
    ...{ weight: 0.7, source: measured },
  },
  {
    ...{ id: 'goose-fronted', phones: ['UW'], shift: { f1: 0.85, f2: 1.45, f3: 1 } },
    ...{ weight: 0.5, source: measured },
  },
  {
    ...{ id: 'trap-open', phones: ['AE'], shift: { f1: 1.3, f2: 0.82, f3: 1 } },
    ...{ weight: 0.45, source: measured },
  },
]
