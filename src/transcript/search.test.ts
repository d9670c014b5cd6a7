import { describe, expect, it } from 'vitest'

import { findFillers, findKeywords, findSpeakers, isSearchable } from './search'
import type { Transcript, TranscriptSegment } from './transcript'

/** A transcript whose words take a second each, with a tenth between them. */
function saying(text: string, language: string | null = 'en'): Transcript {
  return talk([[null, text]], language)
}

function talk(turns: [speaker: string | null, text: string][], language: string | null = 'en'): Transcript {
  let time = 0
  const segments = turns.map(([speaker, text]): TranscriptSegment => {
    const words = text.split(' ').map((word) => {
      const start = time
      time += 1
      return { text: word, start, end: start + 0.9, confidence: 0.8 }
    })
    return { start: words[0]!.start, end: words.at(-1)!.end, text, speaker, words, decoding: null }
  })
  return {
    ...{ language, duration: time, text: turns.map(([, text]) => text).join(' '), segments },
    speakers: [
      { id: 's1', name: 'Ana Müller' },
      { id: 's2', name: 'Speaker 2' },
    ],
    model: { id: 'test', version: '1' },
  }
}

const found = (transcript: Transcript, keyword: string, match: 'stem' | 'exact' = 'stem') =>
  findKeywords(transcript, [keyword], { match }).map(({ text }) => text)

describe('keywords', () => {
  it.each<[keyword: string, text: string, found: string[]]>([
    // stems
    ['run', 'She runs and is running a run', ['runs', 'running', 'run']],
    ['running', 'they run', ['run']],
    ['password', 'Passwords, please', ['Passwords,']],
    [
      'connection',
      'connected connecting connects connective',
      ['connected', 'connecting', 'connects', 'connective'],
    ],
    ['happy', 'happiness is found', ['happiness']],
    ['run', 'he ran off', []],
    ['cat', 'category concatenate', []],
    // case, accents, ligatures, width
    ['HELLO', 'hello Hello', ['hello', 'Hello']],
    ['cafe', 'A Café', ['Café']],
    ['café', 'the cafe', ['cafe']],
    ['naive', 'a naïve view', ['naïve']],
    ['strasse', 'die Straße', ['Straße']],
    ['Ångström', 'one angstrom', ['angstrom']],
    ['smorrebrod', 'eat smørrebrød', ['smørrebrød']],
    ['aether', 'the æther', ['æther']],
    ['istanbul', 'İstanbul', ['İstanbul']],
    ['Łódź', 'in lodz', ['lodz']],
    ['ABC', 'ＡＢＣ', ['ＡＢＣ']],
    ['cafe\u0301', 'cafés', ['cafés']],
    // punctuation
    ['damn', '“Damn!” he said', ['“Damn!”']],
    ["don't", 'I don’t know', ['don’t']],
    ['dont', "don't", ["don't"]],
    ['Peter', "Peter's car", ["Peter's"]],
    ['USA', 'the U.S.A. today', ['U.S.A.']],
    ['u.s.', 'in the US', ['US']],
    ['well known', 'a well-known man', ['well-known']],
    ['well-known', 'well known', ['well known']],
    ['3.5', 'about 3.5 metres', ['3.5']],
    ['100', '$100, no', ['$100,']],
    // phrases
    ['credit card', 'my credit cards are', ['credit cards']],
    ['credit card', 'credit where card', []],
    ['new york', 'New, York New York', ['New, York', 'New York']],
    ['na na', 'na na na na', ['na na', 'na na']],
    // wildcards
    ['f*', 'for of fit', ['for', 'fit']],
    ['*ing', 'sing a song singing', ['sing', 'singing']],
    ['c?t', 'cat cut coat ct', ['cat', 'cut']],
    ['*or*', 'or form terror far', ['or', 'form', 'terror']],
    ['kill * now', 'kill it now', ['kill it now']],
    ['h?llo*', 'Hello hallos hollow', ['Hello', 'hallos', 'hollow']],
    ['?', 'nothing', []],
  ])('“%s” in “%s”', (keyword, text, expected) => {
    if (!isSearchable(keyword)) {
      expect(() => found(saying(text), keyword)).toThrow(/no letter or digit/)
      return
    }
    expect(found(saying(text), keyword)).toEqual(expected)
  })

  it.each<[keyword: string, language: string, text: string, found: string[]]>([
    // Other languages are not stemmed by English rules.
    ['posta', 'it', 'la posta postale', ['posta']],
    ['casa', 'es', 'casas casa', ['casa']],
    ['élève', 'fr', 'un eleve', ['eleve']],
    ['привет', 'ru', 'Привет!', ['Привет!']],
    ['еще', 'ru', 'ещё раз', ['ещё']],
    ['мой', 'ru', 'мои', []],
    ['Αθήνα', 'el', 'η ΑΘΗΝΑ', ['ΑΘΗΝΑ']],
    // Vowel signs are letters in Hindi: कल is not काल.
    ['कल', 'hi', 'काल कल', ['कल']],
    ['كتاب', 'ar', 'كِتَاب', ['كِتَاب']],
    ['שלום', 'he', 'שָׁלוֹם', ['שָׁלוֹם']],
    ['한국', 'ko', '한국 한국어', ['한국']],
    ['北京', 'zh', '我 在北京市', ['在北京市']],
    ['東京', 'ja', '東京に', ['東京に']],
  ])('“%s” in %s: “%s”', (keyword, language, text, expected) =>
    expect(found(saying(text, language), keyword)).toEqual(expected),
  )

  it('match exactly where that is asked for', () => {
    expect(found(saying('run runs RUN, rún'), 'run', 'exact')).toEqual(['run', 'RUN,', 'rún'])
  })

  it('take the times of the first and the last word, and the confidence of the least certain', () => {
    const transcript = saying('my credit card number')
    transcript.segments[0]!.words[2]!.confidence = 0.3
    expect(findKeywords(transcript, ['credit cards'], { match: 'stem' })).toEqual([
      { start: 1, end: 2.9, text: 'credit card', sought: 'credit cards', confidence: 0.3 },
    ])
  })

  it('give the characters of a word without spaces their share of its time', () => {
    const [hit] = findKeywords(saying('在北京市', 'zh'), ['北京'], { match: 'stem' })
    expect(hit!.start).toBeCloseTo(0.225, 9)
    expect(hit!.end).toBeCloseTo(0.675, 9)
  })

  it('cross segments, but no long pause', () => {
    const transcript = talk([
      ['s1', 'my credit'],
      ['s2', 'card is'],
    ])
    expect(found(transcript, 'credit card')).toEqual(['credit card'])
    for (const word of transcript.segments[1]!.words)
      Object.assign(word, { start: word.start + 3, end: word.end + 3 })
    expect(found(transcript, 'credit card')).toEqual([])
  })

  it('come in order of time, each stretch once', () => {
    const hits = findKeywords(saying('run to the running dog'), ['dog', 'running', 'run'], { match: 'stem' })
    expect(hits.map(({ text, sought }) => [text, sought])).toEqual([
      ['run', 'running'],
      ['running', 'running'],
      ['dog', 'dog'],
    ])
  })
})

describe('fillers', () => {
  const fillersIn = (text: string, language: string | null = 'en', list?: string[]) =>
    findFillers(saying(text, language), list).map((hit) => hit.text)

  it('are those of the language, however drawn out', () => {
    expect(fillersIn('Um, I uhhh think ummm mm-hmm so, err er m a umbrella hum')).toEqual([
      'Um,',
      'uhhh',
      'ummm',
      'mm-hmm',
      'err',
      'er',
    ])
    expect(fillersIn('Ähm, das ist äääh gut', 'de-AT')).toEqual(['Ähm,', 'äääh'])
    expect(fillersIn('euh oui', 'fr')).toEqual(['euh'])
    expect(fillersIn('um yes', 'xx')).toEqual(['um'])
    expect(fillersIn('um yes', null)).toEqual(['um'])
  })

  it('may be given', () => {
    expect(fillersIn('um I like, you know, like it', 'en', ['like', 'you know'])).toEqual([
      'like,',
      'you know,',
      'like',
    ])
  })
})

describe('speakers', () => {
  const transcript = talk([
    ['s1', 'good morning'],
    ['s1', 'all of you'],
    ['s2', 'hi'],
    [null, 'noise'],
    ['s1', 'bye'],
  ])

  it('are found by id or name, a turn at a time', () => {
    for (const sought of ['s1', 'ana muller', 'Ana Müller']) {
      expect(findSpeakers(transcript, [sought])).toEqual([
        { start: 0, end: 4.9, text: 'good morning all of you', sought, confidence: 0.8 },
        { start: 7, end: 7.9, text: 'bye', sought, confidence: 0.8 },
      ])
    }
  })

  it('that nobody is are refused with those there are', () => {
    expect(() => findSpeakers(transcript, ['Bob'])).toThrow(/“Bob”.*s1 \(Ana Müller\)/)
    expect(() => findSpeakers({ ...transcript, speakers: [] }, ['Bob'])).toThrow(/does not tell speakers/)
  })
})
