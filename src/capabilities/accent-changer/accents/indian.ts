import { bathWords } from './bath-words'
import type { AccentRule } from './rule'

const wiltshire =
  'C. Wiltshire and J. Harnsberger, The influence of Gujarati and Tamil L1s on Indian English, World Englishes 25, 2006; for the direction; factors are our approximation'
const wells =
  'J. C. Wells, Accents of English 3, Cambridge 1982, chapter 9.3 for the direction; factors are our approximation'

/** Vowels only: the retroflex t and d and the one sound for v and w are consonants, which this method leaves alone. */
export const indian: readonly AccentRule[] = [
  {
    ...{ id: 'goat-monophthong', phones: ['OW'], shift: { f1: 0.9, f2: 0.9, f3: 1 } },
    ...{ weight: 1, source: wiltshire },
  },
  {
    ...{ id: 'face-monophthong', phones: ['EY'], shift: { f1: 0.88, f2: 1.08, f3: 1 } },
    ...{ weight: 1, source: wiltshire },
  },
  {
    ...{ id: 'bath', phones: ['AE'], words: bathWords, shift: { f1: 1.2, f2: 0.68, f3: 1 } },
    ...{ weight: 0.9, source: wells },
  },
  {
    ...{ id: 'nurse-central', phones: ['ER'], shift: { f1: 1.2, f2: 0.95, f3: 1.3 } },
    ...{ weight: 0.8, source: wells },
  },
  {
    ...{ id: 'lot', phones: ['AA'], shift: { f1: 0.85, f2: 0.8, f3: 1 } },
    ...{ weight: 0.7, source: wells },
  },
  {
    ...{ id: 'strut-central', phones: ['AH'], shift: { f1: 0.95, f2: 1.08, f3: 1 } },
    ...{ weight: 0.4, source: wells },
  },
]
