import { beforeAll, describe, expect, it } from 'vitest'
import { createTextFrontEnd, type AnalyseOptions, type TextFrontEnd } from './front-end'
import { loadEnglishLexicon } from './pronunciation/lexicon'
import type { Utterance } from './utterance'

let frontEnd: TextFrontEnd
const asked: string[] = []

beforeAll(async () => {
  frontEnd = createTextFrontEnd({
    lexicon: await loadEnglishLexicon(),
    letterToSound: (word) => {
      asked.push(word)
      return ['T', 'EH1', 'S', 'T']
    },
  })
})

async function analyse(text: string, options: AnalyseOptions = {}): Promise<Utterance[]> {
  const utterances: Utterance[] = []
  for await (const utterance of frontEnd.analyse(text, options)) utterances.push(utterance)
  return utterances
}

const said = (utterances: readonly Utterance[]) =>
  utterances.map(({ words }) => words.map(({ spoken }) => spoken).join(' '))
const wordsOf = (utterances: readonly Utterance[]) => utterances.flatMap(({ words }) => words)

describe('utterances', () => {
  it('are sentences with boundaries, phones and the ends of paragraphs', async () => {
    const utterances = await analyse('Hello, world! Is it late?\n\nGood night.')
    expect(said(utterances)).toEqual(['Hello world', 'Is it late', 'Good night'])
    expect(utterances.map(({ endsParagraph }) => endsParagraph)).toEqual([false, true, true])
    expect(wordsOf(utterances).map(({ boundary }) => boundary)).toEqual([
      'minor',
      'exclamation',
      'none',
      'none',
      'question',
      'none',
      'statement',
    ])
    expect(utterances[0]!.words[0]!.phones).toEqual(['HH', 'AH0', 'L', 'OW1'])
  })

  it('keep the place of every word in the source, with its punctuation', async () => {
    const text = 'He paid “$5,000” — in a well-known shop (really).'
    for (const { written, source } of wordsOf(await analyse(text))) {
      expect(text.slice(source.start, source.end)).toContain(written)
    }
    const written = wordsOf(await analyse(text)).map((word) => word.written)
    expect(written).toEqual([
      'He',
      'paid',
      '“$5,000”',
      '',
      '',
      'in',
      'a',
      'well-',
      'known',
      'shop',
      '(really).',
    ])
  })

  it('take pauses out of the text and put them behind the words before', async () => {
    const utterances = await analyse('[pause:2s]One [pause:300ms] two. [pause:1.5s]\n\nThree.')
    expect(said(utterances)).toEqual(['One two', 'Three'])
    expect(utterances[0]!.pauseBeforeSeconds).toBe(2)
    expect(wordsOf(utterances).map(({ pauseAfterSeconds }) => pauseAfterSeconds)).toEqual([0.3, 1.5, null])
  })

  it('split long sentences at clauses', async () => {
    const clause = 'and then the old man walked slowly along the quiet river'
    const utterances = await analyse(`First it rained, ${Array(12).fill(clause).join(', ')}.`)
    expect(utterances.length).toBeGreaterThan(2)
    for (const { words } of utterances) {
      expect(words.map(({ spoken }) => spoken).join(' ').length).toBeLessThanOrEqual(250)
      expect(words.at(-1)!.boundary).not.toBe('none')
    }
  })

  it('come one by one: 1 MB is not read before the first', async () => {
    const started = performance.now()
    const text = 'The quick brown fox jumps over 42 lazy dogs. '.repeat(23_000)
    const first = await frontEnd.analyse(text).next()
    expect(first.done).toBe(false)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('are none where nothing can be said', async () => {
    for (const text of ['', '   \n\n ', '…', '😀😀 🎉', '[pause:1s]', '---'])
      expect(await analyse(text)).toEqual([])
  })

  it('name emoji where that is asked', async () => {
    expect(said(await analyse('Great 👍🏽', { emoji: 'name' }))).toEqual(['Great thumbs up'])
  })

  it('leave out words of other scripts, with a warning', async () => {
    const warnings: string[] = []
    const utterances = await analyse('He said नमस्ते to us.', {
      onWarning: (message) => warnings.push(message),
    })
    expect(said(utterances)).toEqual(['He said to us'])
    expect(warnings).toEqual([expect.stringContaining('नमस्ते')])
  })

  it('have no phones in languages without a lexicon', async () => {
    const utterances = await analyse('Tengo 21 libros.', { language: 'es' })
    expect(said(utterances)).toEqual(['Tengo veintiuno libros'])
    expect(wordsOf(utterances).every(({ phones }) => phones === null)).toBe(true)
  })

  it('ask the network for unknown words only', async () => {
    asked.length = 0
    await analyse('The blorptik walked home.')
    expect(asked).toEqual(['blorptik'])
  })
})
