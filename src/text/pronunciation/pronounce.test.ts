import { beforeAll, describe, expect, it } from 'vitest'
import { createTextFrontEnd, type TextFrontEnd } from '../front-end'
import type { PronunciationEntry } from './entries'
import { withEd, withS } from './inflections'
import { loadEnglishLexicon } from './lexicon'

let frontEnd: TextFrontEnd
beforeAll(async () => {
  frontEnd = createTextFrontEnd({
    lexicon: await loadEnglishLexicon(),
    letterToSound: (word) => Promise.resolve([...word].map(() => 'T')),
  })
})

async function words(text: string, pronunciations: PronunciationEntry[] = [], language = 'en-US') {
  const found = []
  for await (const utterance of frontEnd.analyse(text, { pronunciations, language }))
    found.push(...utterance.words)
  return found
}

/** The phones of the word in asterisks. */
async function phonesIn(text: string): Promise<string> {
  const wanted = /\*(.+?)\*/.exec(text)![1]
  const found = (await words(text.replaceAll('*', ''))).find(({ spoken }) => spoken === wanted)
  return found!.phones!.join(' ')
}

describe('homographs', () => {
  it.each([
    ['I like to *read* books.', 'R IY1 D'],
    ['She has *read* the book.', 'R EH1 D'],
    ['They *lead* the team.', 'L IY1 D'],
    ['The *lead* pipe burst.', 'L EH1 D'],
    ['We *live* in Rome.', 'L IH1 V'],
    ['We watched the *live* show.', 'L AY1 V'],
    ['You can *use* it.', 'Y UW1 Z'],
    ['It is of no *use* now.', 'Y UW1 S'],
    ['Please *close* the door.', 'K L OW1 Z'],
    ['He is very *close* to it.', 'K L OW1 S'],
    ['She broke the *record* again.', 'R EH1 K ER0 D'],
    ['They will *record* the song.', 'R AH0 K AO1 R D'],
    ['He opened the *present* slowly.', 'P R EH1 Z AH0 N T'],
    ['I will *present* the plan.', 'P R IY0 Z EH1 N T'],
    ['A strange *object* fell.', 'AA1 B JH EH0 K T'],
    ['They may *object* to it.', 'AH0 B JH EH1 K T'],
    ['The *wind* blew.', 'W IH1 N D'],
    ['Please *wind* the clock.', 'W AY1 N D'],
    ['Do not *tear* it.', 'T EH1 R'],
    ['They used *tear* gas.', 'T IH1 R'],
    ['Wait a *minute* please.', 'M IH1 N AH0 T'],
    ['There were *minute* amounts.', 'M AY0 N UW1 T'],
    ['The *desert* is dry.', 'D EH1 Z ER0 T'],
    ['He would *desert* us.', 'D IH0 Z ER1 T'],
    ['They *refuse* to go.', 'R AH0 F Y UW1 Z'],
    ['Take out the *refuse* now.', 'R EH1 F Y UW2 Z'],
    ['The *apple* fell.', 'AE1 P AH0 L'],
  ])('%s', async (text, phones) => expect(await phonesIn(text)).toBe(phones))

  it('“the” is told by the sound that follows', async () => {
    expect((await words('the apple')).map(({ phones }) => phones![1])[0]).toBe('IY0')
    expect((await words('the hour')).map(({ phones }) => phones![1])[0]).toBe('IY0')
    expect((await words('the house')).map(({ phones }) => phones![1])[0]).toBe('AH0')
  })
})

describe('words that the lexicon lacks', () => {
  it.each([
    ['Zoomed', 'Z UW1 M D'],
    ['googled', 'G UW1 G AH0 L D'],
    ['tweeting', 'T W IY1 T IH0 NG'],
    ['podcasters', 'K AE2 S T ER0 Z'],
    ['voiceprint', 'V OY1 S P R IH2 N T'],
    ["giraffe's", 'JH ER0 AE1 F S'],
    ['BBQ', 'B'],
  ])('%s', async (word, phones) => {
    expect((await words(word)).map((one) => one.phones!.join(' ')).join(' ')).toContain(phones)
  })

  it('endings take the voice of the sound before', () => {
    expect(withS(['K', 'AE1', 'T']).slice(3)).toEqual(['S'])
    expect(withS(['D', 'AO1', 'G']).slice(3)).toEqual(['Z'])
    expect(withS(['W', 'IH1', 'CH']).slice(3)).toEqual(['AH0', 'Z'])
    expect(withEd(['L', 'UH1', 'K']).slice(3)).toEqual(['T'])
    expect(withEd(['HH', 'AH1', 'G']).slice(3)).toEqual(['D'])
    expect(withEd(['W', 'AA1', 'N', 'T']).slice(4)).toEqual(['AH0', 'D'])
  })

  it('letters have their names; Z is zed but in America', async () => {
    expect((await words('XYZ')).at(-1)!.phones).toEqual(['Z', 'IY1'])
    expect((await words('XYZ', [], 'en-GB')).at(-1)!.phones).toEqual(['Z', 'EH1', 'D'])
  })

  it('the rest is asked of the network', async () => {
    expect((await words('brzk-flimmo')).at(-1)!.phones).toEqual(Array(6).fill('T'))
  })
})

describe('dictionaries of users', () => {
  const entries: PronunciationEntry[] = [
    { written: 'Timbre', spoken: 'ˈtæmbɚ', alphabet: 'ipa' },
    { written: 'SQL', spoken: 'sequel', alphabet: 'respelling' },
    { written: 'New York', spoken: 'the big apple', alphabet: 'respelling' },
    { written: 'New York City', spoken: 'nuː jɔːk ˈsɪti', alphabet: 'ipa' },
    { written: 'C++', spoken: 'see plus plus', alphabet: 'respelling' },
    { written: '10', spoken: 'tenner', alphabet: 'respelling' },
  ]

  it('win over the lexicon, in either case, with the voice’s own punctuation', async () => {
    const [first] = await words('TIMBRE, please', entries)
    expect(first).toMatchObject({
      written: 'TIMBRE,',
      phones: ['T', 'AE1', 'M', 'B', 'ER0'],
      boundary: 'minor',
    })
  })

  it('the longest phrase is meant, over any white space', async () => {
    const spoken = async (text: string) => (await words(text, entries)).map((word) => word.spoken).join(' ')
    expect(await spoken('in new  york now')).toBe('in the big apple now')
    expect((await words('New York City', entries)).map(({ phones }) => phones![0])).toEqual(['N', 'Y', 'S'])
    expect(await spoken('learn SQL and C++ for 10 now')).toBe('learn sequel and see plus plus for tenner now')
  })

  it('whole words only', async () => {
    const spoken = (await words('Timbres and MySQL cost 100', entries)).map((word) => word.spoken).join(' ')
    expect(spoken).toBe('Timbres and MySQL cost one hundred')
  })

  it('a respelling in syllables is stressed where it has capitals', async () => {
    const [word] = await words('Xylo', [{ written: 'Xylo', spoken: 'ban-AN-ah', alphabet: 'respelling' }])
    expect(word!.phones!.filter((phone) => phone.endsWith('1'))).toHaveLength(1)
    expect(word!.phones!.join(' ')).toMatch(/^B .+ AE1 N/)
  })
})
