import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../platform/errors'
import { createTextFrontEnd, type TextFrontEnd } from '../front-end'
import { loadEnglishLexicon } from '../pronunciation/lexicon'
import type { SpokenWord, Utterance } from '../utterance'

interface Example {
  section: string
  ssml: string
  said: string[]
  warnings?: string[]
  refused?: string
}

/** After the examples of the W3C recommendation of SSML 1.1, whose section each names. */
const examples = JSON.parse(
  readFileSync(new URL('../testing/ssml-examples.json', import.meta.url), 'utf8'),
) as Example[]

let frontEnd: TextFrontEnd
beforeAll(async () => {
  frontEnd = createTextFrontEnd({
    lexicon: await loadEnglishLexicon(),
    letterToSound: () => ['T', 'EH1', 'S', 'T'],
  })
})

async function analyse(ssml: string) {
  const utterances: Utterance[] = []
  const warnings: string[] = []
  const marks: { name: string; offset: number }[] = []
  for await (const utterance of frontEnd.analyse(ssml, {
    ssml: true,
    onWarning: (message) => warnings.push(message),
    onMark: (name, offset) => marks.push({ name, offset }),
  })) {
    utterances.push(utterance)
  }
  return { utterances, warnings, marks, words: utterances.flatMap(({ words }) => words) }
}

const said = (words: readonly SpokenWord[]) => words.map(({ spoken }) => spoken).join(' ')
const speak = (inner: string) => `<speak version="1.1" xml:lang="en-US">${inner}</speak>`
const read = async (inner: string) => said((await analyse(speak(inner))).words)

async function refusal(ssml: string): Promise<AppError> {
  const error = await analyse(ssml).then(
    () => null,
    (problem: unknown) => problem,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}

describe('examples of the recommendation', () => {
  it.each(examples)('section $section: $said', async ({ ssml, said: expected, warnings = [], refused }) => {
    if (refused) {
      expect((await refusal(ssml)).message).toContain(refused)
      return
    }
    const found = await analyse(ssml)
    expect(found.utterances.map(({ words }) => said(words))).toEqual(expected)
    expect(found.warnings.length).toBe(warnings.length)
    warnings.forEach((part, index) => expect(found.warnings[index]).toContain(part))
  })
})

describe('elements', () => {
  it('break: time wins over strength, none asks for no silence, a leading one stands before the words', async () => {
    const { utterances, words } = await analyse(
      speak(
        '<break time="2s"/>One<break time="300ms" strength="x-strong"/> two <break strength="none"/> three<break/>',
      ),
    )
    expect(utterances[0]!.pauseBeforeSeconds).toBe(2)
    expect(words.map(({ pauseAfterSeconds }) => pauseAfterSeconds)).toEqual([0.3, 0, 0.5])
  })

  it('prosody: nested rates multiply, pitches and volumes add', async () => {
    const { words } = await analyse(
      speak(
        '<prosody rate="50%" pitch="+2st" volume="+6dB">one <prosody rate="slow" pitch="-10%" volume="soft">two</prosody></prosody> three <prosody rate="+20%" pitch="+20Hz" volume="50">four</prosody>',
      ),
    )
    const [one, two, three, four] = words.map(({ prosody }) => prosody)
    expect(one).toEqual({ rate: 0.5, pitchSemitones: 2, volumeDb: 6, emphasis: 'none' })
    expect(two!.rate).toBeCloseTo(0.375)
    expect(two!.pitchSemitones).toBeCloseTo(2 + 12 * Math.log2(0.9))
    expect(two!.volumeDb).toBe(0)
    expect(three).toEqual({ rate: 1, pitchSemitones: 0, volumeDb: 0, emphasis: 'none' })
    expect(four!.rate).toBeCloseTo(1.2)
    expect(four!.pitchSemitones).toBeCloseTo(12 * Math.log2(185 / 165))
    expect(four!.volumeDb).toBeCloseTo(-6.02, 2)
  })

  it('emphasis', async () => {
    const { words } = await analyse(
      speak('a <emphasis>big</emphasis> <emphasis level="strong">car</emphasis>'),
    )
    expect(words.map(({ prosody }) => prosody.emphasis)).toEqual(['none', 'moderate', 'strong'])
  })

  it.each([
    ['<say-as interpret-as="characters">SS7</say-as>', 'S S seven'],
    ['<say-as interpret-as="spell-out">hello</say-as>', 'H E L L O'],
    ['<say-as interpret-as="cardinal">1984</say-as>', 'one thousand nine hundred eighty four'],
    ['<say-as interpret-as="ordinal">21</say-as>', 'twenty first'],
    ['<say-as interpret-as="number" format="ordinal">3</say-as>', 'third'],
    ['<say-as interpret-as="digits">2026</say-as>', 'two zero two six'],
    ['<say-as interpret-as="fraction">3/20</say-as>', 'three twentieths'],
    ['<say-as interpret-as="fraction">2 1/2</say-as>', 'two and a half'],
    ['<say-as interpret-as="unit">10kg</say-as>', 'ten kilograms'],
    ['<say-as interpret-as="date" format="dmy">3/4/2026</say-as>', 'April third twenty twenty six'],
    ['<say-as interpret-as="date" format="ymd">2026-03-05</say-as>', 'March fifth twenty twenty six'],
    ['<say-as interpret-as="date" format="my">12/1999</say-as>', 'December nineteen ninety nine'],
    ['<say-as interpret-as="date" format="md">7/4</say-as>', 'July fourth'],
    ['<say-as interpret-as="time">2:05pm</say-as>', 'two oh five P M'],
    [
      '<say-as interpret-as="telephone">1-800-555-1234</say-as>',
      'one eight hundred five five five one two three four',
    ],
    ['<say-as interpret-as="currency">USD 45.30</say-as>', 'forty five U S dollars and thirty cents'],
    ['<say-as interpret-as="address">12 Main St.</say-as>', 'twelve Main street'],
    ['<say-as interpret-as="expletive">damn</say-as>', 'beep'],
    ['<sub alias="World Wide Web Consortium">W3C</sub>', 'World Wide Web Consortium'],
    ['<w role="verb">read</w>', 'read'],
    ['1 &lt; 2 &#38; 3', 'one less than two and three'],
    ['<![CDATA[a <b> c]]>', 'a less than B greater than C'],
  ])('%s', async (inner, expected) => {
    expect(await read(inner)).toBe(expected)
  })

  it('phoneme: IPA, X-SAMPA and ARPAbet', async () => {
    const { words } = await analyse(
      speak(
        '<phoneme alphabet="ipa" ph="t&#x259;mei&#x325;&#x27E;ou&#x325;">tomato</phoneme> <phoneme alphabet="x-sampa" ph="t@&quot;mA:toU">tomato</phoneme> <phoneme alphabet="x-arpabet" ph="T AH0 M EY1 T OW0">tomato</phoneme>',
      ),
    )
    expect(words.map(({ phones }) => phones!.join(' '))).toEqual([
      'T AH0 M EY1 D OW0',
      'T AH0 M AA1 T OW0',
      'T AH0 M EY1 T OW0',
    ])
    expect(words.map(({ written }) => written)).toEqual(['tomato', 'tomato', 'tomato'])
  })

  it('mark: reported with its place', async () => {
    const ssml = speak('Go <mark name="here"/>to the door.')
    const { marks } = await analyse(ssml)
    expect(marks).toEqual([{ name: 'here', offset: ssml.indexOf('to the') }])
  })

  it('s and p end sentences and paragraphs', async () => {
    const { utterances } = await analyse(speak('<p><s>One two</s><s>three</s></p><p>Four. Five.</p>'))
    expect(utterances.map(({ words }) => said(words))).toEqual(['One two', 'three', 'Four', 'Five'])
    expect(utterances.map(({ endsParagraph }) => endsParagraph)).toEqual([false, true, false, true])
  })

  it('every word keeps its place in the source', async () => {
    const ssml = speak('Fish &amp; chips <emphasis>now</emphasis>, <sub alias="doctor">Dr</sub> Who')
    for (const { written, source } of (await analyse(ssml)).words) {
      if (written === '' || written === '&') continue
      expect(ssml.slice(source.start, source.end)).toContain(written.replace(/[,.]$/, ''))
    }
    const and = (await analyse(ssml)).words.find(({ spoken }) => spoken === 'and')!
    expect(ssml.slice(and.source.start, and.source.end)).toBe('&amp;')
  })
})

describe('what is wrong', () => {
  it.each([
    ['<speak>Hello', 'unclosed tag'],
    ['<speak>\n  <p>Hello</s></speak>', 'line 2'],
    ['Hello', 'line 1'],
    ['<html>Hello</html>', '<html>'],
    [speak('<blink>Hi</blink>'), '<blink>: the element is not known'],
    [speak('<audio src="x.wav"/>'), '<audio>'],
    [speak('<break time="soon"/>'), 'time="soon"'],
    [speak('<prosody rate="quick">x</prosody>'), 'rate="quick"'],
    [speak('<prosody pitch="2">x</prosody>'), 'pitch="2"'],
    [speak('<say-as>x</say-as>'), 'interpret-as'],
    [speak('<phoneme ph="t∆">x</phoneme>'), '∆'],
    [speak('<phoneme alphabet="klingon" ph="t">x</phoneme>'), 'klingon'],
    [speak('<sub alias="x"><emphasis>y</emphasis></sub>'), '<sub> holds text only'],
    [speak('&bogus;'), 'entit'],
    ['<!DOCTYPE speak [<!ENTITY a "aaaa">]><speak>&a;</speak>', 'entities cannot be declared'],
    ['', 'line 1'],
  ])('%s', async (ssml, part) => {
    const error = await refusal(ssml)
    expect(error.code).toBe('invalid_parameter')
    expect(error.message).toContain(part)
    expect(error.details).toMatchObject({
      line: expect.any(Number) as number,
      column: expect.any(Number) as number,
    })
  })

  it('a voice is ignored by name, and what cannot be honoured is said', async () => {
    const { warnings, words } = await analyse(
      speak(
        '<voice name="Bob"><prosody contour="(0%,+20Hz)">Hi</prosody></voice> <say-as interpret-as="moon">5</say-as>',
      ),
    )
    expect(said(words)).toBe('Hi five')
    expect(warnings).toEqual([
      expect.stringContaining('Bob'),
      expect.stringContaining('contour'),
      expect.stringContaining('moon'),
    ])
  })

  it('thousandfold nesting is read', async () => {
    const deep = '<emphasis>'.repeat(1000) + 'deep' + '</emphasis>'.repeat(1000)
    expect(await read(deep)).toBe('deep')
  })
})
