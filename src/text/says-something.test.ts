import { describe, expect, it } from 'vitest'

import { saysSomething } from './says-something'

const says = (text: string, language = 'en-US', ssml = false) => saysSomething(text, { language, ssml })

describe('something is said', () => {
  it.each(['Hi', '5', '$5', '🎉 party', '%', 'Привет, Ben', '1️⃣'])('in English by %j', (text) => {
    expect(says(text)).toBe(true)
  })

  it.each([
    ['Привет', 'ru-RU'],
    ['नमस्ते', 'hi-IN'],
    ['你好', 'zh-CN'],
  ])('by %j in its own language', (text, language) => expect(says(text, language)).toBe(true))

  it.each([
    '<speak>Hello</speak>',
    '<speak><sub alias="three">🎉</sub></speak>',
    '<speak><phoneme alphabet="ipa" ph="wɪn">…</phoneme></speak>',
    '<speak><lang xml:lang="ru">Привет</lang></speak>',
  ])('by %s', (text) => expect(says(text, 'en-US', true)).toBe(true))
})

describe('nothing is said', () => {
  it.each(['🎉🎊', '👩‍👩‍👧 🇮🇳', '… — !!', '[pause:2s]', 'Привет, мир', '你好。', ''])(
    'in English by %j',
    (text) => {
      expect(says(text)).toBe(false)
    },
  )

  it.each(['<speak/>', '<speak><break time="2s"/></speak>', '<speak> 🎉 <metadata>text</metadata></speak>'])(
    'by %s',
    (text) => expect(says(text, 'en-US', true)).toBe(false),
  )
})

describe('SSML', () => {
  it.each([
    ['<speak>One <break', 'line 1'],
    ['Hello', 'line 1'],
    ['<speak><audio src="x"/></speak>', 'audio'],
  ])('%s is refused', (text, part) => {
    expect(() => says(text, 'en-US', true)).toThrow(
      expect.objectContaining({
        code: 'invalid_parameter',
        message: expect.stringContaining(part) as string,
      }),
    )
  })

  it('nests a thousand deep', () => {
    expect(says(`<speak>${'<p><s>'.repeat(500)}deep${'</s></p>'.repeat(500)}</speak>`, 'en-US', true)).toBe(
      true,
    )
  })
})

it('takes no time for a long text of one kind of sign', () => {
  const before = performance.now()
  for (const sign of ['🎉', '. ', '…', 'п', 'Привет. ', '<', '[pause:1s]', '% '])
    says(sign.repeat(100_000 / sign.length))
  expect(performance.now() - before).toBeLessThan(2000)
})
