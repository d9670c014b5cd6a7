/** Factors of the first three formants of a vowel. */
export interface FormantShift {
  f1: number
  f2: number
  f3: number
}

/** A sound of General American (the dictionary's), and how another accent says it. */
export interface AccentRule {
  id: string
  /** ARPAbet without stress. */
  phones: readonly string[]
  /** Only in these words, in lower case. Default: in all. */
  words?: ReadonlySet<string>
  /** Only before a consonant or at the end of the word (`true`), or only before a vowel (`false`). */
  beforeConsonant?: boolean
  /** Where the speaker has the vowel before, relative to General American. Default: there. */
  origin?: FormantShift
  /** Relative to where the speaker has it. */
  shift: FormantShift
  /** 0–1, how telling the rule is: the higher, the earlier it comes in as the strength grows. */
  weight: number
  /** Who describes it. The directions are from there; how far a vowel goes is our approximation. */
  source: string
}
