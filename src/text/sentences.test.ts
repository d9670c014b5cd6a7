import { describe, expect, it } from 'vitest'
import { createLanguages } from './language'
import { sentencesOf } from './sentences'

const languageOf = createLanguages(() => true)
const split = (text: string, tag = 'en-US') =>
  [...sentencesOf(text, languageOf(tag), [], [])].map(({ start, end }) => text.slice(start, end))

describe('sentences', () => {
  it.each([
    [['He left.', 'She stayed.']],
    [['Dr. Smith met Mr. Jones at 5 p.m. in Washington, D.C. on Monday.', 'They talked.']],
    [['Pi is 3.14159 or so.', 'It costs $5.50.']],
    [['J. K. Rowling wrote it.', 'J.R.R. Tolkien did not.']],
    [['“Stop!” he said.', '“Why?” she asked.']],
    [['Wait... what is this?', 'Nothing.']],
    [['He paused…', 'Then he went on.']],
    [['She works at Acme Inc. and likes it.', 'He works at Beta Ltd. too.']],
    [['We came at 5 p.m.', 'They left.']],
    [['Apples, pears, etc. are fruit.', 'Bring apples, pears, etc.', 'Thanks.']],
    [['See No. 5 for more.', 'No.', 'That is wrong.']],
    [['So do I.', 'He does not.']],
    [['Really?!', 'Yes!!!', 'Good.']],
    [['He said (quietly.)', 'Then he left.']],
    [['The U.S. Army came.', 'It left.']],
    [['Is it v2.0?', 'Visit www.example.com.', 'Now.']],
  ])('%j', (sentences) => expect(split(sentences.join(' '))).toEqual(sentences))

  it('other scripts have stops of their own', () => {
    expect(split('你好。再见！', 'zh')).toEqual(['你好。', '再见！'])
    expect(split('यह अच्छा है। वह आया।', 'hi')).toEqual(['यह अच्छा है।', 'वह आया।'])
  })

  it('headings and items of lists end with their line, wrapped text does not', () => {
    expect(split('Chapter One\nIt was late.\n- milk\n- bread')).toEqual([
      'Chapter One',
      'It was late.',
      '- milk',
      '- bread',
    ])
    expect(split('It was late and the road\nwas long.')).toEqual(['It was late and the road\nwas long.'])
  })

  it('stretches that are kept are not split, forced ends are', () => {
    const text = 'See Dr. X. Y now here'
    const kept = [...sentencesOf(text, languageOf('en-US'), [16], [{ at: 4, end: 12 }])]
    expect(kept.map(({ start, end }) => text.slice(start, end))).toEqual(['See Dr. X. Y now', 'here'])
  })

  it('endless ones are cut', () => {
    const parts = split('word '.repeat(1000))
    expect(parts.length).toBeGreaterThan(4)
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(1000)
    expect(parts.join(' ')).toBe('word '.repeat(1000).trim())
  })
})
