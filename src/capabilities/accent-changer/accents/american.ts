import type { AccentRule } from './rule'
import { british } from './british'

/** From British speech: the way back. The dictionary says where Americans have which vowel. */
export const american: readonly AccentRule[] = british.map((rule) => ({
  ...rule,
  id: `${rule.id}-back`,
  origin: rule.shift,
  shift: { f1: 1 / rule.shift.f1, f2: 1 / rule.shift.f2, f3: 1 / rule.shift.f3 },
}))
