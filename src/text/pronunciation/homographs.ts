import type { Phone } from '../utterance'

/** A word that is said in two ways, and the words around it that tell which. */
interface Homograph {
  usual: string
  other: string
  /** Whether the other way is meant: words before and after in lower case, empty at the ends. */
  when(before: string, after: string, earlier: readonly string[]): boolean
}

const set = (words: string) => new Set(words.split(' '))
const determiners = set(
  'a an the this that these those my your his her its our their no any some every each another of in for one two three four five six new old good bad own first last same whose world',
)
const verbLead = set(
  "to will would can could may might must shall should not don't doesn't didn't won't can't cannot i you we they who let's please never always i'll you'll we'll they'll i'd we'd you'd they'd he'll she'll it'll and",
)
const modals = set(
  "to will would can could may might must shall should don't doesn't didn't won't can't cannot let's please i'll you'll we'll they'll he'll she'll it'll",
)
const past = set(
  "have has had was were is are been be being had i've we've you've they've i'd he'd she'd hasn't haven't hadn't yesterday already just ever",
)
const pronouns = set('he she it i you we they')

const verbBefore = (before: string) => verbLead.has(before)
/** Stress by part of speech: the noun is the usual form. */
const noun = (usual: string, verb: string): Homograph => ({
  usual,
  other: verb,
  when: (before) =>
    modals.has(before) || (verbBefore(before) && !determiners.has(before) && before !== 'and'),
})
/** The verb is the usual form. */
const verb = (usual: string, asNoun: string): Homograph => ({
  usual,
  other: asNoun,
  when: (before) => determiners.has(before),
})

/** https://en.wikipedia.org/wiki/Heteronym_(linguistics), the frequent ones. */
const homographs: Readonly<Record<string, Homograph>> = {
  read: { usual: 'R IY1 D', other: 'R EH1 D', when: (before, after, earlier) => past.has(before) || ((pronouns.has(before) || /[^s]s?$/.test(before)) && earlier.some((word) => word === 'yesterday' || word === 'had' || word === 'was') && !modals.has(before)) || (/^(?:he|she|it)$/.test(before) && !['do', 'does', 'did'].includes(earlier.at(-2) ?? '')) || after === 'aloud' && past.has(before) },
  lead: { usual: 'L IY1 D', other: 'L EH1 D', when: (before, after) => /^(?:pipe|pipes|paint|poisoning|pencil|acid|free|weights?|bullets?)$/.test(after) || /^(?:of|molten|contains?|containing)$/.test(before) },
  live: { usual: 'L IH1 V', other: 'L AY1 V', when: (before, after) => /^(?:music|show|shows|concert|broadcast|stream|streaming|audience|event|wire|wires|performance|performances|coverage|tv|television|video|recording|album|bait|birth|animals|ammunition|chat|updates?|on)$/.test(after) && !verbBefore(before) || /^(?:broadcast|broadcasting|streamed|streaming|go|goes|going|went|recorded|perform|performed)$/.test(before) || before === 'a' },
  use: { usual: 'Y UW1 Z', other: 'Y UW1 S', when: (before, after) => (determiners.has(before) && before !== 'that') || after === 'of' || /^(?:no|in|into|personal|daily|household|land|drug|public)$/.test(before) },
  close: { usual: 'K L OW1 Z', other: 'K L OW1 S', when: (before, after) => /^(?:to|by|friends?|enough|call|relationship|range|proximity|together|attention|look|contact|ties|family|second|race)$/.test(after) && !/^(?:to|will|please|can)$/.test(before) || /^(?:very|so|too|is|was|are|were|how|as|get|got|come|came|stay|pretty|really|quite)$/.test(before) },
  record: { usual: 'R EH1 K ER0 D', other: 'R AH0 K AO1 R D', when: (before) => modals.has(before) || /^(?:i|you|we|they)$/.test(before) },
  present: { usual: 'P R EH1 Z AH0 N T', other: 'P R IY0 Z EH1 N T', when: (before) => modals.has(before) || /^(?:i|we|they)$/.test(before) },
  object: noun('AA1 B JH EH0 K T', 'AH0 B JH EH1 K T'),
  subject: noun('S AH1 B JH IH0 K T', 'S AH0 B JH EH1 K T'),
  project: noun('P R AA1 JH EH0 K T', 'P R AH0 JH EH1 K T'),
  produce: verb('P R AH0 D UW1 S', 'P R OW1 D UW0 S'),
  conduct: verb('K AH0 N D AH1 K T', 'K AA1 N D AH0 K T'),
  conflict: noun('K AA1 N F L IH0 K T', 'K AH0 N F L IH1 K T'),
  contest: noun('K AA1 N T EH0 S T', 'K AH0 N T EH1 S T'),
  contract: noun('K AA1 N T R AE2 K T', 'K AH0 N T R AE1 K T'),
  contrast: noun('K AA1 N T R AE0 S T', 'K AH0 N T R AE1 S T'),
  convert: verb('K AH0 N V ER1 T', 'K AA1 N V ER0 T'),
  convict: verb('K AH0 N V IH1 K T', 'K AA1 N V IH0 K T'),
  desert: noun('D EH1 Z ER0 T', 'D IH0 Z ER1 T'),
  digest: verb('D AY0 JH EH1 S T', 'D AY1 JH EH0 S T'),
  export: noun('EH1 K S P AO0 R T', 'IH0 K S P AO1 R T'),
  import: noun('IH1 M P AO2 R T', 'IH2 M P AO1 R T'),
  increase: { usual: 'IH1 N K R IY2 S', other: 'IH2 N K R IY1 S', when: (before) => verbBefore(before) },
  decrease: { usual: 'D IY1 K R IY2 S', other: 'D IH0 K R IY1 S', when: (before) => verbBefore(before) },
  insult: noun('IH1 N S AH2 L T', 'IH2 N S AH1 L T'),
  permit: { usual: 'P ER0 M IH1 T', other: 'P ER1 M IH2 T', when: (before) => determiners.has(before) || /^(?:building|work|parking)$/.test(before) },
  progress: noun('P R AA1 G R EH2 S', 'P R AH0 G R EH1 S'),
  protest: noun('P R OW1 T EH2 S T', 'P R AH0 T EH1 S T'),
  rebel: noun('R EH1 B AH0 L', 'R IH0 B EH1 L'),
  refuse: verb('R AH0 F Y UW1 Z', 'R EH1 F Y UW2 Z'),
  reject: verb('R IH0 JH EH1 K T', 'R IY1 JH EH0 K T'),
  suspect: { usual: 'S AH1 S P EH2 K T', other: 'S AH0 S P EH1 K T', when: (before) => verbBefore(before) },
  transfer: noun('T R AE1 N S F ER0', 'T R AE0 N S F ER1'),
  transport: noun('T R AE1 N S P AO0 R T', 'T R AE0 N S P AO1 R T'),
  upset: verb('AH0 P S EH1 T', 'AH1 P S EH2 T'),
  excuse: { usual: 'IH0 K S K Y UW1 Z', other: 'IH0 K S K Y UW1 S', when: (before) => determiners.has(before) },
  house: { usual: 'HH AW1 S', other: 'HH AW1 Z', when: (before) => modals.has(before) },
  abuse: { usual: 'AH0 B Y UW1 S', other: 'AH0 B Y UW1 Z', when: (before) => modals.has(before) || /^(?:i|we|they)$/.test(before) },
  wind: { usual: 'W IH1 N D', other: 'W AY1 N D', when: (before, after) => modals.has(before) || (/^(?:up|down)$/.test(after) && !determiners.has(before)) },
  wound: { usual: 'W UW1 N D', other: 'W AW1 N D', when: (_, after) => /^(?:up|down|around|through|its)$/.test(after) },
  tear: { usual: 'T EH1 R', other: 'T IH1 R', when: (before, after) => (determiners.has(before) && !/^(?:in|of)$/.test(after)) || /^(?:gas|drops?|ducts?|stained)$/.test(after) || before === 'single' },
  tears: { usual: 'T IH1 R Z', other: 'T EH1 R Z', when: (before, after) => pronouns.has(before) || /^(?:up|down|apart|off|through)$/.test(after) },
  minute: { usual: 'M IH1 N AH0 T', other: 'M AY0 N UW1 T', when: (before, after) => /^(?:amounts?|details?|quantit(?:y|ies)|particles?|traces?|differences?|changes?)$/.test(after) || /^(?:very|so|most)$/.test(before) },
  bow: { usual: 'B OW1', other: 'B AW1', when: (before, after) => modals.has(before) || /^(?:down|before|out)$/.test(after) || /^(?:the|ship's)$/.test(before) && after === 'of' || before === 'take' },
  row: { usual: 'R OW1', other: 'R AW1', when: () => false },
  bass: { usual: 'B EY1 S', other: 'B AE1 S', when: (before, after) => /^(?:fishing|fish)$/.test(after) || /^(?:sea|striped|largemouth|caught)$/.test(before) },
  dove: { usual: 'D AH1 V', other: 'D OW1 V', when: (before, after) => pronouns.has(before) || /^(?:into|in|off|under)$/.test(after) },
  sow: { usual: 'S OW1', other: 'S AW1', when: (before) => determiners.has(before) },
  polish: { usual: 'P AA1 L IH0 SH', other: 'P OW1 L IH0 SH', when: () => false },
  does: { usual: 'D AH1 Z', other: 'D OW1 Z', when: () => false },
  separate: { usual: 'S EH1 P ER0 IH0 T', other: 'S EH1 P ER0 EY2 T', when: (before) => modals.has(before) || /^(?:i|we|they)$/.test(before) },
  estimate: { usual: 'EH1 S T AH0 M AH0 T', other: 'EH1 S T AH0 M EY2 T', when: (before) => modals.has(before) || /^(?:i|we|they)$/.test(before) },
  graduate: { usual: 'G R AE1 JH AH0 W AH0 T', other: 'G R AE1 JH AH0 W EY2 T', when: (before) => modals.has(before) || /^(?:i|we|they)$/.test(before) },
  duplicate: { usual: 'D UW1 P L AH0 K AH0 T', other: 'D UW1 P L AH0 K EY2 T', when: (before) => modals.has(before) },
  moderate: { usual: 'M AA1 D ER0 AH0 T', other: 'M AA1 D ER0 EY2 T', when: (before) => modals.has(before) },
  alternate: { usual: 'AO1 L T ER0 N AH0 T', other: 'AO1 L T ER0 N EY2 T', when: (before) => modals.has(before) },
  deliberate: { usual: 'D IH0 L IH1 B ER0 AH0 T', other: 'D IH0 L IH1 B ER0 EY2 T', when: (before) => modals.has(before) },
  perfect: { usual: 'P ER1 F IH0 K T', other: 'P ER0 F EH1 K T', when: (before) => modals.has(before) },
  invalid: { usual: 'IH0 N V AE1 L AH0 D', other: 'IH1 N V AH0 L AH0 D', when: (before, after) => before === 'an' && after === '' },
  content: { usual: 'K AA1 N T EH0 N T', other: 'K AH0 N T EH1 N T', when: (before, after) => /^(?:was|is|are|am|were|be|feel|felt|i'm|seemed)$/.test(before) && (after === 'with' || after === 'to' || after === '') },
  number: { usual: 'N AH1 M B ER0', other: 'N AH1 M ER0', when: () => false },
} // prettier-ignore

/** The pronunciation of a homograph by the words around it; null for any other word. */
export function homograph(
  word: string,
  before: string,
  after: string,
  earlier: readonly string[],
): readonly Phone[] | null {
  if (!Object.hasOwn(homographs, word)) return null
  const { usual, other, when } = homographs[word]!
  return (when(before, after, earlier) ? other : usual).split(' ')
}
