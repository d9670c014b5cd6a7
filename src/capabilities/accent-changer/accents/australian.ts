import { bathWords } from './bath-words'
import type { AccentRule } from './rule'

const cox =
  'F. Cox and S. Palethorpe, Illustrations of the IPA: Australian English, JIPA 37, 2007; for the direction; factors are our approximation'

export const australian: readonly AccentRule[] = [
  {
    ...{ id: 'face-low', phones: ['EY'], shift: { f1: 1.4, f2: 0.85, f3: 1 } },
    ...{ weight: 1, source: cox },
  },
  {
    ...{ id: 'nurse-without-r', phones: ['ER'], shift: { f1: 0.97, f2: 1.15, f3: 1.4 } },
    ...{ weight: 0.95, source: cox },
  },
  {
    ...{ id: 'price-back', phones: ['AY'], shift: { f1: 0.97, f2: 0.82, f3: 1 } },
    ...{ weight: 0.85, source: cox },
  },
  {
    ...{ id: 'dress-raised', phones: ['EH'], shift: { f1: 0.8, f2: 1.1, f3: 1 } },
    ...{ weight: 0.8, source: cox },
  },
  {
    ...{ id: 'kit-raised', phones: ['IH'], shift: { f1: 0.88, f2: 1.1, f3: 1 } },
    ...{ weight: 0.75, source: cox },
  },
  {
    ...{ id: 'goose-fronted', phones: ['UW'], shift: { f1: 0.9, f2: 1.7, f3: 1 } },
    ...{ weight: 0.75, source: cox },
  },
  {
    ...{ id: 'goat-front', phones: ['OW'], shift: { f1: 1.2, f2: 1.45, f3: 1 } },
    ...{ weight: 0.7, source: cox },
  },
  {
    ...{ id: 'bath', phones: ['AE'], words: bathWords, shift: { f1: 1.3, f2: 0.72, f3: 1 } },
    ...{ weight: 0.65, source: cox },
  },
  {
    ...{ id: 'lot', phones: ['AA'], shift: { f1: 0.82, f2: 0.8, f3: 1 } },
    ...{ weight: 0.6, source: cox },
  },
]
