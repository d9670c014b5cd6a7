/**
 * Pronunciations of English words that no lexicon holds, by letters: longest match in a short table, as the classic
 * letter-to-sound rules (Elovitz et al., 1976) but far fewer. A rough guess that is good enough to recognise a name or to
 * align a word.
 *
 * @returns ARPAbet phones without stress; once as English reads letters, once with the vowels of most other languages
 * (names). Empty for a word without letters.
 */
export function guessPronunciations(word: string): string[][] {
  const letters = word
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/([b-df-hj-np-tv-z])\1/g, '$1')
  if (letters === '') return []
  const english = pronounce(letters, VOWELS, true)
  const foreign = pronounce(letters, OPEN_VOWELS, false)
  const guesses = english.join() === foreign.join() ? [english] : [english, foreign]
  return guesses.filter((phones) => phones.length > 0)
}

/** `^` and `$` stand for the beginning and the end of the word. */
const CLUSTERS: Record<string, string> = {
  '^kn': 'N',
  '^gn': 'N',
  '^wr': 'R',
  '^ps': 'S',
  '^x': 'Z',
  '^y': 'Y',
  '^gh': 'G',
  tion: 'SH AH N',
  sion: 'ZH AH N',
  cian: 'SH AH N',
  cious: 'SH AH S',
  tious: 'SH AH S',
  ture: 'CH ER',
  eigh: 'EY',
  augh: 'AO',
  ough: 'AO',
  igh: 'AY',
  tch: 'CH',
  sch: 'SH',
  dge: 'JH',
  que$: 'K',
  ing$: 'IH NG',
  mb$: 'M',
  les$: 'AH L Z',
  le$: 'AH L',
  ed$: 'D',
  ch: 'CH',
  sh: 'SH',
  th: 'TH',
  ph: 'F',
  gh: '',
  ck: 'K',
  nk: 'NG K',
  ng: 'NG',
  qu: 'K W',
  wh: 'W',
  ce: 'S EH',
  ci: 'S IH',
  cy: 'S IY',
  ya: 'Y AH',
  yo: 'Y OW',
  ge: 'JH EH',
  gi: 'JH IH',
  gy: 'JH IY',
}

const CONSONANTS: Record<string, string> = {
  ...{
    b: 'B',
    c: 'K',
    d: 'D',
    f: 'F',
    g: 'G',
    h: 'HH',
    j: 'JH',
    k: 'K',
    l: 'L',
    m: 'M',
    n: 'N',
    p: 'P',
    q: 'K',
  },
  ...{ r: 'R', s: 'S', t: 'T', v: 'V', w: 'W', x: 'K S', z: 'Z', y: 'IY' },
}

const VOWELS: Record<string, string> = {
  ...{ a: 'AE', e: 'EH', i: 'IH', o: 'AA', u: 'AH' },
  ...{ a$: 'AH', e$: '', es$: 'Z', i$: 'IY', o$: 'OW', u$: 'UW' },
  ...{ ai: 'EY', ay: 'EY', au: 'AO', aw: 'AO', ea: 'IY', ee: 'IY', ei: 'EY', ey: 'IY', eu: 'Y UW', ew: 'UW' },
  ...{ ie: 'IY', oa: 'OW', oi: 'OY', oo: 'UW', ou: 'AW', ow: 'OW', oy: 'OY', ue: 'UW', ui: 'UW' },
  ...{
    ar: 'AA R',
    er: 'ER',
    ir: 'ER',
    or: 'AO R',
    ur: 'ER',
    air: 'EH R',
    ear: 'IH R',
    eer: 'IH R',
    our: 'AO R',
  },
}

const OPEN_VOWELS: Record<string, string> = {
  ...{ a: 'AA', e: 'EH', i: 'IY', o: 'OW', u: 'UW' },
  ...{
    ai: 'AY',
    ay: 'AY',
    au: 'AW',
    ea: 'EH AA',
    ee: 'IY',
    ei: 'EY',
    ie: 'IY',
    oo: 'UW',
    ou: 'UW',
    a$: 'AH',
  },
}

/** A vowel before one consonant and a silent e at the end. */
const LONG_VOWELS: Record<string, string> = { a: 'EY', e: 'IY', i: 'AY', o: 'OW', u: 'UW' }

const LONGEST = 5

function pronounce(letters: string, vowels: Record<string, string>, silentE: boolean): string[] {
  const table = { ...CONSONANTS, ...CLUSTERS, ...vowels }
  const phones: string[] = []
  const say = (sounds: string) => phones.push(...sounds.split(' ').filter((phone) => phone !== ''))
  for (let at = 0; at < letters.length;) {
    const long = silentE ? LONG_VOWELS[letters[at]!] : undefined
    if (long && /^.[b-df-hj-np-tvz]e$/.test(letters.slice(at))) {
      say(long)
      at++
      continue
    }
    at += match(letters, at, table, say)
  }
  return phones
}

/** Says the longest entry of the table that fits; returns how many letters it takes. */
function match(
  letters: string,
  at: number,
  table: Record<string, string>,
  say: (sounds: string) => void,
): number {
  for (let length = Math.min(LONGEST, letters.length - at); length > 0; length--) {
    const part = letters.slice(at, at + length)
    const last = at + length === letters.length
    const sounds =
      (at === 0 ? table[`^${part}`] : undefined) ?? (last ? table[`${part}$`] : undefined) ?? table[part]
    if (sounds !== undefined && !(at === 0 && last && sounds === '')) {
      say(sounds)
      return length
    }
  }
  return 1
}
