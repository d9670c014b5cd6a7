import type { Boundary, Phone, SpokenWord } from '../../../text/utterance'

/** How a family of voices writes ARPAbet phones. Vowels with the stress they have; `unstressed` where it changes them. */
export interface PhoneNotation {
  phones: Readonly<Record<string, string>>
  unstressed: Readonly<Record<string, string>>
}

const consonants = {
  ...{ B: 'b', D: 'd', DH: 'ð', F: 'f', G: 'ɡ', HH: 'h', K: 'k', L: 'l', M: 'm', N: 'n', NG: 'ŋ', P: 'p' },
  ...{ R: 'ɹ', S: 's', SH: 'ʃ', T: 't', TH: 'θ', V: 'v', W: 'w', Y: 'j', Z: 'z', ZH: 'ʒ' },
}

/** As eSpeak NG writes American English, which Piper's voices were trained on. */
export const espeakNotation: PhoneNotation = {
  phones: {
    ...consonants,
    ...{ CH: 'tʃ', JH: 'dʒ', AA: 'ɑː', AE: 'æ', AH: 'ʌ', AO: 'ɔː', AW: 'aʊ', AY: 'aɪ', EH: 'ɛ', ER: 'ɜː' },
    ...{ EY: 'eɪ', IH: 'ɪ', IY: 'iː', OW: 'oʊ', OY: 'ɔɪ', UH: 'ʊ', UW: 'uː' },
  },
  unstressed: { AH: 'ə', ER: 'ɚ', IY: 'i' },
}

/** As misaki, Kokoro's own front end, writes American English: one letter a sound. */
export const misakiAmerican: PhoneNotation = {
  phones: {
    ...consonants,
    ...{ CH: 'ʧ', JH: 'ʤ', AA: 'ɑ', AE: 'æ', AH: 'ʌ', AO: 'ɔ', AW: 'W', AY: 'I', EH: 'ɛ', ER: 'ɜɹ' },
    ...{ EY: 'A', IH: 'ɪ', IY: 'i', OW: 'O', OY: 'Y', UH: 'ʊ', UW: 'u' },
  },
  unstressed: { AH: 'ə', ER: 'əɹ' },
}

/** The same for British English. */
export const misakiBritish: PhoneNotation = {
  phones: {
    ...misakiAmerican.phones,
    ...{ AA: 'ɑː', AE: 'a', AO: 'ɔː', ER: 'ɜː', IY: 'iː', OW: 'Q', UW: 'uː' },
  },
  unstressed: { AH: 'ə', ER: 'ə', IY: 'i' },
}

const stressMarks: Record<string, string> = { '1': 'ˈ', '2': 'ˌ' }

function writePhone(phone: Phone, { phones, unstressed }: PhoneNotation): string {
  const [, bare = '', stress = ''] = /^([A-Z]+)(\d?)$/.exec(phone) ?? []
  const written = phones[bare] ?? ''
  if (stress === '0') return unstressed[bare] ?? written
  return (stressMarks[stress] ?? '') + written
}

const marks: Record<Boundary, string> = {
  none: '',
  minor: ',',
  statement: '.',
  question: '?',
  exclamation: '!',
}

/** Words as these voices read them: stress marks stand before vowels, words are parted by spaces. */
export function writeIpa(words: readonly SpokenWord[], notation: PhoneNotation): string {
  return words
    .map(({ phones, boundary }) => {
      const own = (phones ?? []).map((phone) => writePhone(phone, notation)).join('')
      return own + marks[boundary]
    })
    .join(' ')
}
